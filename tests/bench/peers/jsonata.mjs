// What weft's JSONata is compared with: the reference implementation in node. node jsonata.mjs PACKAGE FILE: as expressions.cc does, with
// more rounds before the first that counts, so that V8's code is the optimized one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const jsonata = createRequire(import.meta.url)(process.argv[2]);
const { document, expressions } = JSON.parse(readFileSync(process.argv[3], "utf8"));
const ROUNDS = 29;
const TIMES = 300;

async function leastMicroseconds(work) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; ++round) {
    const before = process.cpuUsage();
    for (let i = 0; i < TIMES; ++i) await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / TIMES);
  }
  return least;
}

const rows = [];
for (const text of expressions) {
  const compiled = jsonata(text);
  rows.push({
    compile_us: await leastMicroseconds(() => jsonata(text)),
    evaluate_us: await leastMicroseconds(() => compiled.evaluate(document)),
    value: (await compiled.evaluate(document)) ?? null,
  });
}
console.log(JSON.stringify(rows));
