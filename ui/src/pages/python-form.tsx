import { useEffect, useId, useRef, useState } from "react";
import { useSession } from "../api/session";
import type { CallRequest } from "../functions/call";
import { curlOfKind, weftPayload } from "../functions/commands";
import {
  fileRequest,
  payloadError,
  payloadRequest,
  type Payload,
  type PayloadKind,
} from "../functions/payload";
import { Copy } from "../parts/copy";
import { CloseIcon } from "../parts/icons";
import { examplePayload } from "../python/source";
import { readStored, writeStored } from "../stored";
import { formatBytes } from "../values/format";
import { rowName } from "../values/visible";
import { CallActions } from "./call-actions";
import { useCallKey } from "./typed-form";

const kinds: { kind: PayloadKind; label: string; hint: string }[] = [
  { kind: "json", label: "JSON", hint: "the handler gets the value, or None when nothing is here" },
  { kind: "text", label: "Text", hint: "the handler gets a str" },
  { kind: "bytes", label: "Bytes", hint: "two hex digits a byte; the handler gets bytes" },
];

interface PythonFormProps {
  name: string;
  /** What to start with, from the history; otherwise what was typed last. */
  draft: Payload | null;
  busy: boolean;
  onCall: (request: CallRequest) => void;
  onCancel: () => void;
}

/** The event of a handler: JSON, text or bytes, typed or from a file. */
export function PythonForm({ name, draft, busy, onCall, onCancel }: PythonFormProps) {
  const storageKey = `event:${name}`;
  const [payload, setPayload] = useState<Payload>(
    () => draft ?? readStored("local", storageKey, { kind: "json", text: examplePayload }),
  );
  const [file, setFile] = useState<File | null>(null);
  const id = useId();
  useEffect(() => writeStored("local", storageKey, payload), [storageKey, payload]);
  const { kind, text } = payload;
  const isFile = kind === "bytes" && file !== null;
  const error = isFile ? null : payloadError(payload);
  const request = isFile ? fileRequest(file) : payloadRequest(payload);
  const submit = () => {
    if (request && !busy) onCall(request);
  };
  useCallKey(submit);
  const hint = kinds.find((one) => one.kind === kind)?.hint ?? "";
  return (
    <section className="card form python-form" aria-label="Call">
      <div className="form-label">
        <label htmlFor={id}>Event</label>
        <div className="segments" role="group" aria-label="Kind of the event">
          {kinds.map((one) => (
            <button
              key={one.kind}
              type="button"
              aria-pressed={one.kind === kind}
              onClick={() => setPayload({ ...payload, kind: one.kind })}
            >
              {one.label}
            </button>
          ))}
        </div>
      </div>
      {isFile ? (
        <ChosenFile file={file} onRemove={() => setFile(null)} />
      ) : (
        <textarea
          id={id}
          className="input mono payload-text"
          value={text}
          rows={10}
          spellCheck={false}
          autoCapitalize="off"
          aria-invalid={error !== null}
          aria-describedby={`${id}-hint`}
          onChange={(event) => setPayload({ ...payload, text: event.target.value })}
        />
      )}
      <p className="payload-hint">
        <span id={`${id}-hint`} className={error ? "hint error" : "hint"} aria-live="polite">
          {error ?? (isFile ? "the handler gets its bytes" : hint)}
        </span>
        {kind === "bytes" && !isFile && <ChooseBytes onFile={setFile} />}
      </p>
      <CallActions
        busy={busy}
        reason={error && "the event cannot be sent"}
        onCall={submit}
        onCancel={onCancel}
      />
      <CopyRow name={name} payload={isFile ? null : payload} disabled={error !== null} file={file} />
    </section>
  );
}

function ChosenFile({ file, onRemove }: { file: File; onRemove: () => void }) {
  return (
    <p className="chosen-file">
      <strong>{rowName(file.name)}</strong> <span className="muted">{formatBytes(file.size)}</span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Remove ${rowName(file.name)}`}
        onClick={onRemove}
      >
        <CloseIcon />
      </button>
    </p>
  );
}

function ChooseBytes({ onFile }: { onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        className="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label="File to call the function with"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          event.target.value = "";
          if (chosen) onFile(chosen);
        }}
      />
      <button type="button" className="button small" onClick={() => input.current?.click()}>
        Use a file
      </button>
    </>
  );
}

interface CopyRowProps {
  name: string;
  /** Null for the file's bytes. */
  payload: Payload | null;
  file: File | null;
  disabled: boolean;
}

function CopyRow({ name, payload, file, disabled }: CopyRowProps) {
  const { token } = useSession();
  const target = { origin: location.origin, wantsToken: token !== null };
  return (
    <p className="copy-row">
      <Copy
        visible="Copy as curl"
        label="Copy this call as a curl command"
        disabled={disabled}
        text={() => curlOfKind(target, name, payload ?? { file: file?.name ?? "" })}
      />
      {payload && payload.kind !== "bytes" && (
        <Copy
          visible="Copy as weft"
          label="Copy this call as a weft command"
          disabled={disabled}
          text={() => weftPayload(location.origin, name, payload.text)}
        />
      )}
    </p>
  );
}
