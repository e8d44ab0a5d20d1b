// The same call as text for a terminal.

/** Quotes one word for a POSIX shell; plain words stay as they are. */
export function shellQuote(word: string): string {
  if (word !== "" && /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

/** @param origin scheme, host and port, as in location.origin */
export function curlTyped(origin: string, name: string, body: string): string {
  return `curl --json ${shellQuote(body)} ${shellQuote(`${origin}/v1/functions/${name}/invoke`)}`;
}

export function curlPayload(origin: string, name: string, payload: string): string {
  const url = shellQuote(`${origin}/v1/functions/${name}/invoke`);
  // --data-binary keeps line ends, and reads a file when its value starts with @.
  if (payload.startsWith("@")) return `printf %s ${shellQuote(payload)} | curl --data-binary @- ${url}`;
  return `curl --data-binary ${shellQuote(payload)} ${url}`;
}

export function weftTyped(origin: string, name: string, exported: string, args: string[]): string {
  const words = ["weft", "invoke", ...serverFlag(origin), name, "--export", exported];
  // The command line knows negative numbers from options; -Infinity it does not.
  if (args.some((arg) => /^-\D/.test(arg))) words.push("--");
  return [...words, ...args].map(shellQuote).join(" ");
}

export function weftPayload(origin: string, name: string, payload: string): string {
  const words = ["weft", "invoke", ...serverFlag(origin), name];
  if (payload === "") return words.map(shellQuote).join(" ");
  // @ would name a file, and - standard input.
  if (!/^[@-]/.test(payload)) return [...words, "--data", payload].map(shellQuote).join(" ");
  return `printf %s ${shellQuote(payload)} | ${[...words, "--data", "-"].map(shellQuote).join(" ")}`;
}

/** Upload and deploy in two lines that work when pasted as they are. */
export function curlDeploy(origin: string, name: string, file: string): string {
  return [
    `id=$(curl -s --data-binary @${shellQuote(file)} ${origin}/v1/modules | grep -o 'sha256:[0-9a-f]*')`,
    `curl -X PUT --json "{\\"module\\":\\"$id\\"}" ${origin}/v1/functions/${name}`,
  ].join("\n");
}

function serverFlag(origin: string): string[] {
  return /^http:\/\/(127\.0\.0\.1|localhost):8080$/.test(origin) ? [] : ["--server", origin];
}
