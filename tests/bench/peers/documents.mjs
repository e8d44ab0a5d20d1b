// What weft's JSON is compared with: that of V8. node documents.mjs FILE…: as documents.cc does.
import { readFileSync } from "node:fs";

const ROUND_BYTES = 16 << 20;
const ROUNDS = 9;

function leastMicroseconds(times, work) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; ++round) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; ++i) work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / times);
  }
  return least;
}

const rows = process.argv.slice(2).map((file) => {
  const bytes = readFileSync(file);
  const document = JSON.parse(bytes.toString());
  const times = Math.floor(ROUND_BYTES / bytes.length) + 1;
  return {
    // A server has bytes and wants bytes.
    parse_us: leastMicroseconds(times, () => JSON.parse(bytes.toString())),
    print_us: leastMicroseconds(times, () => Buffer.from(JSON.stringify(document))),
  };
});
console.log(JSON.stringify(rows));
