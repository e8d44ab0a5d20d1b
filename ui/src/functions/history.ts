// The calls made from this browser, kept per function so that a reload loses nothing.
import { useCallback } from "react";
import type { Problem } from "../api/types";
import { useStored } from "../stored";
import type { JsonValue } from "../values/format";
import type { PayloadKind } from "./payload";

export interface CallRecord {
  key: string;
  /** Milliseconds since 1970. */
  at: number;
  /** The export of a typed call; null for a payload. */
  exported: string | null;
  /** As typed. A payload call has one. */
  inputs: string[];
  /** Of a payload whose function takes several; of a file, only the name is kept. */
  kind?: PayloadKind | "file";
  durationUs: number | null;
  invocation: string | null;
  /** The version that was current when the call was made. */
  version?: number;
  outcome:
    | { kind: "results"; types: string[]; results: JsonValue[] }
    | { kind: "output"; text: string | null; head?: string; contentType: string; sizeBytes: number }
    | { kind: "problem"; problem: Problem };
}

const keptMax = 50;
const olderOutputMax = 2048;

export function useHistory(name: string) {
  const [calls, change] = useStored<CallRecord[]>("local", `history:${name}`, []);
  const add = useCallback(
    (call: CallRecord) => change((old) => [call, ...old.slice(0, keptMax - 1).map(shortened)]),
    [change],
  );
  const clear = useCallback(() => change(() => []), [change]);
  return { calls, add, clear };
}

// The browser's storage holds about 5 MB for all functions, so only the newest call keeps a long output.
function shortened(call: CallRecord): CallRecord {
  const { outcome } = call;
  if (outcome.kind !== "output" || outcome.text === null || outcome.text.length <= olderOutputMax)
    return call;
  return { ...call, outcome: { ...outcome, text: outcome.text.slice(0, olderOutputMax) } };
}

export function newKey(): string {
  return `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}
