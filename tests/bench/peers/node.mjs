// What weft is compared with: node's own HTTP server that calls a WebAssembly function, JSON in and out.
// node node.mjs PORT MODULE kept|fresh: one instance for all calls, or a new one for each.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, file, state] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const kept = new WebAssembly.Instance(module);

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const call = JSON.parse(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    const instance = state === "fresh" ? new WebAssembly.Instance(module) : kept;
    const body = JSON.stringify({ results: [instance.exports[call.export](...call.args)] });
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(port), "127.0.0.1");
