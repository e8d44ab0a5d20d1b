import { useEffect, useId, useState } from "react";
import { useSession } from "../api/session";
import type { CallRequest } from "../functions/call";
import { curlPayload, weftPayload } from "../functions/commands";
import { Copy } from "../parts/copy";
import { readStored, writeStored } from "../stored";
import { formatBytes } from "../values/format";
import { CallActions } from "./call-actions";
import { useCallKey } from "./typed-form";

interface PayloadFormProps {
  name: string;
  dialect: string;
  draft: string | null;
  busy: boolean;
  onCall: (request: CallRequest) => void;
  onCancel: () => void;
}

/** One text goes in; what the function writes comes out beside it. */
export function PayloadForm({ name, dialect, draft, busy, onCall, onCancel }: PayloadFormProps) {
  const { token } = useSession();
  const storageKey = `payload:${name}`;
  const [payload, setPayload] = useState(() => draft ?? readStored("local", storageKey, ""));
  const id = useId();
  useEffect(() => writeStored("local", storageKey, payload), [storageKey, payload]);
  const submit = () => {
    if (busy) return;
    onCall({ exported: null, inputs: [payload], body: payload, contentType: "text/plain", results: null });
  };
  useCallKey(submit);
  return (
    <section className="card form" aria-label="Call">
      <div className="form-label">
        <label htmlFor={id}>{dialect === "command" ? "Payload (standard input)" : "Payload"}</label>
        <span className="muted">{formatBytes(new TextEncoder().encode(payload).length)}</span>
      </div>
      <textarea
        id={id}
        className="input mono payload-text"
        value={payload}
        rows={12}
        spellCheck={false}
        onChange={(event) => setPayload(event.target.value)}
      />
      <CallActions busy={busy} reason={null} onCall={submit} onCancel={onCancel} />
      <p className="copy-row">
        <Copy
          visible="Copy as curl"
          label="Copy this call as a curl command"
          text={() => curlPayload({ origin: location.origin, wantsToken: token !== null }, name, payload)}
        />
        <Copy
          visible="Copy as weft"
          label="Copy this call as a weft command"
          text={() => weftPayload(location.origin, name, payload)}
        />
      </p>
    </section>
  );
}
