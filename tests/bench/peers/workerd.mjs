// What weft is compared with: a worker that calls a WebAssembly function, JSON in and out.
// The binding STATE is "kept" (one instance for all calls) or "fresh" (a new one for each).
import module from "./module.wasm";

const kept = new WebAssembly.Instance(module);

export default {
  async fetch(request, env) {
    const call = await request.json();
    const instance = env.STATE === "fresh" ? new WebAssembly.Instance(module) : kept;
    return Response.json({ results: [instance.exports[call.export](...call.args)] });
  },
};
