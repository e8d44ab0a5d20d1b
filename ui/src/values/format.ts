// How results and measurements are written on the page.
import { printF32, printFloat, type ValueType } from "./parse";

export type JsonValue = number | string | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A result in its plainest exact form. */
export function formatValue(type: ValueType, value: JsonValue): string {
  if (typeof value === "number") {
    return type === "f32" ? printF32(Math.fround(value)) : printFloat(value);
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The bits of a number as hex digits, most significant first; null for v128, which is hex already. */
export function hexOfValue(type: ValueType, value: JsonValue): string | null {
  const view = new DataView(new ArrayBuffer(8));
  switch (type) {
    case "i32":
      return typeof value === "number" ? hex(BigInt(value), 32) : null;
    case "i64":
      return typeof value === "string" && /^-?\d+$/.test(value) ? hex(BigInt(value), 64) : null;
    case "f32":
      view.setFloat32(0, floatOf(value));
      return hex(BigInt(view.getUint32(0)), 32);
    case "f64":
      view.setFloat64(0, floatOf(value));
      return hex(view.getBigUint64(0), 64);
    case "v128":
      return null;
  }
}

/** The same bits read as an unsigned number, where that differs. */
export function unsignedOfValue(type: ValueType, value: JsonValue): string | null {
  if (type === "i32" && typeof value === "number" && value < 0) return String(value >>> 0);
  if (type === "i64" && typeof value === "string" && value.startsWith("-")) {
    return BigInt.asUintN(64, BigInt(value)).toString();
  }
  return null;
}

function floatOf(value: JsonValue): number {
  return Number(value);
}

function hex(value: bigint, bits: number): string {
  return `0x${BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, "0")}`;
}

/** 11 µs, 1.24 ms, 3.1 s: three significant digits at most. */
export function formatDuration(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${threeDigits(us / 1000)} ms`;
  if (us < 120_000_000) return `${threeDigits(us / 1_000_000)} s`;
  return `${Math.round(us / 60_000_000)} min`;
}

/** 12 B, 3.5 KiB, 256 MiB. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]}`;
}

/** 3,000: every digit, in groups. */
export function formatWhole(count: number): string {
  return count.toLocaleString("en");
}

/** 310, 1.2k, 12k, 3.4M. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 1_000_000) return `${twoDigits(count / 1000)}k`;
  return `${twoDigits(count / 1_000_000)}M`;
}

function threeDigits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function twoDigits(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

/** now, 42 s, 4 min, 3 h, 5 d; the exact time belongs beside it on hover. */
export function formatAgo(time: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** The exact local time with its zone, for hover texts. */
export function formatExact(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}

/** 10:42:07, in the reader's zone. */
export function formatClock(time: string | number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join(":");
}
