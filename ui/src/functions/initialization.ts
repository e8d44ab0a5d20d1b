// What prepares a function before its calls, in words.
import type { FunctionRecord } from "../api/types";

export interface Preparation {
  /** "the start function, _initialize" */
  steps: string;
  /** When, and why then; null when `steps` says it. */
  reason: string | null;
}

/** Null for a module that needs none. */
export function preparationOf({
  dialect,
  initialization,
}: Pick<FunctionRecord, "dialect" | "initialization">): Preparation | null {
  if (initialization === null) {
    if (dialect !== "python") return null;
    return { steps: "the file, once, when it was deployed", reason: null };
  }
  const { start, exports, reason } = initialization;
  const steps = [...(start ? ["the start function"] : []), ...exports];
  // A file of Python that each call loads has neither.
  return { steps: steps.join(", ") || "the file", reason };
}
