import { expect, test } from "vitest";
import type { Problem } from "../api/types";
import { archiveHint, archivePath, linkedPath, loadedFile, treeOf } from "./files";

test("a traceback's files are those below /app", () => {
  expect(archivePath("/app/part/words.py")).toBe("part/words.py");
  expect([undefined, "greet.py", "/usr/local/lib/app/x.py", "/application/x.py"].map(archivePath)).toEqual(
    Array(4).fill(null),
  );
});

test.each([
  [["app.py", "main.py"], null, "main.py"],
  [["x.py", "__main__.py"], null, "__main__.py"],
  [["main.py", "a/b.py"], '{"file": "a/./b.py"}', "a/b.py"],
  [["main.py"], '{"file": "none.py"}', null],
  [["main.py"], "null", null],
  [["main.py"], "{", null],
  [["greet.py"], null, null],
])("of %j with %j, %j is loaded", (paths, manifest, loaded) => {
  expect(loadedFile((path) => paths.includes(path), manifest)).toBe(loaded);
});

test("the loaded file is in front, and each directory is one row", () => {
  const sized = (path: string) => ({ path, sizeBytes: path.length });
  const paths = ["a.py", "lib/x", "part/deep/er.py", "part/main.py", "part/words.py", "z.py"];
  expect(treeOf(paths.map(sized), "part/main.py")).toEqual({
    top: ["part/main.py", "a.py", "z.py"].map(sized),
    directories: [
      { name: "lib", files: ["lib/x"].map(sized), sizeBytes: 5 },
      { name: "part", files: ["part/deep/er.py", "part/words.py"].map(sized), sizeBytes: 28 },
    ],
  });
});

test.each([
  ["part/x.py", "words.py", "part/words.py"],
  ["part/x.py", ".././main.py", "main.py"],
  ["x.py", "../main.py", null],
])("the link %s to %s leads to %j", (link, target, path) => {
  expect(linkedPath(link, target)).toBe(path);
});

const problem = (detail: string): Problem => ({ code: "invalid_argument", title: "t", status: 400, detail });
const nothing = problem("the archive has nothing to load: neither main.py, app.py, …");
const missing = problem("/app/main.py does not load: ModuleNotFoundError: No module named 'fast'");

test("an archive of a directory says which level is too many", () => {
  const packed = ["shop/main.py", "shop/part/words.py", "__MACOSX/shop/._main.py", ".DS_Store"];
  expect(archiveHint(nothing, packed)).toMatch(/below shop\/\. Pack what is in that directory/);
  expect(archiveHint(nothing, [...packed, "README"])).toBeNull();
  expect(archiveHint(nothing, ["shop/greet.py"])).toBeNull();
  expect(archiveHint(nothing, [])).toBeNull();
});

test("code for the machine is named where an import fails", () => {
  const native = ["a.so", "b/c.cpython-313-x86_64-linux-gnu.so", "d.pyd", "e.dylib", "f.DLL"];
  expect(archiveHint(missing, ["main.py", ...native])).toMatch(/cannot be loaded here: a\.so and 4 more\./);
  expect(archiveHint(missing, ["main.py", "b/c.so"])).toMatch(/here: b\/c\.so\. weft deploy/);
  expect(archiveHint(missing, ["main.py", "also.py"])).toBeNull();
  expect(archiveHint(problem("/app/main.py does not load: ValueError: no"), native)).toBeNull();
});
