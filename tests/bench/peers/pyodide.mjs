// What Python in weft is compared with: Pyodide in node. node pyodide.mjs PYODIDE: answers each line of standard input, a JSON
// object, with another one. {"snapshot": SOURCE}: what later calls begin with, the file having run. {"calls": N, "payload": TEXT}: a
// new interpreter from that for each, which calls the file's handler. {"run": FILE}: a program, in one interpreter for all.
// Times are of the whole process, in microseconds.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { loadPyodide, version } = await import(`${process.argv[2]}/pyodide.mjs`);
const CALLER = `
import json
def __answer(payload):
    return json.dumps(handler(json.loads(payload), None))
`;
let snapshot, interpreter;

async function timed(work) {
  const before = process.cpuUsage();
  const begin = performance.now();
  const output = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu_us: user + system, wall_us: (performance.now() - begin) * 1e3, output };
}

async function takeSnapshot(source) {
  const made = await loadPyodide({ _makeSnapshot: true });
  made.runPython(source + CALLER);
  snapshot = made.makeMemorySnapshot();
  return { output: version };
}

async function call(payload, times) {
  let output;
  for (let i = 0; i < times; ++i) {
    const fresh = await loadPyodide({ _loadSnapshot: snapshot });
    output = fresh.globals.get("__answer")(payload);
  }
  return output;
}

async function run(file) {
  interpreter ??= await loadPyodide();
  let printed = "";
  interpreter.setStdout({ batched: (line) => (printed += line + "\n") });
  const globals = interpreter.toPy({ __name__: "__main__" });
  const source = readFileSync(file, "utf8");
  const taken = await timed(() => interpreter.runPython(source, { globals }));
  globals.destroy();
  return { ...taken, output: printed };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { snapshot: source, calls, payload, run: file } = JSON.parse(line);
  const answer = source ? await takeSnapshot(source) : file ? await run(file) : await timed(() => call(payload, calls));
  console.log(JSON.stringify(answer));
}
