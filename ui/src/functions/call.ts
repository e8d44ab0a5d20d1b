// One call from the page, start to end, as a state that the page draws.
import { useCallback, useEffect, useRef, useState } from "react";
import { invoke, type Answer } from "../api/client";
import { CancelledError, problemOf } from "../api/problems";
import { queryClient } from "../api/queries";
import type { Problem } from "../api/types";
import type { JsonValue } from "../values/format";
import { newKey, type CallRecord } from "./history";
import type { PayloadKind } from "./payload";

const keptOutputBytes = 64 * 1024;

export interface CallRequest {
  exported: string | null;
  inputs: string[];
  /** Of a payload whose function takes several. */
  kind?: PayloadKind | "file";
  body: string | Blob | ArrayBuffer;
  contentType: string;
  /** Result types of a typed call; null when the output is shown as it is. */
  results: string[] | null;
}

export function useCall(name: string, onDone: (call: CallRecord) => void) {
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => running.current?.abort(), []);

  const call = useCallback(
    async (request: CallRequest) => {
      if (running.current) return;
      const abort = new AbortController();
      running.current = abort;
      setBusy(true);
      const { exported, inputs, kind } = request;
      const base = { key: newKey(), at: Date.now(), exported, inputs, ...(kind ? { kind } : {}) };
      try {
        const answer = await invoke(name, request.body, request.contentType, abort.signal);
        const { durationUs, invocation } = answer;
        onDone({ ...base, durationUs, invocation, outcome: outcomeOf(answer, request.results) });
      } catch (error) {
        if (!(error instanceof CancelledError)) {
          const problem = problemOf(error);
          const invocation = problem.invocation ?? null;
          onDone({ ...base, durationUs: null, invocation, outcome: { kind: "problem", problem } });
        }
      } finally {
        running.current = null;
        setBusy(false);
        void queryClient.invalidateQueries({ queryKey: ["invocations", name] });
      }
    },
    [name, onDone],
  );
  const cancel = useCallback(() => running.current?.abort(), []);
  return { call, cancel, busy };
}

export function outcomeOf(answer: Answer, types: string[] | null): CallRecord["outcome"] {
  if (types === null) return outputOf(answer);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(answer.bytes);
    const parsed = JSON.parse(text) as { results?: JsonValue[] } | null;
    if (Array.isArray(parsed?.results) && parsed.results.length === types.length) {
      return { kind: "results", types, results: parsed.results };
    }
  } catch {
    // Shown as output below.
  }
  const problem: Problem = {
    code: "internal",
    title: "The answer does not look like results",
    status: 0,
    detail:
      "The server sent something else than the export's types promise. A new version may have been deployed.",
  };
  return { kind: "problem", problem };
}

function outputOf(answer: Answer): CallRecord["outcome"] {
  const sizeBytes = answer.bytes.byteLength;
  const contentType = answer.contentType;
  let text: string | null = null;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(answer.bytes.slice(0, keptOutputBytes), {
      stream: sizeBytes > keptOutputBytes,
    });
  } catch {
    const head = hexOf(new Uint8Array(answer.bytes.slice(0, shownBytesMax)));
    return { kind: "output", text, head, contentType, sizeBytes };
  }
  return { kind: "output", text, contentType, sizeBytes };
}

// Of what is not text, the beginning says what it is.
const shownBytesMax = 256;

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
