// What a file itself says about a problem with it: the line that is wrong, and what helps.
import { fileOf, moduleBytesPath, moduleText } from "../api/client";
import type { Module, Problem } from "../api/types";
import { archiveHint, openedBytesMax } from "../python/files";
import { archiveMarkOf, isOfFile, markOf, offsetOf, type Mark } from "../python/marks";
import { isArchiveFile, sourceFile } from "../python/source";

export interface Explanation {
  /** The line that the problem points at; column counts from 1. */
  excerpt: { line: number; column: number; text: string; /** Of an archive. */ file?: string } | null;
  /** What to do about it, where the file tells more than the problem. */
  hint: string | null;
}

const nothing: Explanation = { excerpt: null, hint: null };

/** Of a file that the server did not take. */
export async function explainUpload(file: File, problem: Problem): Promise<Explanation> {
  if (isArchiveFile(file.name)) return explainArchive(file, problem).catch(() => nothing);
  const line = problem.position?.line;
  if (line === undefined || !/\.wat$/i.test(file.name)) return nothing;
  return { ...nothing, excerpt: excerptAt(await file.text(), line, problem.position?.column ?? 1) };
}

const textBytesMax = 256 * 1024;

/** Of a module that the server has, and that could not be deployed: what is wrong with Python shows only then. */
export async function explainDeployment(
  module: Module | null,
  name: string,
  problem: Problem,
): Promise<Explanation> {
  if (module?.dialect !== "python" || !isOfFile(problem)) return nothing;
  try {
    const { text } = await moduleText(module.id, textBytesMax);
    if (text !== null) return { ...nothing, excerpt: excerptOf(text, markOf(problem, sourceFile(name))) };
    if (module.size_bytes > openedBytesMax) return nothing;
    return await explainArchive(await fileOf(moduleBytesPath(module.id)), problem);
  } catch {
    return nothing;
  }
}

async function explainArchive(bytes: Blob, problem: Problem): Promise<Explanation> {
  const { openArchive } = await import("../python/archive");
  const { files, read } = await openArchive(bytes);
  const paths = files.map((one) => one.path);
  const hint = archiveHint(problem, paths);
  const mark = archiveMarkOf(problem);
  const content = mark && (await read(mark.file));
  const excerpt = content?.kind === "text" ? excerptOf(content.text, mark) : null;
  return { hint, excerpt: excerpt && mark && { ...excerpt, file: mark.file } };
}

function excerptOf(source: string, mark: Mark | null): Explanation["excerpt"] {
  if (mark === null) return null;
  const line = source.split(/\r?\n/)[mark.line - 1] ?? "";
  const indent = line.length - line.trimStart().length;
  const at = mark.column === null ? indent : offsetOf(line, mark.column);
  return excerptAt(source, mark.line, at + 1);
}

function excerptAt(source: string, line: number, column: number): Explanation["excerpt"] {
  const text = source.split(/\r?\n/)[line - 1];
  const lengthShownMax = 200;
  if (text === undefined || text.length > lengthShownMax) return null;
  return { line, column, text };
}
