// What a person types for a WebAssembly value, and what goes into the JSON payload for it.
// The number forms are the server's contract: i64 as decimal text, the unsigned number of the same
// bits for a negative integer, NaN and infinities as strings, v128 as "0x" and 32 hex digits in memory order (lane 0 first, little-endian).

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export type Parsed = { ok: true; json: string; text: string; note?: string } | { ok: false; error: string };

const intRanges = {
  i32: { min: -(2n ** 31n), max: 2n ** 32n - 1n, bits: 32 },
  i64: { min: -(2n ** 63n), max: 2n ** 64n - 1n, bits: 64 },
} as const;

const decimalFloat = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export function isValueType(type: string): type is ValueType {
  return type === "i32" || type === "i64" || type === "f32" || type === "f64" || type === "v128";
}

/** Says in a few words what a field of this type takes; shown below the field. */
export function describeType(type: ValueType): string {
  switch (type) {
    case "i32":
      return "−2147483648 to 4294967295, or 0x and up to 8 hex digits";
    case "i64":
      return "−9223372036854775808 to 18446744073709551615, or 0x and up to 16 hex digits";
    case "f32":
      return "a number up to ±3.4028235e38, NaN, Infinity or −Infinity";
    case "f64":
      return "a number up to ±1.7976931348623157e308, NaN, Infinity or −Infinity";
    case "v128":
      return "0x and 32 hex digits, lane 0 first";
  }
}

export function parseValue(type: ValueType, typed: string): Parsed {
  // People paste the typographic minus from documents.
  const text = typed.trim().replace(/^\u2212/, "-");
  if (text === "") return { ok: false, error: "needs a value" };
  if (type === "i32" || type === "i64") return parseInteger(type, text);
  if (type === "v128") return parseVector(text);
  return parseFloatValue(type, text);
}

function parseInteger(type: "i32" | "i64", text: string): Parsed {
  const { min, max, bits } = intRanges[type];
  const outside = `outside ${type}: ${describeType(type)}`;
  if (/^0[xX]/.test(text)) {
    const digits = text.slice(2);
    if (!/^[0-9a-fA-F]+$/.test(digits)) return { ok: false, error: `not hexadecimal after 0x` };
    const raw = BigInt(`0x${digits}`);
    if (raw >= 1n << BigInt(bits)) return { ok: false, error: outside };
    return integer(type, BigInt.asIntN(bits, raw), `${BigInt.asIntN(bits, raw)} in decimal`);
  }
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text.replace(/^\+/, ""));
    if (value < min || value > max) return { ok: false, error: outside };
    const signed = BigInt.asIntN(bits, value);
    return signed === value ? integer(type, value) : integer(type, signed, `the same bits as ${signed}`);
  }
  const why = decimalFloat.test(text) ? "not a whole number" : "not a number";
  return { ok: false, error: `${why}; ${type} takes ${describeType(type)}` };
}

function integer(type: "i32" | "i64", value: bigint, note?: string): Parsed {
  const text = value.toString();
  const json = type === "i64" ? `"${text}"` : text;
  return note === undefined ? { ok: true, json, text } : { ok: true, json, text, note };
}

function parseFloatValue(type: "f32" | "f64", text: string): Parsed {
  const special = specialFloat(text);
  if (special !== null) return { ok: true, json: `"${special}"`, text: special };
  if (!decimalFloat.test(text))
    return { ok: false, error: `not a number; ${type} takes ${describeType(type)}` };
  const value = Number(text);
  const tooLarge = type === "f32" ? !Number.isFinite(Math.fround(value)) : !Number.isFinite(value);
  if (tooLarge) return { ok: false, error: `outside ${type}: ${describeType(type)}` };
  // The typed digits go out as they are where JSON allows, so that the server rounds once.
  const json = jsonNumber.test(text) ? text : printFloat(value);
  const stored = type === "f32" ? Math.fround(value) : value;
  if (stored === 0 && /[1-9]/.test(text.replace(/[eE].*$/, ""))) {
    return { ok: true, json, text, note: `too small for ${type}: becomes ${printFloat(stored)}` };
  }
  if (type === "f32" && printF32(stored) !== printFloat(value)) {
    return { ok: true, json, text, note: `${printF32(stored)} is the nearest f32` };
  }
  return { ok: true, json, text };
}

function specialFloat(text: string): "NaN" | "Infinity" | "-Infinity" | null {
  if (/^[+-]?nan$/i.test(text)) return "NaN";
  if (/^\+?inf(inity)?$/i.test(text)) return "Infinity";
  return /^-inf(inity)?$/i.test(text) ? "-Infinity" : null;
}

function parseVector(text: string): Parsed {
  if (!/^0x/i.test(text)) return { ok: false, error: `starts with 0x; v128 takes ${describeType("v128")}` };
  const digits = text.slice(2).replace(/_/g, "");
  const bad = /[^0-9a-fA-F]/.exec(digits);
  if (bad) return { ok: false, error: `“${bad[0]}” is not a hex digit` };
  if (digits.length !== 32) {
    const difference = 32 - digits.length;
    return {
      ok: false,
      error: difference > 0 ? `${difference} hex digits missing` : `${-difference} hex digits too many`,
    };
  }
  const value = `0x${digits.toLowerCase()}`;
  return { ok: true, json: `"${value}"`, text: value };
}

/** The shortest decimal form of a double, with the sign of zero. */
export function printFloat(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The shortest decimal form that reads back as the same f32. */
export function printF32(value: number): string {
  if (!Number.isFinite(value) || value === 0) return printFloat(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return printFloat(short);
  }
  return printFloat(value);
}

/** The value a new field starts with, so that a first call needs no typing. */
export function startValue(type: ValueType): string {
  return type === "v128" ? `0x${"0".repeat(32)}` : "";
}
