import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { limitError, limitFields, limitsOf, limitTexts } from "./limits";

interface Range {
  minimum: number;
  maximum: number;
}

test("the ranges are those of the API", () => {
  const path = new URL("../../../src/server/openapi.json", import.meta.url);
  const api = JSON.parse(readFileSync(path, "utf8")) as {
    components: { schemas: { Limits: { properties: Record<string, Range> } } };
  };
  const ranges = Object.entries(api.components.schemas.Limits.properties);
  expect(limitFields.map(({ key, least, most }) => [key, least, most])).toEqual(
    ranges.map(([key, { minimum, maximum }]) => [key, minimum, maximum]),
  );
});

describe("limitError", () => {
  const [deadline, memory, output, inFlight] = limitFields;
  test.each([
    [deadline, "900000", null],
    [deadline, "99999999", "at most 900,000 ms (15 min)"],
    [deadline, "0", "at least 1 ms"],
    [deadline, "1.5", "a whole number"],
    [deadline, "1e3", "a number"],
    [deadline, "", "a number"],
    [memory, "0.5", null],
    [memory, "4096.001", "at most 4,096 MiB (4 GiB)"],
    [memory, "-1", "at least 0 MiB"],
    [output, "65537", "at most 65,536 KiB (64 MiB)"],
    [inFlight, "100001", "at most 100,000 calls"],
  ] as const)("of %o for %j is %j", (field, text, error) => {
    expect(field && limitError(field, text)).toBe(error);
  });
});

test("what was not changed keeps every byte", () => {
  const saved = { deadline_ms: 1000, memory_bytes: 1_000_001, output_bytes: 777, in_flight: 5 };
  const texts = limitTexts(saved);
  expect(texts.memory_bytes).toBe("0.954");
  expect(limitsOf({ ...texts, output_bytes: "2" }, saved)).toEqual({ ...saved, output_bytes: 2048 });
});
