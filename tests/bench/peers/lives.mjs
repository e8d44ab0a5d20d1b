// How long a plugin's whole life takes in V8: an instance of compiled code and one call; the end is the collector's.
// node lives.mjs FILE EXPORT LIVES: prints the CPU time of the process for one life, in nanoseconds.
import { readFileSync } from "node:fs";

const [file, name, count] = process.argv.slice(2);
const lives = Number(count);
const module = new WebAssembly.Module(readFileSync(file));

function live() {
  new WebAssembly.Instance(module).exports[name]();
}

for (let i = 0; i < lives / 10; ++i) live();
const begin = process.cpuUsage();
for (let i = 0; i < lives; ++i) live();
const { user, system } = process.cpuUsage(begin);
console.log(Math.round(((user + system) * 1000) / lives));
