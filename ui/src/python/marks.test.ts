import { expect, test } from "vitest";
import type { Problem } from "../api/types";
import { archiveMarkOf, besideFile, isOfFile, markOf, offsetOf } from "./marks";

const base: Problem = { code: "guest_error", title: "The guest failed", status: 502 };

test("a syntax error marks its line and column, without the words that say where", () => {
  const problem: Problem = {
    ...base,
    code: "invalid_argument",
    detail: "greet.py does not load: SyntaxError: expected ':'",
    position: { line: 3, column: 28 },
    backtrace: [{ function: "<module>", file: "greet.py", line: 3, column: 28 }],
  };
  expect(markOf(problem, "greet.py")).toEqual({ line: 3, column: 28, says: "SyntaxError: expected ':'" });
});

test("what fails in the library marks the line of the file that called it", () => {
  const problem: Problem = {
    ...base,
    detail: "greet.py does not load: JSONDecodeError: no\nvalue",
    backtrace: [
      { function: "decode", file: "/usr/local/lib/python3.13/json/decoder.py", line: 345 },
      { function: "f", file: "greet.py", line: 4 },
      { function: "<module>", file: "greet.py", line: 9 },
    ],
  };
  expect(markOf(problem, "greet.py")).toEqual({ line: 4, column: null, says: "JSONDecodeError: no" });
});

test("of an archive, the innermost of its own files is marked", () => {
  const problem: Problem = {
    ...base,
    detail: "/app/main.py does not load: JSONDecodeError: no",
    backtrace: [
      { function: "decode", file: "/usr/local/lib/python3.13/json/decoder.py", line: 345 },
      { function: "f", file: "/app/part/words.py", line: 4 },
      { function: "<module>", file: "/app/main.py", line: 9 },
    ],
  };
  expect(archiveMarkOf(problem)).toEqual({
    file: "part/words.py",
    line: 4,
    column: null,
    says: "JSONDecodeError: no",
  });
  expect(archiveMarkOf({ ...problem, backtrace: [{ file: "main.py", line: 1 }] })).toBeNull();
  expect(archiveMarkOf({ ...base, position: { line: 1 } })).toBeNull();
});

test("beside the file, a problem says where it is once", () => {
  const backtrace = [{ function: "<module>", file: "greet.py", line: 3, column: 28 }];
  const detail = "greet.py does not load: SyntaxError: expected ':'";
  const problem = { ...base, detail, position: { line: 3, column: 28 }, backtrace };
  const title = "Python cannot load this file";
  expect(besideFile(problem)).toEqual({ ...base, title, detail: "SyntaxError: expected ':'", backtrace });
  expect(besideFile({ ...problem, backtrace: [] }).position).toEqual({ line: 3, column: 28 });
  expect(isOfFile({ ...base, detail: "initialisation failed in greet.py: it took longer than 10 ms" })).toBe(
    true,
  );
  expect(isOfFile({ ...base, detail: "initialisation failed in build_table: unreachable" })).toBe(false);
  expect(isOfFile(base)).toBe(false);
  expect(besideFile(base)).toBe(base);
});

test.each([
  base,
  { ...base, backtrace: [{ function: "weft_load", module_offset: 7 }] },
  { ...base, backtrace: [{ file: "other.py", line: 3 }] },
  { ...base, position: { offset: 11 } },
  { ...base, position: { line: 0 } },
])("a problem that names no line of the file marks none: %j", (problem) => {
  expect(markOf(problem, "greet.py")).toBeNull();
});

test("an endless message is cut, and what hides in it is written out", () => {
  const says = markOf({ ...base, detail: `\u202e${"x".repeat(500)}`, position: { line: 1 } }, "f.py")?.says;
  expect(says).toMatch(/^\\u\{202e\}x+…$/);
  expect(says?.length).toBeLessThan(220);
});

test.each([
  ["abc", 1, 0],
  ["abc", 3, 2],
  ["abc", 9, 3],
  ["𝄞𝄞x", 3, 4],
  ["", 1, 0],
])("in %j column %i is at %i", (line, column, offset) => {
  expect(offsetOf(line, column)).toBe(offset);
});
