import { problemLine } from "../api/problems";
import type { CallRecord } from "../functions/history";
import { formatClock, formatDuration, formatExact, formatValue } from "../values/format";
import { isValueType } from "../values/parse";
import { nameMax, rowName } from "../values/visible";

interface HistoryProps {
  calls: CallRecord[];
  shown: string | undefined;
  onShow: (call: CallRecord) => void;
  onAgain: (call: CallRecord) => void;
  onClear: () => void;
}

/** The calls made from this browser; pressing a line shows its result, "again" repeats it. */
export function History({ calls, shown, onShow, onAgain, onClear }: HistoryProps) {
  if (calls.length === 0) return null;
  return (
    <section className="history" aria-labelledby="history-title">
      <div className="section-head">
        <h2 id="history-title">History</h2>
        <span className="muted">calls from this browser</span>
        <button type="button" className="button quiet small" onClick={onClear}>
          Clear
        </button>
      </div>
      <ol>
        {calls.map((call) => (
          <li key={call.key} className={call.key === shown ? "shown" : undefined}>
            <time
              dateTime={new Date(call.at).toISOString()}
              title={formatExact(new Date(call.at).toISOString())}
            >
              {formatClock(call.at)}
            </time>
            <button
              type="button"
              className="history-line"
              aria-pressed={call.key === shown}
              onClick={() => onShow(call)}
            >
              <span className="history-call">{callText(call)}</span>
              <span className={call.outcome.kind === "problem" ? "history-outcome error" : "history-outcome"}>
                {outcomeText(call)}
              </span>
            </button>
            <span className="history-time">
              {call.durationUs === null ? "" : formatDuration(call.durationUs)}
            </span>
            {call.kind !== "file" && (
              <button
                type="button"
                className="button quiet small"
                aria-label={`Call ${callText(call)} again`}
                onClick={() => onAgain(call)}
              >
                again
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function callText(call: CallRecord): string {
  if (call.exported !== null) return `${rowName(call.exported)}(${call.inputs.map(rowName).join(", ")})`;
  const payload = (call.inputs[0] ?? "").replace(/\s+/g, " ").trim();
  if (payload === "") return "no payload";
  return call.kind === "bytes" || call.kind === "file"
    ? `${call.kind} ${rowName(payload)}`
    : rowName(payload);
}

function outcomeText(call: CallRecord): string {
  const { outcome } = call;
  if (outcome.kind === "problem") return problemLine(outcome.problem);
  if (outcome.kind === "output")
    return `→ ${rowName(
      (outcome.text ?? "bytes")
        .slice(0, 4 * nameMax)
        .replace(/\s+/g, " ")
        .trim(),
    )}`;
  const values = outcome.results.map((value, i) => {
    const type = outcome.types[i] ?? "";
    return isValueType(type) ? formatValue(type, value) : JSON.stringify(value);
  });
  return `→ ${values.length === 0 ? "done" : values.join(", ")}`;
}
