// What is in an archive of Python files. A chunk of its own: nothing else may import unzipit.
import { unzipRaw, type ZipEntry } from "unzipit";
import { loadedFile, manifestName, plainPath, type ArchiveFile } from "./files";

/** Of a file, as much is unpacked. */
export const fileBytesMax = 512 * 1024;
const linkBytesMax = 4096;
// As the server has it.
const programLineBytesMax = 4096;

export type FileContent =
  | { kind: "text"; text: string; /** Whether there is more than `text`. */ cut: boolean }
  | { kind: "link"; target: string }
  /** Nothing that is shown, and why. */
  | { kind: "other"; why: string };

export interface Archive {
  /** In the order of their names. */
  files: ArchiveFile[];
  /** The path of the file that is loaded. */
  loaded: string | null;
  /** Null for a path that is none of `files`. */
  read: (path: string) => Promise<FileContent | null>;
}

/** Lists an archive. Of its files nothing is unpacked before it is read. */
export async function openArchive(bytes: Blob): Promise<Archive> {
  const entries = new Map<string, ZipEntry>();
  for (const entry of await entriesOf(bytes)) {
    if (!entry.isDirectory) entries.set(plainPath(entry.name), entry);
  }
  const read = async (path: string) => {
    const entry = entries.get(path);
    return entry ? contentOf(entry) : null;
  };
  const manifest = await read(manifestName);
  const named = manifest && (manifest.kind === "text" ? manifest.text : "");
  const files = Array.from(entries, ([path, entry]) => ({ path, sizeBytes: entry.size }));
  return {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    loaded: loadedFile((path) => entries.has(path), named),
    read,
  };
}

// Places in an archive count from its beginning, or from behind the line that makes it a program.
async function entriesOf(bytes: Blob): Promise<ZipEntry[]> {
  try {
    return (await unzipRaw(bytes)).entries;
  } catch (error) {
    const begin = new Uint8Array(await bytes.slice(0, programLineBytesMax).arrayBuffer());
    const isProgram = begin[0] === 0x23 && begin[1] === 0x21;
    const end = isProgram ? begin.indexOf(0x0a) : -1;
    if (end < 0) throw error;
    return (await unzipRaw(bytes.slice(end + 1))).entries;
  }
}

const stored = 0;
const deflated = 8;

async function contentOf(entry: ZipEntry): Promise<FileContent> {
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    return { kind: "other", why: "It is packed in a way that browsers do not know." };
  }
  if (isLink(entry)) {
    return { kind: "link", target: textOf(await beginOf(entry, linkBytesMax), false) ?? "" };
  }
  const cut = entry.size > fileBytesMax;
  const text = textOf(await beginOf(entry, fileBytesMax), cut);
  return text === null ? { kind: "other", why: "It is not text." } : { kind: "text", text, cut };
}

// The upper byte says on which system an entry was made, and on Unix the upper half is its mode.
function isLink({ versionMadeBy, externalFileAttributes }: ZipEntry): boolean {
  return versionMadeBy >>> 8 === 3 && ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

async function beginOf(entry: ZipEntry, bytesMax: number): Promise<Uint8Array> {
  const begin = new Uint8Array(Math.min(entry.size, bytesMax));
  const reader = (await entry.stream()).getReader();
  let size = 0;
  while (size < begin.length) {
    const { done, value } = await reader.read();
    if (done) break;
    const part = value.subarray(0, begin.length - size);
    begin.set(part, size);
    size += part.length;
  }
  await reader.cancel();
  return begin.subarray(0, size);
}

function textOf(bytes: Uint8Array, cut: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    // What is cut may end within a character.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return null;
  }
}
