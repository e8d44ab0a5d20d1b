// The views of a v128: six ways to read the same 16 bytes.
import { printF32, printFloat } from "./parse";

export const laneShapes = ["i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"] as const;
export type LaneShape = (typeof laneShapes)[number];

const zero = `0x${"0".repeat(32)}`;

export function laneCount(shape: LaneShape): number {
  return Number(shape.slice(shape.indexOf("x") + 1));
}

function laneBits(shape: LaneShape): number {
  return 128 / laneCount(shape);
}

function viewOf(hex: string): DataView {
  const view = new DataView(new ArrayBuffer(16));
  for (let i = 0; i < 16; i++) view.setUint8(i, parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16));
  return view;
}

function hexOf(view: DataView): string {
  let hex = "0x";
  for (let i = 0; i < 16; i++) hex += view.getUint8(i).toString(16).padStart(2, "0");
  return hex;
}

/** Reads the lanes of a complete v128 ("0x" and 32 hex digits) as text, lane 0 first. */
export function lanesOf(hex: string, shape: LaneShape): string[] {
  const view = viewOf(hex);
  return Array.from({ length: laneCount(shape) }, (_, lane) => readLane(view, shape, lane));
}

function readLane(view: DataView, shape: LaneShape, lane: number): string {
  switch (shape) {
    case "i8x16":
      return String(view.getInt8(lane));
    case "i16x8":
      return String(view.getInt16(lane * 2, true));
    case "i32x4":
      return String(view.getInt32(lane * 4, true));
    case "i64x2":
      return view.getBigInt64(lane * 8, true).toString();
    case "f32x4":
      return printF32(view.getFloat32(lane * 4, true));
    case "f64x2":
      return printFloat(view.getFloat64(lane * 8, true));
  }
}

export type LaneChange = { ok: true; hex: string } | { ok: false; error: string };

/** Replaces one lane. Integer lanes take the signed and the unsigned range: both mean the same bits. */
export function setLane(hex: string, shape: LaneShape, lane: number, typed: string): LaneChange {
  const view = viewOf(/^0x[0-9a-fA-F]{32}$/.test(hex) ? hex : zero);
  const text = typed.trim().replace(/^\u2212/, "-");
  const bits = laneBits(shape);
  if (shape.startsWith("f")) {
    const value = floatOf(text);
    if (value === null) return { ok: false, error: "not a number" };
    if (Number.isFinite(value) && bits === 32 && !Number.isFinite(Math.fround(value))) {
      return { ok: false, error: "too large for f32" };
    }
    if (bits === 32) view.setFloat32(lane * 4, value, true);
    else view.setFloat64(lane * 8, value, true);
    return { ok: true, hex: hexOf(view) };
  }
  if (!/^([+-]?\d+|0[xX][0-9a-fA-F]+)$/.test(text)) return { ok: false, error: "not a whole number" };
  const value = BigInt(text.replace(/^\+/, ""));
  const half = 1n << BigInt(bits - 1);
  if (value < -half || value >= 2n * half) {
    return { ok: false, error: `outside ${-half} to ${2n * half - 1n}` };
  }
  writeInteger(view, bits, lane, value);
  return { ok: true, hex: hexOf(view) };
}

function floatOf(text: string): number | null {
  if (/^[+-]?nan$/i.test(text)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function writeInteger(view: DataView, bits: number, lane: number, value: bigint): void {
  if (bits === 64) view.setBigInt64(lane * 8, BigInt.asIntN(64, value), true);
  else if (bits === 32) view.setInt32(lane * 4, Number(BigInt.asIntN(32, value)), true);
  else if (bits === 16) view.setInt16(lane * 2, Number(BigInt.asIntN(16, value)), true);
  else view.setInt8(lane, Number(BigInt.asIntN(8, value)));
}
