// What a function is called with that takes a payload of a kind: its text as typed, and the bytes that go out.
import { cut, visible } from "../values/visible";
import type { CallRequest } from "./call";

export type PayloadKind = "json" | "text" | "bytes";

export interface Payload {
  kind: PayloadKind;
  /** Bytes are two hex digits each. */
  text: string;
}

export const contentTypes: Record<PayloadKind, string> = {
  json: "application/json",
  text: "text/plain; charset=utf-8",
  bytes: "application/octet-stream",
};

const messageMax = 160;

/** Why it cannot be sent, in words for the place below the field; null when it can. */
export function payloadError({ kind, text }: Payload): string | null {
  if (kind === "json" && text.trim() !== "") {
    try {
      JSON.parse(text);
    } catch (error) {
      return `not JSON: ${cut(visible(error instanceof Error ? error.message : ""), messageMax)}`;
    }
  }
  if (kind !== "bytes") return null;
  const digits = hexDigits(text);
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad) return `“${visible(bad[0])}” is no hex digit`;
  return digits.length % 2 === 0 ? null : "an odd number of hex digits; each byte has two";
}

// "0x00 ff:7F" as hex dumps have it.
function hexDigits(text: string): string {
  return text.replace(/0x/gi, "").replace(/[\s,:_-]/g, "");
}

/** The bytes of a payload without an error. */
export function payloadBytes({ kind, text }: Payload): Uint8Array<ArrayBuffer> {
  if (kind === "json" && text.trim() === "") return new Uint8Array();
  if (kind !== "bytes") return new TextEncoder().encode(text);
  const digits = hexDigits(text);
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

/** The request, or null while there is an error. */
export function payloadRequest(payload: Payload): CallRequest | null {
  if (payloadError(payload) !== null) return null;
  const { kind, text } = payload;
  const body = payloadBytes(payload).buffer;
  return { exported: null, inputs: [text], kind, body, contentType: contentTypes[kind], results: null };
}

/** A file's bytes as they are. */
export function fileRequest(file: File): CallRequest {
  return {
    exported: null,
    inputs: [file.name],
    kind: "file",
    body: file,
    contentType: contentTypes.bytes,
    results: null,
  };
}
