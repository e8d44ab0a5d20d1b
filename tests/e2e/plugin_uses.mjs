// Uses of the class Plugin in a program, with a plugin that reverses: test_hosts.py runs them.
import assert from "node:assert/strict";
import { Plugin, PluginError } from "../../examples/hosts/node-se2/plugin.mjs";

const CALLS = 2000;
const plugin = await Plugin.load(process.argv[2], { guests: process.env.WEFT_PYTHON });
const run = (payload) => new TextDecoder().decode(plugin.run(payload));

function work(calls) {
  for (let i = 0; i < calls; ++i) {
    assert.equal(run(`ü${i}x`.repeat(50)), `x${[...String(i)].reverse().join("")}ü`.repeat(50));
    assert.throws(() => run("fail"), PluginError);
  }
}

work(100);
const before = plugin.memoryBytes;
work(CALLS);
assert.equal(plugin.memoryBytes, before);

// Memory grows in this call; what was read before it stays as it was.
const first = plugin.run("abc");
const large = "0123456789".repeat(400_000);
assert.equal(run(large), [...large].reverse().join(""));
assert.ok(plugin.memoryBytes > before);
assert.deepEqual(first, new TextEncoder().encode("cba"));
console.log("good");
