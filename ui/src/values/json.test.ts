import { expect, test } from "vitest";
import { indented } from "./json";

test("members and elements get their own lines", () => {
  expect(indented('{"a":[1,{"b":"x, {y}: \\"z\\""}],"c":{},"d":[ ]}')).toBe(
    '{\n  "a": [\n    1,\n    {\n      "b": "x, {y}: \\"z\\""\n    }\n  ],\n  "c": {},\n  "d": []\n}',
  );
});

test.each(["12345678901234567890.10", '"text"', "null", "", "{", '{"cut": "of', "NaN"])(
  "%s stays",
  (text) => {
    expect(indented(text)).toBe(text);
  },
);

test("numbers and doubled members stay as they were written", () => {
  expect(indented('{"n":1e400,"n":0.10}')).toBe('{\n  "n": 1e400,\n  "n": 0.10\n}');
});

test("a million brackets do not become a billion spaces", () => {
  const depth = 5000;
  const text = indented("[".repeat(depth) + "1" + "]".repeat(depth));
  expect(text.length).toBeLessThan(2 * depth * 90);
});
