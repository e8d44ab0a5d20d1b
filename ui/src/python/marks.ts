// Where in a Python file a problem is, for the place beside the line.
import type { Problem } from "../api/types";
import { cut, visible } from "../values/visible";
import { archivePath } from "./files";

export interface Mark {
  /** From 1. */
  line: number;
  /** In characters, from 1; null for the whole line. */
  column: number | null;
  says: string;
}

const saysMax = 200;

/** The line that raised: the innermost one of `file`, for what it called is not to be seen there. */
export function markOf(problem: Problem, file: string): Mark | null {
  const frame = problem.backtrace?.find((one) => one.file === file && one.line !== undefined);
  const line = frame?.line ?? problem.position?.line;
  if (line === undefined || line < 1) return null;
  const column = problem.position?.column ?? frame?.column ?? null;
  return { line, column, says: sentence(problem) };
}

/** The same of an archive, where it is a line of any of its files. */
export function archiveMarkOf(problem: Problem): (Mark & { file: string }) | null {
  const frame = problem.backtrace?.find((one) => archivePath(one.file) !== null && one.line !== undefined);
  const file = archivePath(frame?.file);
  if (frame?.file === undefined || file === null) return null;
  const mark = markOf(problem, frame.file);
  return mark && { ...mark, file };
}

// A file that is not taken, and one whose loading was stopped.
const prefix = /^(?:[^:]+\.py does not load|initialisation failed in [^:]+\.py): /;

/** Whether it is the file that is wrong. */
export function isOfFile(problem: Problem): boolean {
  return prefix.test(problem.detail ?? "");
}

/** Beside the file itself: a title in words, and where it is only once. */
export function besideFile(problem: Problem): Problem {
  if (!isOfFile(problem)) return problem;
  const { position, ...rest } = problem;
  const detail = problem.detail?.replace(prefix, "") ?? "";
  const isTold = problem.backtrace?.some((frame) => frame.line === position?.line) ?? false;
  const shown = { ...rest, title: "Python cannot load this file", detail };
  return position && !isTold ? { ...shown, position } : shown;
}

// "greet.py does not load: SyntaxError: expected ':'" says where twice.
function sentence(problem: Problem): string {
  const text = (problem.detail ?? problem.title).replace(prefix, "");
  return cut(visible(text.split("\n")[0] ?? ""), saysMax);
}

/** The UTF-16 offset of a column in a line, which is at most the line's length. */
export function offsetOf(line: string, column: number): number {
  return Array.from(line.slice(0, 2 * column))
    .slice(0, column - 1)
    .join("").length;
}
