import { expect, test } from "vitest";
import {
  freeName,
  isArchiveFile,
  isPythonFile,
  mediaTypeOf,
  nameWarning,
  sourceError,
  withPlainLineEnds,
} from "./source";

test("a file of Python is known by its name", () => {
  expect(["a.py", "A.PY", "a.pyc", "py", "a.py.txt"].map(isPythonFile)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("an archive, too, and the server is told what they are", () => {
  expect(["a.zip", "A.PYZ", "a.tar", "zip"].map(isArchiveFile)).toEqual([true, true, false, false]);
  expect(["a.py", "a.pyz", "a.wasm"].map(mediaTypeOf)).toEqual([
    "text/x-python",
    "application/zip",
    undefined,
  ]);
});

test("nothing but space is no source", () => {
  expect(sourceError(" \n\t")).toMatch(/write or paste/);
  expect(sourceError("handler = print")).toBeNull();
});

test("the name of one of Python's modules is warned of", () => {
  expect(nameWarning("json")).toMatch(/hides Python’s own module json/);
  expect(nameWarning("weft")).toMatch(/choose another name/);
  expect(nameWarning("constructor")).toBeNull();
});

test("the first free name", () => {
  expect(freeName([])).toBe("greet");
  expect(freeName(["add", "greet", "greet-2"])).toBe("greet-3");
});

test("line ends become those of the editor", () => {
  expect(withPlainLineEnds("a\r\nb\rc\n\td\u2028")).toBe("a\nb\nc\n\td\u2028");
});
