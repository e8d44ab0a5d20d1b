import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  curlDeploy,
  curlOfKind,
  curlPayload,
  curlTyped,
  shellQuote,
  weftPayload,
  weftTyped,
} from "./commands";

const here = "http://127.0.0.1:8080";
const open = { origin: here, wantsToken: false };
const guarded = { origin: here, wantsToken: true };

test.each([
  ["add", "add"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["$HOME", "'$HOME'"],
  ["`id`", "'`id`'"],
  ['{"a":1}', `'{"a":1}'`],
  ["a\nb", "'a\nb'"],
  ["!x", "'!x'"],
  ["it's \\ \x1b[31m\n", "$'it\\'s \\\\ \\033[31m\\012'"],
  ["0x10", "0x10"],
  ["a\u202eb", "$'a\\342\\200\\256b'"],
  ["a\n\u2066", "$'a\\012\\342\\201\\246'"],
  ["grüße", "'grüße'"],
])("%j is quoted as %s", (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

test("bash reads a word with controls as it was, and none of them is in the command", () => {
  const words = ["\x1b]0;title\x07", "a\x01b'c\\d\n\t\u009b", "\x7f", "\u202egpj", "\ufeff\u{e0041}"];
  const quoted = words.map(shellQuote).join(" ");
  expect(quoted).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e\ufeff]/);
  const env = { ...process.env, LC_ALL: "C" };
  const read = execFileSync("bash", ["-c", `printf '%s\\0' ${quoted}`], { encoding: "utf8", env });
  expect(read.split("\0").slice(0, -1)).toEqual(words);
});

test("a shell reads every quoted word as it was", () => {
  const words = ["", "it's", '$HOME `id` \\ " !', "a\nb", "-n", "ünï", "*?[]{}~", "'''"];
  const script = `for w in ${words.map(shellQuote).join(" ")}; do printf '%s\\0' "$w"; done`;
  const read = execFileSync("sh", ["-c", script]).toString().split("\0").slice(0, -1);
  expect(read).toEqual(words);
});

test("a typed call as curl and as weft", () => {
  expect(curlTyped(open, "add", '{"export":"add","args":[2,3]}')).toBe(
    `curl --json '{"export":"add","args":[2,3]}' http://127.0.0.1:8080/v1/functions/add/invoke`,
  );
  expect(weftTyped(here, "add", "add", ["2", "3"])).toBe("weft invoke add --export add 2 3");
  expect(weftTyped(here, "add", "add", ["-2", "3"])).toBe("weft invoke add --export add -2 3");
  expect(weftTyped(here, "f", "f", ["-Infinity"])).toBe("weft invoke f --export f -- -Infinity");
  expect(weftTyped("http://10.0.0.1", "add", "it's", [])).toBe(
    `weft invoke --server http://10.0.0.1 add --export 'it'\\''s'`,
  );
});

test("a payload as curl and as weft", () => {
  expect(curlPayload(open, "greet", "hello world")).toBe(
    "curl --data-binary 'hello world' http://127.0.0.1:8080/v1/functions/greet/invoke",
  );
  expect(curlPayload(open, "greet", "@secret")).toMatch(/^printf %s @secret \| curl --data-binary @- /);
  expect(weftPayload(here, "greet", "hi")).toBe("weft invoke greet --data hi");
  expect(weftPayload(here, "greet", "")).toBe("weft invoke greet");
  expect(weftPayload(here, "greet", "@x")).toBe("printf %s @x | weft invoke greet --data -");
});

test("a deploy is two lines", () => {
  expect(curlDeploy(open, "add", "add.wat").split("\n")).toHaveLength(2);
});

test("a server with a token gets it from the environment", () => {
  const curl = 'curl -H "Authorization: Bearer $WEFT_TOKEN"';
  expect(curlTyped(guarded, "add", "{}").startsWith(`${curl} --json '{}' `)).toBe(true);
  expect(curlPayload(guarded, "greet", "@x")).toContain(`| ${curl} --data-binary @- `);
  for (const line of curlDeploy(guarded, "add", "add.wat").split("\n")) expect(line).toContain(curl);
});

test("a payload of a kind says which it is", () => {
  const url = `${here}/v1/functions/greet/invoke`;
  expect(curlOfKind(open, "greet", { kind: "json", text: '{"name":"Ada"}' })).toBe(
    `curl -H 'Content-Type: application/json' --data-binary '{"name":"Ada"}' ${url}`,
  );
  expect(curlOfKind(guarded, "greet", { kind: "text", text: "@home" })).toBe(
    `printf %s @home | curl -H "Authorization: Bearer $WEFT_TOKEN" -H 'Content-Type: text/plain; charset=utf-8' --data-binary @- ${url}`,
  );
  expect(curlOfKind(open, "greet", { file: "my photo.jpg" })).toBe(
    `curl -H 'Content-Type: application/octet-stream' --data-binary @'my photo.jpg' ${url}`,
  );
});

test("a shell makes the bytes that were typed", () => {
  const command = curlOfKind(open, "greet", { kind: "bytes", text: "00 25 5c ff 0a" });
  const [printing] = command.split(" | ");
  expect([...execFileSync("sh", ["-c", printing ?? ""])]).toEqual([0, 0x25, 0x5c, 0xff, 0x0a]);
});
