import { useEffect, useId, useRef, useState } from "react";
import { useSession } from "../api/session";
import type { ExportedFunction } from "../api/types";
import type { CallRequest } from "../functions/call";
import { curlTyped, weftTyped } from "../functions/commands";
import { parsedOf, textArguments, typedRequest, whyNot } from "../functions/request";
import { paramName, resultText } from "../functions/signature";
import { Copy } from "../parts/copy";
import { useKeptFocus } from "../parts/kept-focus";
import { isApple } from "../platform";
import { readStored, writeStored } from "../stored";
import { LongText } from "../parts/long-text";
import { describeType, isValueType, startValue } from "../values/parse";
import { cut, nameMax, rowName } from "../values/visible";
import { VectorLanes } from "./vector-lanes";

interface TypedFormProps {
  name: string;
  exported: ExportedFunction;
  /** Values to start with, from the history; otherwise what was typed last. */
  draft: string[] | null;
  busy: boolean;
  onCall: (request: CallRequest) => void;
  onCancel: () => void;
}

export function TypedForm({ name, exported, draft, busy, onCall, onCancel }: TypedFormProps) {
  const { token } = useSession();
  const storageKey = `try:${name}:${exported.name}(${exported.params.join()})`;
  const [inputs, setInputs] = useState<string[]>(
    () => draft ?? readStored<string[] | null>("local", storageKey, null) ?? exported.params.map(startOf),
  );
  const [touched, setTouched] = useState<boolean[]>(() => exported.params.map(() => false));
  const titleId = useId();
  const reasonId = useId();
  useEffect(() => writeStored("local", storageKey, inputs), [storageKey, inputs]);

  const set = (at: number, text: string) => {
    setInputs((old) => old.map((one, i) => (i === at ? text : one)));
    touch(at);
  };
  const touch = (at: number) => setTouched((old) => old.map((one, i) => one || i === at));
  const reason = whyNot(exported, inputs);
  const request = typedRequest(exported, inputs);
  const submit = () => {
    setTouched(exported.params.map(() => true));
    if (request && !busy) onCall(request);
  };
  useCallKey(submit);
  const actions = useKeptFocus(busy);
  return (
    <section className="card form" aria-labelledby={titleId}>
      <h2 id={titleId} className="signature">
        <Signature exported={exported} />
      </h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {exported.params.map((type, at) => (
          <Field
            key={at}
            label={paramName(exported, at)}
            type={type}
            text={inputs[at] ?? ""}
            touched={touched[at] ?? false}
            onText={(text) => set(at, text)}
            onBlur={() => inputs[at] !== "" && touch(at)}
          />
        ))}
        {exported.params.length === 0 && <p className="muted">Takes no arguments.</p>}
        <div className="form-actions" ref={actions}>
          {busy ? (
            // Not the same element as Call: the click that cancels would submit what it became.
            <button key="cancel" type="button" className="button" onClick={onCancel}>
              Cancel
            </button>
          ) : (
            <button
              key="call"
              type="submit"
              className="button primary"
              aria-disabled={reason !== null}
              aria-describedby={reasonId}
            >
              Call <kbd>{callKeys}</kbd>
            </button>
          )}
          <span id={reasonId} className="hint reason">
            {busy ? "calling…" : reason}
          </span>
        </div>
      </form>
      <p className="copy-row">
        <Copy
          visible="Copy as curl"
          label="Copy this call as a curl command"
          disabled={!request}
          text={() =>
            curlTyped({ origin: location.origin, wantsToken: token !== null }, name, request?.body ?? "")
          }
        />
        <Copy
          visible="Copy as weft"
          label="Copy this call as a weft command"
          disabled={!request}
          text={() => weftTyped(location.origin, name, exported.name, textArguments(exported, inputs))}
        />
      </p>
    </section>
  );
}

// The fields below name every one of them.
const shownParamsMax = 12;

function Signature({ exported }: { exported: ExportedFunction }) {
  const hiddenParams = exported.params.length - shownParamsMax;
  return (
    <code>
      <b>
        <LongText text={exported.name} max={nameMax} />
      </b>
      (
      {exported.params.slice(0, shownParamsMax).map((type, i) => (
        <span key={i}>
          {i > 0 && ", "}
          {exported.param_names?.[i] && `${rowName(exported.param_names[i])}: `}
          <span className="type">{type}</span>
        </span>
      ))}
      {hiddenParams > 0 && `, and ${hiddenParams} more`}) →{" "}
      <span className="type">{cut(resultText(exported.results), nameMax)}</span>
    </code>
  );
}

interface FieldProps {
  label: string;
  type: string;
  text: string;
  touched: boolean;
  onText: (text: string) => void;
  onBlur: () => void;
}

function Field({ label, type, text, touched, onText, onBlur }: FieldProps) {
  const id = useId();
  const parsed = parsedOf(type, text);
  const wrong = touched && !parsed.ok;
  const hint = parsed.ok
    ? (parsed.note ?? "")
    : wrong
      ? parsed.error
      : isValueType(type)
        ? describeType(type)
        : "";
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} <span className="type">{type}</span>
      </label>
      <input
        id={id}
        className="input mono"
        value={text}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        inputMode={type === "i32" || type === "i64" ? "text" : undefined}
        aria-invalid={wrong}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onText(event.target.value)}
        onBlur={onBlur}
      />
      <span id={`${id}-hint`} className={wrong ? "hint error" : "hint"} aria-live="polite">
        {hint}
      </span>
      {type === "v128" && <VectorLanes label={label} hex={text} onHex={onText} />}
    </div>
  );
}

export const callKeys = isApple ? "⌘⏎" : "Ctrl ⏎";

/** Ctrl+Enter or ⌘+Enter calls, wherever the focus is. */
export function useCallKey(run: () => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function startOf(type: string): string {
  return isValueType(type) ? startValue(type) : "";
}
