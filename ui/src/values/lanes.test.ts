import { describe, expect, test } from "vitest";
import { laneCount, laneShapes, lanesOf, setLane, type LaneShape } from "./lanes";

const zero = `0x${"0".repeat(32)}`;
const counting = "0x000102030405060708090a0b0c0d0e0f";

describe("lanesOf", () => {
  test.each([
    ["i8x16", Array.from({ length: 16 }, (_, i) => String(i))],
    ["i16x8", ["256", "770", "1284", "1798", "2312", "2826", "3340", "3854"]],
    ["i32x4", ["50462976", "117835012", "185207048", "252579084"]],
    ["i64x2", ["506097522914230528", "1084818905618843912"]],
  ] as [LaneShape, string[]][])("reads %s with the first byte lowest", (shape, lanes) => {
    expect(lanesOf(counting, shape)).toEqual(lanes);
  });

  test("reads floats", () => {
    expect(lanesOf("0x0000803f000000c00000c07f0000807f", "f32x4")).toEqual(["1", "-2", "NaN", "Infinity"]);
    expect(lanesOf("0x000000000000f03f9a9999999999b9bf", "f64x2")).toEqual(["1", "-0.1"]);
  });

  test("reads integers as signed", () => {
    expect(lanesOf(`0x${"f".repeat(32)}`, "i64x2")).toEqual(["-1", "-1"]);
  });
});

describe("setLane", () => {
  test.each([
    ["i8x16", 0, "255", "0xff000000000000000000000000000000"],
    ["i8x16", 15, "-1", "0x000000000000000000000000000000ff"],
    ["i16x8", 1, "0x1234", "0x00003412000000000000000000000000"],
    ["i32x4", 0, "1", "0x01000000000000000000000000000000"],
    ["i32x4", 3, "4294967295", "0x000000000000000000000000ffffffff"],
    ["i64x2", 1, "-9223372036854775808", "0x00000000000000000000000000000080"],
    ["i64x2", 0, "18446744073709551615", "0xffffffffffffffff0000000000000000"],
    ["f32x4", 0, "1.5", "0x0000c03f000000000000000000000000"],
    ["f64x2", 1, "-0", "0x00000000000000000000000000000080"],
    ["f32x4", 1, "-Infinity", "0x00000000000080ff0000000000000000"],
  ] as [LaneShape, number, string, string][])("%s lane %i takes %s", (shape, lane, typed, hex) => {
    expect(setLane(zero, shape, lane, typed)).toEqual({ ok: true, hex });
  });

  test.each([
    ["i8x16", "256", /outside -128 to 255/],
    ["i8x16", "-129", /outside/],
    ["i64x2", "18446744073709551616", /outside/],
    ["i32x4", "1.5", /not a whole number/],
    ["i32x4", "", /not a whole number/],
    ["f32x4", "1e39", /too large for f32/],
    ["f32x4", "x", /not a number/],
    ["f64x2", "", /not a number/],
  ] as [LaneShape, string, RegExp][])("%s refuses %j", (shape, typed, error) => {
    const change = setLane(zero, shape, 0, typed);
    expect(!change.ok && change.error).toMatch(error);
  });

  test("every shape gives back what was put in", () => {
    for (const shape of laneShapes) {
      const all = lanesOf(counting, shape);
      const rebuilt = all.reduce((hex, lane, i) => {
        const change = setLane(hex, shape, i, lane);
        return change.ok ? change.hex : hex;
      }, zero);
      expect(all).toHaveLength(laneCount(shape));
      // Floats made of these bytes are exact in their shortest decimal form.
      expect(rebuilt).toBe(counting);
    }
  });

  test("starts from zero when the field is not a vector yet", () => {
    expect(setLane("0x12", "i32x4", 0, "1")).toEqual({ ok: true, hex: "0x01000000000000000000000000000000" });
  });
});
