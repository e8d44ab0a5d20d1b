import { describe, expect, test } from "vitest";
import { parseValue, printF32, printFloat, type ValueType } from "./parse";

const accepted: [ValueType, string, string][] = [
  ["i32", "0", "0"],
  ["i32", " 42 ", "42"],
  ["i32", "+7", "7"],
  ["i32", "007", "7"],
  ["i32", "-0", "0"],
  ["i32", "\u22125", "-5"],
  ["i32", "2147483647", "2147483647"],
  ["i32", "-2147483648", "-2147483648"],
  ["i32", "0x10", "16"],
  ["i32", "0xFFFFFFFF", "-1"],
  ["i32", "0x80000000", "-2147483648"],
  ["i32", "2147483648", "-2147483648"],
  ["i32", "4294967295", "-1"],
  ["i64", "5", '"5"'],
  ["i64", "9007199254740993", '"9007199254740993"'],
  ["i64", "9223372036854775807", '"9223372036854775807"'],
  ["i64", "-9223372036854775808", '"-9223372036854775808"'],
  ["i64", "0xffffffffffffffff", '"-1"'],
  ["i64", "0x7fffffffffffffff", '"9223372036854775807"'],
  ["i64", "9223372036854775808", '"-9223372036854775808"'],
  ["i64", "18446744073709551615", '"-1"'],
  ["f64", "1.5", "1.5"],
  ["f64", "-0", "-0"],
  ["f64", "+2", "2"],
  ["f64", ".5", "0.5"],
  ["f64", "5.", "5"],
  ["f64", "-.25", "-0.25"],
  ["f64", "007.5", "7.5"],
  ["f64", "1e308", "1e308"],
  ["f64", "0.1", "0.1"],
  ["f64", "5e-324", "5e-324"],
  ["f64", "nan", '"NaN"'],
  ["f64", "NaN", '"NaN"'],
  ["f64", "Infinity", '"Infinity"'],
  ["f64", "inf", '"Infinity"'],
  ["f64", "-inf", '"-Infinity"'],
  ["f32", "0.1", "0.1"],
  ["f32", "3.4028235e38", "3.4028235e38"],
  ["f32", "3.4028235677973362e38", "3.4028235677973362e38"],
  ["f32", "16777217", "16777217"],
  ["f32", "-Infinity", '"-Infinity"'],
  ["v128", "0x000102030405060708090A0B0C0D0E0F", '"0x000102030405060708090a0b0c0d0e0f"'],
  ["v128", "0x00010203_04050607_08090a0b_0c0d0e0f", '"0x000102030405060708090a0b0c0d0e0f"'],
];

const refused: [ValueType, string, RegExp][] = [
  ["i32", "", /needs a value/],
  ["i32", "  ", /needs a value/],
  ["i32", "4294967296", /outside i32: .*2147483648.*4294967295/],
  ["i32", "-2147483649", /outside i32/],
  ["i32", "0x100000000", /outside i32/],
  ["i32", "0x", /not hexadecimal/],
  ["i32", "0xzz", /not hexadecimal/],
  ["i32", "1.5", /not a whole number/],
  ["i32", "1e3", /not a whole number/],
  ["i32", "two", /not a number/],
  ["i32", "1 2", /not a number/],
  ["i32", "NaN", /not a number/],
  ["i64", "18446744073709551616", /outside i64: .*18446744073709551615/],
  ["i64", "-9223372036854775809", /outside i64/],
  ["i64", "0x10000000000000000", /outside i64/],
  ["f32", "3.5e38", /outside f32/],
  ["f32", "3.4028235677973366e38", /outside f32/],
  ["f64", "1e309", /outside f64/],
  ["f64", "0x10", /not a number/],
  ["f64", "1,5", /not a number/],
  ["f64", "e5", /not a number/],
  ["f64", ".", /not a number/],
  ["f64", "infinite", /not a number/],
  ["v128", "0001", /starts with 0x/],
  ["v128", "0x00", /30 hex digits missing/],
  ["v128", `0x${"0".repeat(33)}`, /1 hex digits too many/],
  ["v128", `0x${"0".repeat(31)}g`, /“g” is not a hex digit/],
];

describe("parseValue", () => {
  test.each(accepted)("%s takes %j as %s", (type, typed, json) => {
    expect(parseValue(type, typed)).toMatchObject({ ok: true, json });
  });

  test.each(refused)("%s refuses %j", (type, typed, error) => {
    const parsed = parseValue(type, typed);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.error).toMatch(error);
  });

  test("what it sends is JSON", () => {
    for (const [type, typed] of accepted) {
      const parsed = parseValue(type, typed);
      expect(() => JSON.parse(parsed.ok ? parsed.json : "")).not.toThrow();
    }
  });

  test.each([
    ["i32", "0xFFFFFFFF", "-1 in decimal"],
    ["i32", "4294967295", "the same bits as -1"],
    ["i64", "9223372036854775808", "the same bits as -9223372036854775808"],
    ["f32", "16777217", "16777216 is the nearest f32"],
    ["f32", "1e-50", "too small for f32: becomes 0"],
    ["f64", "1e-400", "too small for f64: becomes 0"],
  ] as [ValueType, string, string][])("%s notes what becomes of %s", (type, typed, note) => {
    expect(parseValue(type, typed)).toMatchObject({ ok: true, note });
  });

  test.each([
    ["f32", "0.1"],
    ["f32", "0"],
    ["f64", "0.1"],
    ["f64", "0e5"],
    ["i32", "5"],
  ] as [ValueType, string][])("%s has nothing to note about %s", (type, typed) => {
    expect(parseValue(type, typed)).not.toHaveProperty("note");
  });
});

test.each([
  [0.1, "0.1"],
  [16777216, "16777216"],
  [3.4028234663852886e38, "3.4028235e+38"],
  [1e-45, "1e-45"],
  [-0, "-0"],
  [NaN, "NaN"],
  [-Infinity, "-Infinity"],
])("f32 %s prints as %s", (value, text) => {
  expect(printF32(Math.fround(value))).toBe(text);
});

test("zero keeps its sign", () => {
  expect(printFloat(-0)).toBe("-0");
  expect(printFloat(0)).toBe("0");
});
