// node wasi.mjs MODULE DIRECTORY ARGS…: runs a program with node's WASI; it knows the directory as "/".
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [module, directory, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [module, ...args], env: {}, preopens: { "/": directory } });
const compiled = await WebAssembly.compile(await readFile(module));
process.exitCode = wasi.start(await WebAssembly.instantiate(compiled, wasi.getImportObject()));
