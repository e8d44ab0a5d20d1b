// The same call as text for a terminal.

import { hidden } from "../values/visible";
import { contentTypes, payloadBytes, type Payload, type PayloadKind } from "./payload";

const lineEndsAndTabs = /[\t\n]/g;

function asOctal(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}

/** Quotes one word for a shell; plain words stay as they are. */
export function shellQuote(word: string): string {
  // A terminal acts on a control character that is pasted, whatever quotes stand around it, and what
  // changes the direction of text makes the command look like another.
  // Line ends and tabs are what people write; bash, zsh and POSIX of 2024 know the rest as $'\033'.
  if (word.replace(lineEndsAndTabs, "").search(hidden) !== -1)
    return `$'${word.replace(/[\\']/g, "\\$&").replace(hidden, asOctal)}'`;
  if (word !== "" && /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replace(/'/g, `'\\''`)}'`;
}

/** The server as commands have to name it. */
export interface Target {
  /** Scheme, host and port, as in location.origin. */
  origin: string;
  /** Whether it wants a token. Commands take it from WEFT_TOKEN, so that it stands in no history. */
  wantsToken: boolean;
}

export function curlTyped(target: Target, name: string, body: string): string {
  return `${curl(target)} --json ${shellQuote(body)} ${invokeUrl(target, name)}`;
}

export function curlPayload(target: Target, name: string, payload: string): string {
  const url = invokeUrl(target, name);
  // --data-binary keeps line ends, and reads a file when its value starts with @.
  if (payload.startsWith("@"))
    return `printf %s ${shellQuote(payload)} | ${curl(target)} --data-binary @- ${url}`;
  return `${curl(target)} --data-binary ${shellQuote(payload)} ${url}`;
}

/** The same for a function that is told what kind its payload is, or with a file's bytes. */
export function curlOfKind(target: Target, name: string, payload: Payload | { file: string }): string {
  const url = invokeUrl(target, name);
  if ("file" in payload)
    return `${withType(target, "bytes")} --data-binary @${shellQuote(payload.file)} ${url}`;
  if (payload.kind === "bytes") {
    const escapes = Array.from(payloadBytes(payload), (byte) => `\\${byte.toString(8).padStart(3, "0")}`);
    return `printf ${shellQuote(escapes.join(""))} | ${withType(target, "bytes")} --data-binary @- ${url}`;
  }
  if (payload.text.startsWith("@")) {
    const text = `printf %s ${shellQuote(payload.text)}`;
    return `${text} | ${withType(target, payload.kind)} --data-binary @- ${url}`;
  }
  return `${withType(target, payload.kind)} --data-binary ${shellQuote(payload.text)} ${url}`;
}

function withType(target: Target, kind: PayloadKind): string {
  return `${curl(target)} -H ${shellQuote(`Content-Type: ${contentTypes[kind]}`)}`;
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
export function curlDeploy(target: Target, name: string, file: string): string {
  const { origin } = target;
  return [
    `id=$(${curl(target)} -s --data-binary @${shellQuote(file)} ${origin}/v1/modules | grep -o 'sha256:[0-9a-f]*')`,
    `${curl(target)} -X PUT --json "{\\"module\\":\\"$id\\"}" ${origin}/v1/functions/${name}`,
  ].join("\n");
}

function curl({ wantsToken }: Target): string {
  return wantsToken ? 'curl -H "Authorization: Bearer $WEFT_TOKEN"' : "curl";
}

function invokeUrl({ origin }: Target, name: string): string {
  return shellQuote(`${origin}/v1/functions/${name}/invoke`);
}

function serverFlag(origin: string): string[] {
  return /^http:\/\/(127\.0\.0\.1|localhost):8080$/.test(origin) ? [] : ["--server", origin];
}
