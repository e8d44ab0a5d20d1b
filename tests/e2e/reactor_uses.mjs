// Uses of the class Reactor in a program: test_hosts.py runs them under each of its hosts.
import assert from "node:assert/strict";
import { Closed, Reactor, ReactorError } from "../../examples/hosts/reactor.mjs";

const CALLS = 2000;
const guests = globalThis.Deno ? Deno.env.get("WEFT_PYTHON") : process.env.WEFT_PYTHON;
const told = [];
let callback = (one) => told.push(one);
const reactor = await Reactor.init({ guests, callback: (one) => callback(one) });

// Calls leave nothing behind: neither results, callbacks, errors nor registrations.
function work(calls) {
  for (let i = 0; i < calls; ++i) {
    reactor.register("lambda", `f${i % 7}`, "lambda text, times: text * times");
    assert.equal(reactor.apply("lambda", `f${i % 7}`, ["ü", 500], i), "ü".repeat(500));
    assert.throws(() => reactor.apply("lambda", `f${i % 7}`, ["ü"]), ReactorError);
    reactor.unregister("lambda", `f${i % 7}`);
  }
}

work(100);
const before = reactor.memoryBytes;
work(CALLS);
assert.equal(reactor.memoryBytes, before);
assert.equal(told.length, 2 * (100 + CALLS));
assert.deepEqual(told.at(-2), { id: CALLS - 1, ok: true, value: "ü".repeat(500) });

// A callback may throw, and may use the reactor.
reactor.register("lambda", "f", "lambda n: n + 1");
callback = () => {
  throw new Error("of the callback");
};
assert.throws(() => reactor.apply("lambda", "f", [1]), { message: "of the callback" });
callback = ({ value }) => {
  if (value < 5) assert.equal(reactor.apply("lambda", "f", [value]), value + 1);
};
assert.equal(reactor.apply("lambda", "f", [1]), 2);
callback = () => {};

// Reactors share nothing, and one that is closed does nothing more.
const other = await Reactor.init({ guests });
assert.throws(() => other.apply("lambda", "f", [1]), ReactorError);
reactor.close();
assert.throws(() => reactor.apply("lambda", "f", [1]), Closed);
reactor.close();
other.close();
console.log("good");
