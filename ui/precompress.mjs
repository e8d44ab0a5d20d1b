// Writes FILE.br and FILE.gz beside every compressible file of a directory:
// node precompress.mjs dist. The server sends them as they are.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".txt", ".wat"]);
const directory = process.argv[2];
if (!directory) {
  console.error("usage: node precompress.mjs DIRECTORY");
  process.exit(2);
}

let first = 0;
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
  first += br.length;
  console.log(`${path}  ${bytes.length} B, br ${br.length} B, gz ${gz.length} B`);
}
console.log(`all together, br: ${(first / 1000).toFixed(1)} kB`);
