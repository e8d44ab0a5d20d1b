// Problem documents in words: what happened, and what to do next.
import { formatBytes, formatCount, formatDuration } from "../values/format";
import { cut, rowName, visible } from "../values/visible";
import type { Frame, ImportedItem, Problem } from "./types";

/** The server answered with a problem document. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

/** No answer came: the server is gone, or the connection broke. */
export class UnreachableError extends Error {}

/** The person stopped it. */
export class CancelledError extends Error {}

/** Any thrown thing as a problem, so that one component shows them all. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof UnreachableError) {
    return { code: "unavailable", title: "The server did not answer", status: 0, detail: error.message };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "internal", title: "Something went wrong on this page", status: 0, detail };
}

/** Reads an error response, also one that is not a problem document (a proxy's page, a cut-off body). */
export function problemFromResponse(status: number, contentType: string, body: string): Problem {
  if (/json/.test(contentType)) {
    try {
      const parsed = JSON.parse(body) as Partial<Problem> | null;
      if (parsed && typeof parsed.code === "string" && typeof parsed.title === "string") {
        return { ...parsed, code: parsed.code, title: parsed.title, status: parsed.status ?? status };
      }
    } catch {
      // A broken document is shown as text below.
    }
  }
  const detail = body.trim().slice(0, 300);
  const problem: Problem = { code: codeOfStatus(status), title: `The server answered ${status}`, status };
  return detail === "" ? problem : { ...problem, detail };
}

function codeOfStatus(status: number): string {
  if (status === 404) return "not_found";
  if (status === 413) return "too_large";
  if (status === 429) return "resource_exhausted";
  if (status === 503) return "unavailable";
  return status < 500 ? "invalid_argument" : "internal";
}

const lineMax = 300;

/** One line for a history or a table: "trap: integer divide by zero". */
export function problemLine(problem: Problem): string {
  const kind: Record<string, string> = {
    guest_trap: "trap",
    guest_error: "guest error",
    guest_limit: "limit",
    deadline_exceeded: "deadline",
    invalid_argument: "bad input",
    unsupported: "unsupported",
    unavailable: "unavailable",
  };
  const label = kind[problem.code] ?? problem.code.replace(/_/g, " ");
  return `${label}: ${cut(visible(problem.detail ?? problem.title), lineMax)}`;
}

/** What the reader can do about it; null when the detail says it all. */
export function adviceFor(problem: Problem): string | null {
  switch (problem.code) {
    case "guest_trap":
      return problem.backtrace?.length
        ? "The topmost frame is where it stopped. Other calls are not affected."
        : "Other calls are not affected.";
    case "guest_limit":
      return "Raise the limit under Settings, or make the function need less.";
    case "deadline_exceeded":
      return "Raise the deadline under Settings, or look for a loop that does not end.";
    case "resource_exhausted":
      return "Try again in a moment, or raise the number of calls in flight under Settings.";
    case "unsupported":
      if (problem.detail?.startsWith("this server has no Python"))
        return "Start the server again then, and deploy once more: what you wrote stays here.";
      return "Build the module without what is named above, or for a dialect that provides it.";
    case "too_large":
      if (isOfArchive(problem)) return "Leave out of it what the function does not need.";
      return "Make the file smaller, or raise the server's limit.";
    case "not_found":
      return "It may have been deleted or renamed meanwhile.";
    case "unavailable":
      return "The page connects again by itself; nothing you typed is lost.";
    case "internal":
    case "data_loss":
      return "This is weft's fault. The server's log says more.";
    default:
      return null;
  }
}

// What an archive may have is the same on every server.
function isOfArchive({ limit }: Problem): boolean {
  return limit !== undefined && (limit.name.startsWith("archive_") || limit.name === "python_file_bytes");
}

/** "memory: 256 MiB". Limits carry their unit in the name. */
export function limitText(limit: { name: string; value: number }): string {
  const name = limit.name.replace(/_(bytes|ms|us)$/, "").replace(/_/g, " ");
  if (limit.name.endsWith("_bytes")) return `${name}: ${formatBytes(limit.value)}`;
  if (limit.name.endsWith("_ms")) return `${name}: ${formatDuration(limit.value * 1000)}`;
  if (limit.name.endsWith("_us")) return `${name}: ${formatDuration(limit.value)}`;
  return `${name}: ${formatCount(limit.value)}`;
}

export function positionText(position: NonNullable<Problem["position"]>): string {
  if (position.line !== undefined) {
    return position.column === undefined
      ? `line ${position.line}`
      : `line ${position.line}, column ${position.column}`;
  }
  return position.offset === undefined ? "" : `byte ${position.offset} (0x${position.offset.toString(16)})`;
}

/** "src/x.c:3:1", or "offset 0x41" without debug information. */
export function frameWhere(frame: Frame): string {
  if (frame.file !== undefined) {
    return [rowName(frame.file), frame.line, frame.column].filter((part) => part !== undefined).join(":");
  }
  return frame.module_offset === undefined ? "" : `offset 0x${frame.module_offset.toString(16)}`;
}

/** Whether the frame's line is one of the text that was uploaded: module.wat, or what `sourceFile` says. */
export function isOfModuleText(frame: Frame, sourceFile?: string): boolean {
  const { file } = frame;
  return file !== undefined && (file === "module.wat" || file === "./module.wat" || file === sourceFile);
}

export interface MissingImport {
  name: string;
  type: string;
  problem: string;
}

/** The imports that this server does not provide, in its own words. */
export function missingImports(imports: ImportedItem[]): MissingImport[] {
  return imports.flatMap(({ module, name, kind, type, problem }) =>
    problem
      ? [{ name: `${rowName(module)}.${rowName(name)}`, type: `${kind} ${rowName(type)}`, problem }]
      : [],
  );
}
