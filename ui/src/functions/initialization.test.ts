import { expect, test } from "vitest";
import { preparationOf } from "./initialization";

const call = "call" as const;

test("a file of Python is loaded once, unless the server says otherwise", () => {
  expect(preparationOf({ dialect: "python", initialization: null })).toEqual({
    steps: "the file, once, when it was deployed",
    reason: null,
  });
  const reason = "an image cannot hold open files, so each call loads the file";
  const initialization = { start: false, exports: [], when: call, reason };
  expect(preparationOf({ dialect: "python", initialization })).toEqual({ steps: "the file", reason });
});

test("a module is prepared by its start function and its exports, or by nothing", () => {
  expect(preparationOf({ dialect: "typed", initialization: null })).toBeNull();
  const initialization = { start: true, exports: ["_initialize", "build"], when: call, reason: "r" };
  expect(preparationOf({ dialect: "typed", initialization })).toEqual({
    steps: "the start function, _initialize, build",
    reason: "r",
  });
});
