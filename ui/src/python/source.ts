// What the pages know about a Python file before the server has seen it.
import greet from "../../../examples/greet.py?raw";

/** What a new function begins with. */
export const exampleSource = greet;
/** A payload that the example answers. */
export const examplePayload = '{"name": "Ada"}';
export const exampleName = "greet";

export const pythonMediaType = "text/x-python";
const archiveMediaType = "application/zip";

/** What the server calls the file of a function, in its errors' frames. */
export function sourceFile(name: string): string {
  return `${name}.py`;
}

export function isPythonFile(file: string): boolean {
  return /\.py$/i.test(file);
}

/** Several files, as one zip archive. */
export function isArchiveFile(file: string): boolean {
  return /\.(zip|pyz)$/i.test(file);
}

/** What a file that is uploaded is called to the server; undefined where its bytes tell. */
export function mediaTypeOf(file: string): string | undefined {
  if (isPythonFile(file)) return pythonMediaType;
  return isArchiveFile(file) ? archiveMediaType : undefined;
}

/** Why there is no use in sending it; null when there is. */
export function sourceError(text: string): string | null {
  return text.trim() === "" ? "write or paste a handler first" : null;
}

// Modules that each file finds in memory; the server gives a file the name of its function.
const modules = new Set(
  (
    "abc asyncio base64 builtins collections dataclasses datetime decimal enum functools hashlib io itertools " +
    "json logging math os random re site string sys time types typing urllib uuid"
  ).split(" "),
);

/** What is odd about a name that is allowed; null when nothing is. */
export function nameWarning(name: string): string | null {
  if (name === "weft") return "weft is what a file imports from its server: choose another name";
  return modules.has(name) ? `a file called ${name} hides Python’s own module ${name}` : null;
}

/** The first name of its kind that no function has: greet, greet-2, … */
export function freeName(taken: Iterable<string>): string {
  const names = new Set(taken);
  let name = exampleName;
  for (let n = 2; names.has(name); n++) name = `${exampleName}-${n}`;
  return name;
}

/**
 * The line ends that the editor keeps. To Python they are all the same, also inside of texts of several
 * lines.
 */
export function withPlainLineEnds(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}
