import { expect, test } from "vitest";
import { isModuleFile, nameError, nameFromFile } from "./name";

test.each([
  ["add.wat", "add"],
  ["add.wasm", "add"],
  ["ADD.WASM", "add"],
  ["My Module_v2.wasm", "my-module-v2"],
  ["imageResize.wasm", "image-resize"],
  ["/home/ada/build/out.wasm", "out"],
  ["C:\\build\\out.wasm", "out"],
  ["wordcount.opt.wasm", "wordcount-opt"],
  ["My Shop.zip", "my-shop"],
  ["shop.pyz", "shop"],
  ["--x--.wat", "x"],
  ["Größe.wasm", "gro-e"],
  ["café.wasm", "cafe"],
  ["関数.wasm", "function"],
  [".wasm", "function"],
  [`${"a".repeat(62)}-b.wasm`, "a".repeat(62)],
  [`${"a".repeat(80)}.wasm`, "a".repeat(63)],
])("%s becomes %s", (file, name) => {
  expect(nameFromFile(file)).toBe(name);
  expect(nameError(name)).toBeNull();
});

test.each([
  ["", /needs a name/],
  ["Add", /lower-case/],
  ["a b", /no spaces/],
  ["a_b", /“_” is not allowed/],
  ["-a", /starts and ends/],
  ["a-", /starts and ends/],
  ["a".repeat(64), /longer than 63/],
  ["../x", /is not allowed/],
])("%j is no name", (name, error) => {
  expect(nameError(name)).toMatch(error);
});

test(".wasm, .wat, .py, .zip and .pyz are taken", () => {
  expect(["a.wasm", "a.WAT", "a.py", "a.zip", "a.PYZ"].every(isModuleFile)).toBe(true);
  expect(["a.pyc", "wasm", "zip", "a.zip.gz", "a.tar"].some(isModuleFile)).toBe(false);
});
