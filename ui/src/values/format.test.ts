import { expect, test } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatValue,
  hexOfValue,
  unsignedOfValue,
  type JsonValue,
} from "./format";
import type { ValueType } from "./parse";

test.each([
  ["i32", 5, "5", "0x00000005", null],
  ["i32", -1, "-1", "0xffffffff", "4294967295"],
  ["i32", -2147483648, "-2147483648", "0x80000000", "2147483648"],
  ["i64", "9007199254740993", "9007199254740993", "0x0020000000000001", null],
  ["i64", "-1", "-1", "0xffffffffffffffff", "18446744073709551615"],
  ["i64", "-9223372036854775808", "-9223372036854775808", "0x8000000000000000", "9223372036854775808"],
  ["f32", 0.10000000149011612, "0.1", "0x3dcccccd", null],
  ["f32", "NaN", "NaN", "0x7fc00000", null],
  ["f64", 0.1, "0.1", "0x3fb999999999999a", null],
  ["f64", -0, "-0", "0x8000000000000000", null],
  ["f64", "-Infinity", "-Infinity", "0xfff0000000000000", null],
  ["v128", `0x${"0".repeat(32)}`, `0x${"0".repeat(32)}`, null, null],
] as [ValueType, JsonValue, string, string | null, string | null][])(
  "%s %s is written %s, %s",
  (type, value, text, hex, unsigned) => {
    expect(formatValue(type, value)).toBe(text);
    expect(hexOfValue(type, value)).toBe(hex);
    expect(unsignedOfValue(type, value)).toBe(unsigned);
  },
);

test.each([
  [0, "0 µs"],
  [11, "11 µs"],
  [999, "999 µs"],
  [1240, "1.24 ms"],
  [118_000, "118 ms"],
  [3_100_000, "3.1 s"],
  [180_000_000, "3 min"],
])("%i microseconds are %s", (us, text) => {
  expect(formatDuration(us)).toBe(text);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [268435456, "256 MiB"],
])("%i bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1234, "1.2k"],
  [12_345, "12k"],
  [3_400_000, "3.4M"],
])("%i calls are %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [-5, "now"],
  [4, "now"],
  [42, "42 s"],
  [240, "4 min"],
  [3 * 3600, "3 h"],
  [5 * 86400, "5 d"],
])("%i seconds ago is %s", (seconds, text) => {
  const now = Date.parse("2030-01-01T00:00:00Z");
  expect(formatAgo(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
});
