// Writes FILE.br and FILE.gz beside every compressible file of a directory:
// node precompress.mjs dist. The server sends them as they are. Fails when the first page needs too many of them.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".txt", ".wat"]);
// Compressed: the page itself and what it names. Other chunks come when they are needed.
const firstLoadBytesMax = 150_000;
const directory = process.argv[2];
if (!directory) {
  console.error("usage: node precompress.mjs DIRECTORY");
  process.exit(2);
}

const sizes = new Map();
for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
  const bytes = readFileSync(path);
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const gz = gzipSync(bytes, { level: 9 });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  sizes.set(`/${relative(directory, path).replaceAll("\\", "/")}`, br.length);
  console.log(`${path}  ${bytes.length} B, br ${br.length} B, gz ${gz.length} B`);
}

const total = (paths) => paths.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
const page = readFileSync(join(directory, "index.html"), "utf8");
const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
const first = total(["/index.html", ...named]);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`all together, br: ${kilobytes(total([...sizes.keys()]))}; the first page: ${kilobytes(first)}`);
if (first > firstLoadBytesMax) {
  console.error(`the first page needs more than ${kilobytes(firstLoadBytesMax)}`);
  process.exit(1);
}
