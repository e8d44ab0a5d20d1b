// The limits of a function as a person reads and types them.
import type { Limits } from "../api/types";
import { formatBytes, formatDuration, formatWhole } from "../values/format";

export interface LimitField {
  key: keyof Limits;
  label: string;
  unit: string;
  /** How many of the limit's own units are one of the shown ones. */
  factor: number;
  /** What the server takes, in the limit's own units. */
  least: number;
  most: number;
  says: string;
}

export const limitFields: LimitField[] = [
  {
    key: "deadline_ms",
    label: "Deadline",
    unit: "ms",
    factor: 1,
    least: 1,
    most: 900_000,
    says: "A call that takes longer is stopped.",
  },
  {
    key: "memory_bytes",
    label: "Memory",
    unit: "MiB",
    factor: 1 << 20,
    least: 0,
    most: 2 ** 32,
    says: "The most that one call’s memory grows to.",
  },
  {
    key: "output_bytes",
    label: "Output",
    unit: "KiB",
    factor: 1024,
    least: 0,
    most: 64 << 20,
    says: "The most that one call may return.",
  },
  {
    key: "in_flight",
    label: "Calls in flight",
    unit: "calls",
    factor: 1,
    least: 1,
    most: 100_000,
    says: "More at once are refused with 429.",
  },
];

export type LimitTexts = Record<keyof Limits, string>;

export function limitTexts(limits: Limits): LimitTexts {
  const text = (field: LimitField) => String(Number((limits[field.key] / field.factor).toFixed(3)));
  return Object.fromEntries(limitFields.map((field) => [field.key, text(field)])) as LimitTexts;
}

/** The limits that these texts mean. A text that was not changed stands for exactly what was saved. */
export function limitsOf(texts: LimitTexts, saved: Limits): Limits {
  const before = limitTexts(saved);
  const value = ({ key, factor }: LimitField) =>
    texts[key] === before[key] ? saved[key] : Math.round(Number(texts[key]) * factor);
  return Object.fromEntries(limitFields.map((field) => [field.key, value(field)])) as unknown as Limits;
}

/** Why the server would refuse this text, in words for the place beside the field; null when it would not. */
export function limitError(field: LimitField, text: string): string | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim())) return "a number";
  const value = Number(text) * field.factor;
  if (value < field.least) return `at least ${field.least / field.factor} ${field.unit}`;
  if (value > field.most) {
    return `at most ${formatWhole(field.most / field.factor)} ${field.unit}${inLargerUnit(field)}`;
  }
  return field.factor === 1 && !Number.isInteger(value) ? "a whole number" : null;
}

function inLargerUnit({ key, most }: LimitField): string {
  if (key === "deadline_ms") return ` (${formatDuration(most * 1000)})`;
  return key === "in_flight" ? "" : ` (${formatBytes(most)})`;
}
