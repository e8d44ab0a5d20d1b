import { expect, test } from "vitest";
import { piecesOf } from "./highlight";

test("the pieces are the text, each with what it is", () => {
  const text = 'def f(x):\n\t# no\n    return "é𝄞\\n" + 1\n\n';
  const pieces = piecesOf(text);
  expect(pieces.map((one) => one.text).join("")).toBe(text);
  const classesOf = (part: string) => pieces.find((one) => one.text.includes(part))?.classes;
  expect(classesOf("def")).toContain("tok-keyword");
  expect(classesOf("# no")).toContain("tok-comment");
  expect(classesOf("é𝄞")).toContain("tok-string");
  expect(classesOf("1")).toContain("tok-number");
});

test("what is no Python is still all there", () => {
  const text = "def (((\x00 '''";
  expect(
    piecesOf(text)
      .map((one) => one.text)
      .join(""),
  ).toBe(text);
});
