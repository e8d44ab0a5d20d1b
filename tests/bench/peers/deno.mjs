// What weft is compared with: deno's own HTTP server that calls a WebAssembly function, JSON in and out.
// deno run --allow-net --allow-read deno.mjs PORT MODULE kept|fresh: one instance for all calls, or a new one for each.
const [port, file, state] = Deno.args;
const module = new WebAssembly.Module(Deno.readFileSync(file));
const kept = new WebAssembly.Instance(module);

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, async (request) => {
  const call = await request.json();
  const instance = state === "fresh" ? new WebAssembly.Instance(module) : kept;
  return Response.json({ results: [instance.exports[call.export](...call.args)] });
});
