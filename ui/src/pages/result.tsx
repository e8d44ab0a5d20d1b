import { useState } from "react";
import { useInvocation, useLogs } from "../api/queries";
import type { CallRecord } from "../functions/history";
import { Copy } from "../parts/copy";
import { ProblemCard, shortId } from "../parts/problem";
import { sourceFile } from "../python/source";
import { codeHref, functionHref, invocationHref, Link } from "../router";
import {
  formatBytes,
  formatDuration,
  formatValue,
  hexOfValue,
  unsignedOfValue,
  type JsonValue,
} from "../values/format";
import { indented } from "../values/json";
import { laneShapes, lanesOf, type LaneShape } from "../values/lanes";
import { isValueType } from "../values/parse";
import { visibleLines } from "../values/visible";

interface ResultPanelProps {
  name: string;
  call: CallRecord | undefined;
  busy: boolean;
  logs: Logs;
}

/** Who can have printed something in a call that succeeds; null when only one that failed can have. */
type Logs = "program" | "python" | null;

export function ResultPanel({ name, call, busy, logs }: ResultPanelProps) {
  return (
    <section className="card result" aria-labelledby="result-title" aria-busy={busy}>
      <div className="result-head">
        <h2 id="result-title">Result</h2>
        {call && !busy && <Meta name={name} call={call} />}
      </div>
      {busy && <p className="muted">Calling…</p>}
      {!call && !busy && <p className="muted">Call the function and its result appears here.</p>}
      {call && !busy && <Outcome name={name} call={call} logs={logs} />}
    </section>
  );
}

function Outcome({ name, call, logs }: { name: string; call: CallRecord; logs: Logs }) {
  const { outcome, version } = call;
  const wantsLogs = call.invocation !== null && (logs !== null || outcome.kind === "problem");
  return (
    <div aria-live="polite">
      {outcome.kind === "problem" && (
        <ProblemCard
          problem={outcome.problem}
          settingsHref={functionHref(name, "settings")}
          sourceFile={sourceFile(name)}
          {...(version !== undefined
            ? { lineHref: (line, file) => codeHref(name, version, line, file) }
            : {})}
        />
      )}
      {outcome.kind === "results" && <Results types={outcome.types} results={outcome.results} />}
      {outcome.kind === "output" && <Output outcome={outcome} isProgram={logs === "program"} />}
      {wantsLogs && call.invocation && <PrintedBy id={call.invocation} title={logTitle(logs)} />}
    </div>
  );
}

function logTitle(logs: Logs): string {
  if (logs === "program") return "Log (standard error)";
  return logs === "python" ? "Log" : "The guest printed";
}

function Meta({ name, call }: { name: string; call: CallRecord }) {
  return (
    <p className="result-meta">
      {call.durationUs !== null && <span>{formatDuration(call.durationUs)}</span>}
      {call.invocation && (
        <span>
          invocation{" "}
          <Link href={invocationHref(name, call.invocation)}>
            <code>{shortId(call.invocation)}</code>
          </Link>
        </span>
      )}
    </p>
  );
}

function Results({ types, results }: { types: string[]; results: JsonValue[] }) {
  if (results.length === 0) return <p className="result-value none">Done. The export returns nothing.</p>;
  return (
    <ol className={results.length > 1 ? "results several" : "results"}>
      {results.map((value, i) => (
        <li key={i}>
          <OneResult type={types[i] ?? "i32"} value={value} />
        </li>
      ))}
    </ol>
  );
}

function OneResult({ type, value }: { type: string; value: JsonValue }) {
  if (!isValueType(type)) return <code>{JSON.stringify(value)}</code>;
  const text = formatValue(type, value);
  const hex = hexOfValue(type, value);
  const unsigned = unsignedOfValue(type, value);
  return (
    <>
      <p className={type === "v128" ? "result-value long" : "result-value"}>
        <output>{text}</output> <span className="type">{type}</span>
        <Copy text={() => text} label="Copy the value" />
      </p>
      {(hex ?? unsigned) && (
        <dl className="forms">
          {hex && (
            <div>
              <dt>{type.startsWith("f") ? "bits" : "hex"}</dt>
              <dd>{hex}</dd>
            </div>
          )}
          {unsigned && (
            <div>
              <dt>unsigned</dt>
              <dd>{unsigned}</dd>
            </div>
          )}
        </dl>
      )}
      {type === "v128" && <LaneView hex={text} />}
    </>
  );
}

function LaneView({ hex }: { hex: string }) {
  const [shape, setShape] = useState<LaneShape>("f32x4");
  if (!/^0x[0-9a-fA-F]{32}$/.test(hex)) return null;
  return (
    <div className="lane-view">
      <label className="lanes-shape">
        Lanes
        <select
          className="input"
          value={shape}
          onChange={(event) => setShape(event.target.value as LaneShape)}
        >
          {laneShapes.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <ol className={`lane-grid ${shape}`} start={0}>
        {lanesOf(hex, shape).map((lane, i) => (
          <li key={i}>{lane}</li>
        ))}
      </ol>
    </div>
  );
}

interface OutputProps {
  outcome: Extract<CallRecord["outcome"], { kind: "output" }>;
  isProgram: boolean;
}

function Output({ outcome, isProgram }: OutputProps) {
  const { contentType, sizeBytes, head } = outcome;
  const text = outcome.text !== null && isJson(contentType) ? indented(outcome.text) : outcome.text;
  const shownBytes = outcome.text === null ? 0 : new TextEncoder().encode(outcome.text).length;
  return (
    <>
      <p className="result-type">
        {isProgram && <b>Output (standard output)</b>}
        <span>{contentType.split(";")[0] || "no content type"}</span>
        <span>{formatBytes(sizeBytes)}</span>
        {text !== null && text !== "" && <Copy text={() => text} label="Copy the output" />}
      </p>
      {text === null && (
        <p className="muted">
          The output is not text. {head ? "It begins as below; use" : "Use"} curl to save it to a file.
        </p>
      )}
      {head && (
        <pre className="output" tabIndex={0}>
          {head}
        </pre>
      )}
      {text === "" && <p className="muted">The function wrote nothing.</p>}
      {text && (
        <pre className="output" tabIndex={0}>
          {visibleLines(text)}
        </pre>
      )}
      {text !== null && shownBytes < sizeBytes && (
        <p className="muted">The first {formatBytes(shownBytes)} are shown. Use curl for all of it.</p>
      )}
    </>
  );
}

function isJson(contentType: string): boolean {
  return /^application\/(\S+\+)?json\b/i.test(contentType);
}

/** What the guest wrote to its log, when it wrote anything. */
function PrintedBy({ id, title }: { id: string; title: string }) {
  const invocation = useInvocation(id);
  const bytes = invocation.data?.log_bytes ?? 0;
  const logs = useLogs(id, bytes > 0);
  if (!logs.data) return null;
  return (
    <>
      <h3 className="printed">
        {title} <span className="muted">{formatBytes(bytes)}</span>
      </h3>
      <pre className="output" tabIndex={0}>
        {visibleLines(logs.data)}
      </pre>
    </>
  );
}
