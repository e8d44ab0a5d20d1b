import { expect, test } from "vitest";
import type { ExportedFunction } from "../api/types";
import { outcomeOf } from "./call";
import { deploymentOf } from "./deployment";
import { typedRequest, whyNot } from "./request";
import { signatureText, typeText } from "./signature";

const all: ExportedFunction = {
  name: "all",
  params: ["i32", "i64", "f64", "v128"],
  param_names: ["a", null, "x", "v"],
  results: ["i64", "f32"],
};

test("a request carries exact numbers", () => {
  const inputs = ["7", "9223372036854775807", "NaN", `0x${"A".repeat(32)}`];
  expect(typedRequest(all, inputs)?.body).toBe(
    `{"export":"all","args":[7,"9223372036854775807","NaN","0x${"a".repeat(32)}"]}`,
  );
});

test.each([
  [["7", "1", "1", ""], "v needs a value"],
  [["7", "", "", ""], "arg1 needs a value"],
  [["7.5", "1", "1", ""], "a is not a valid i32"],
])("%j is not sent, because %s", (inputs, reason) => {
  expect(typedRequest(all, inputs)).toBeNull();
  expect(whyNot(all, inputs)).toBe(reason);
});

test("reference types cannot be typed in", () => {
  const exported = { name: "f", params: ["externref"], results: [] };
  expect(whyNot(exported, [""])).toMatch(/externref/);
});

test("signatures name the parameters that have names", () => {
  expect(signatureText(all)).toBe("all(a: i32, i64, x: f64, v: v128) → (i64, f32)");
  expect(typeText({ name: "f", params: [], results: [] })).toBe("() → ()");
});

function answer(body: string) {
  const bytes = new TextEncoder().encode(body).buffer;
  return { bytes, contentType: "application/json", invocation: "01J", durationUs: 9 };
}

test("results are read by their types, anything else is said to be wrong", () => {
  expect(outcomeOf(answer('{"results":["5",0.5]}'), ["i64", "f32"])).toMatchObject({
    kind: "results",
    results: ["5", 0.5],
  });
  expect(outcomeOf(answer('{"results":["5"]}'), ["i64", "f32"]).kind).toBe("problem");
  expect(outcomeOf(answer("<html>"), ["i64"]).kind).toBe("problem");
  expect(outcomeOf(answer("null"), ["i64"]).kind).toBe("problem");
});

test("output that is not text is told by its size", () => {
  const bytes = new Uint8Array([0xff, 0xfe]).buffer;
  expect(outcomeOf({ bytes, contentType: "", invocation: null, durationUs: null }, null)).toMatchObject({
    kind: "output",
    text: null,
    sizeBytes: 2,
  });
});

test("a new version keeps its settings, and leaves out what is empty or as usual", () => {
  const limits = { deadline_ms: 1, memory_bytes: 2, output_bytes: 3, in_flight: 4 };
  expect(deploymentOf("sha256:x", undefined)).toEqual({ module: "sha256:x" });
  const usual = { limits, grants: {}, environment: {}, init: null, state: "pristine" as const };
  expect(deploymentOf("sha256:x", usual)).toEqual({ module: "sha256:x", limits });
  const other = { ...usual, environment: { A: "b" }, init: "build", state: "warm" as const };
  expect(deploymentOf("sha256:x", other)).toEqual({
    module: "sha256:x",
    limits,
    environment: { A: "b" },
    init: "build",
    state: "warm",
  });
});
