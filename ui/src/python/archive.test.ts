import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fileBytesMax, openArchive } from "./archive";

const script = fileURLToPath(new URL("../../../tests/ui/zip.py", import.meta.url));

/** An archive by Python's own hand. */
function zipOf(what: Record<string, unknown>): Blob {
  const bytes = execFileSync("python3", [script], { input: JSON.stringify(what), maxBuffer: 64 << 20 });
  return new Blob([new Uint8Array(bytes)]);
}

const files = { "main.py": "import words\n", "part/words.py": "# é𝄞\n", "./odd//path.py": "", "empty/": "" };
const line = "#!/usr/bin/env python3\n";

test.each([
  ["packed", {}],
  ["not packed", { method: "stored" }],
  ["that is a program", { line }],
  ["to which a line was glued", { line, glued: true }],
])("an archive %s is listed, and its files are read", async (_, how) => {
  const archive = await openArchive(zipOf({ files, ...how }));
  expect(archive.files).toEqual([
    { path: "main.py", sizeBytes: 13 },
    { path: "odd/path.py", sizeBytes: 0 },
    { path: "part/words.py", sizeBytes: 9 },
  ]);
  expect(archive.loaded).toBe("main.py");
  expect(await archive.read("part/words.py")).toEqual({ kind: "text", text: "# é𝄞\n", cut: false });
  expect(await archive.read("odd/path.py")).toEqual({ kind: "text", text: "", cut: false });
  expect(await archive.read("empty")).toBeNull();
  expect(await archive.read("__proto__")).toBeNull();
});

test("weft.json says which file is loaded", async () => {
  const named = { "main.py": "", "part/shop.py": "", "weft.json": '{"file": "part/shop.py"}' };
  expect((await openArchive(zipOf({ files: named }))).loaded).toBe("part/shop.py");
});

test("of a long file the beginning is unpacked, up to a whole character", async () => {
  const text = `a${"é".repeat(fileBytesMax)}`;
  const archive = await openArchive(zipOf({ files: { "main.py": text } }));
  const content = await archive.read("main.py");
  expect(content).toEqual({ kind: "text", text: text.slice(0, fileBytesMax / 2), cut: true });
});

test.each([
  ["bytes that are no UTF-8", "/w=="],
  ["bytes with a zero", "YQBi"],
])("%s are no text", async (_, base64) => {
  const archive = await openArchive(zipOf({ bytes: { "x.py": base64 } }));
  expect(await archive.read("x.py")).toEqual({ kind: "other", why: "It is not text." });
});

test("a link is no file of its own", async () => {
  const archive = await openArchive(zipOf({ files, links: { "app.py": "main.py" } }));
  expect(await archive.read("app.py")).toEqual({ kind: "link", target: "main.py" });
});

test("what browsers cannot unpack is listed all the same", async () => {
  const packed = { "main.py": "x\n".repeat(100), "weft.json": "{}" };
  const archive = await openArchive(zipOf({ files: packed, method: "lzma" }));
  expect(archive.files.map((one) => one.path)).toEqual(["main.py", "weft.json"]);
  expect(await archive.read("main.py")).toMatchObject({ kind: "other" });
});

test("what is no archive, or a damaged one, is refused", async () => {
  await expect(openArchive(new Blob(["def handler(): pass"]))).rejects.toThrow();
  const whole = zipOf({ files });
  await expect(openArchive(whole.slice(0, whole.size - 10))).rejects.toThrow();
});
