import { describe, expect, test } from "vitest";
import { cut, visible, visibleLines } from "./visible";

describe("visible", () => {
  test.each([
    ["add", "add"],
    ["grüße 日本 👍", "grüße 日本 👍"],
    ["a\nb\x1b[31m", "a\\x0ab\\x1b[31m"],
    ["a\x00b\x7f", "a\\x00b\\x7f"],
    ["\u0085\u009b", "\\u{85}\\u{9b}"],
    ["a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"],
    ["\u200b\u200e\u061c\u180e\ufeff\ufff9", "\\u{200b}\\u{200e}\\u{61c}\\u{180e}\\u{feff}\\u{fff9}"],
    ["\u2028\u2060\u{e0041}", "\\u{2028}\\u{2060}\\u{e0041}"],
    ["\ud800", "\\u{d800}"],
  ])("writes %j as %s", (text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(visible(shown)).toBe(shown);
  });

  test("leaves the joiners, with which words and emoji are spelled", () => {
    expect(visible("a\u200cb\u200dc")).toBe("a\u200cb\u200dc");
  });
});

test("visibleLines keeps line ends and tabs", () => {
  expect(visibleLines("a\tb\r\nc\x1b\u202e\rd\n")).toBe("a\tb\nc\\x1b\\u{202e}\\x0dd\n");
});

describe("cut", () => {
  test("keeps what is short enough", () => expect(cut("abc", 3)).toBe("abc"));
  test("says that there is more", () => expect(cut("abcd", 3)).toBe("abc…"));
  test("does not halve a character", () => expect(cut("👍👍", 1)).toBe("👍…"));
});
