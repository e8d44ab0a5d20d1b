// What the pages know about the files of an archive without opening it: docs/formats/python-archive.md.
import type { Problem } from "../api/types";
import { formatWhole } from "../values/format";
import { rowName } from "../values/visible";

export interface ArchiveFile {
  /** From the archive's top: "part/words.py". */
  path: string;
  /** Unpacked. */
  sizeBytes: number;
}

export interface ArchiveDirectory {
  name: string;
  /** All below it, at whatever depth. */
  files: ArchiveFile[];
  sizeBytes: number;
}

/** What a list of files shows before anything is opened in it. */
export interface FileTree {
  /** Those at the top, with the file that is loaded in front, wherever that is. */
  top: ArchiveFile[];
  directories: ArchiveDirectory[];
}

/** Larger archives are fetched when somebody asks for what is in them. */
export const openedBytesMax = 16 << 20;

const root = "/app/";

/** The file of an archive that a traceback names ("/app/part/words.py"); null for all others. */
export function archivePath(file: string | undefined): string | null {
  return file?.startsWith(root) ? file.slice(root.length) : null;
}

/** A name as the server keeps it, without the parts that mean nothing. */
export function plainPath(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

export const manifestName = "weft.json";
const loadedNames = ["main.py", "app.py", "handler.py", "lambda_function.py", "plugin.py", "__main__.py"];

/** The file that is loaded; null where there is none. `manifest` is the text of weft.json. */
export function loadedFile(has: (path: string) => boolean, manifest: string | null): string | null {
  const path = manifest === null ? undefined : plainPath(namedFile(manifest));
  if (path !== undefined) return has(path) ? path : null;
  return loadedNames.find(has) ?? null;
}

function namedFile(manifest: string): string {
  try {
    const { file } = JSON.parse(manifest) as { file?: unknown };
    return typeof file === "string" ? file : "";
  } catch {
    return "";
  }
}

/** Of files in the order of their names. */
export function treeOf(files: ArchiveFile[], loaded: string | null): FileTree {
  const top: ArchiveFile[] = [];
  const directories = new Map<string, ArchiveDirectory>();
  for (const file of files) {
    const slash = file.path.indexOf("/");
    if (file.path === loaded) top.unshift(file);
    else if (slash < 0) top.push(file);
    else {
      const name = file.path.slice(0, slash);
      const directory = directories.get(name) ?? { name, files: [], sizeBytes: 0 };
      directory.files.push(file);
      directory.sizeBytes += file.sizeBytes;
      directories.set(name, directory);
    }
  }
  return { top, directories: [...directories.values()] };
}

/** Where a symbolic link leads, from the archive's top; null when that is out of it. */
export function linkedPath(link: string, target: string): string | null {
  const parts = link.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** What the archive itself says about a problem with it; null when that is nothing. */
export function archiveHint(problem: Problem, paths: string[]): string | null {
  const detail = problem.detail ?? "";
  if (detail.startsWith("the archive has nothing to load")) return packedTooHigh(paths);
  return /\b(?:Import|ModuleNotFound)Error\b/.test(detail) ? nativeCode(paths) : null;
}

// What a desktop makes of a directory has that directory in it, and perhaps notes of its own.
function packedTooHigh(paths: string[]): string | null {
  const own = paths.filter((path) => !/^(?:__MACOSX\/|.*\.DS_Store$)/.test(path));
  const [name = ""] = own[0]?.split("/") ?? [];
  const isBelow = own.every((path) => path.startsWith(`${name}/`));
  if (!isBelow || !loadedNames.some((loaded) => own.includes(`${name}/${loaded}`))) return null;
  return `All its files are below ${rowName(name)}/. Pack what is in that directory, and not the directory itself.`;
}

function nativeCode(paths: string[]): string | null {
  const [first, ...others] = paths.filter((path) => /\.(?:so|pyd|dylib|dll)$/i.test(path));
  if (first === undefined) return null;
  const more = others.length === 0 ? "" : ` and ${formatWhole(others.length)} more`;
  return (
    `The archive has code for one kind of machine, which cannot be loaded here: ${rowName(first)}${more}. ` +
    "weft deploy NAME DIRECTORY --requirements FILE takes packages without such code, and names those that need it."
  );
}
