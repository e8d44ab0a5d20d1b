import { expect, test } from "vitest";
import { payloadBytes, payloadError, payloadRequest } from "./payload";

test.each([
  ["", null],
  [" \n", null],
  ['{"a": 1}', null],
  ["12345678901234567890", null],
  ["{'a': 1}", /^not JSON: ./],
  ["\u202e", /\\u\{202e\}/],
])("JSON %j", (text, error) => {
  const found = payloadError({ kind: "json", text });
  if (error === null) expect(found).toBeNull();
  else expect(found).toMatch(error);
});

test("JSON goes out as it was typed, but for nothing at all", () => {
  const text = ' {"n": 12345678901234567890.10, "n": 2}\n';
  expect(payloadBytes({ kind: "json", text })).toEqual(new TextEncoder().encode(text));
  expect(payloadBytes({ kind: "json", text: "\n " })).toEqual(new Uint8Array());
  expect(payloadBytes({ kind: "text", text: "\n " })).toEqual(new TextEncoder().encode("\n "));
});

test.each([
  ["", []],
  ["00ff", [0, 255]],
  ["0x00 FF:7f\n80", [0, 255, 127, 128]],
])("bytes %j", (text, bytes) => {
  expect(payloadError({ kind: "bytes", text })).toBeNull();
  expect([...payloadBytes({ kind: "bytes", text })]).toEqual(bytes);
});

test("bytes that are none", () => {
  expect(payloadError({ kind: "bytes", text: "0g" })).toMatch(/“g”/);
  expect(payloadError({ kind: "bytes", text: "fff" })).toMatch(/odd/);
});

test("each kind has its content type, and an error makes no request", () => {
  expect(payloadRequest({ kind: "json", text: "1" })?.contentType).toBe("application/json");
  expect(payloadRequest({ kind: "text", text: "1" })?.contentType).toBe("text/plain; charset=utf-8");
  expect(payloadRequest({ kind: "bytes", text: "01" })?.contentType).toBe("application/octet-stream");
  expect(payloadRequest({ kind: "json", text: "{" })).toBeNull();
});
