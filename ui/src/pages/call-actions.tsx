import { useId } from "react";
import { useKeptFocus } from "../parts/kept-focus";
import { callKeys } from "./typed-form";

interface CallActionsProps {
  busy: boolean;
  /** Why the call cannot be made; null when it can. */
  reason: string | null;
  onCall: () => void;
  onCancel: () => void;
}

/** Call, and Cancel in its place while a call runs. */
export function CallActions({ busy, reason, onCall, onCancel }: CallActionsProps) {
  const actions = useKeptFocus(busy);
  const reasonId = useId();
  return (
    <div className="form-actions" ref={actions}>
      {busy ? (
        <button key="cancel" type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      ) : (
        <button
          key="call"
          type="button"
          className="button primary"
          aria-disabled={reason !== null}
          aria-describedby={reasonId}
          onClick={onCall}
        >
          Call <kbd>{callKeys}</kbd>
        </button>
      )}
      <span id={reasonId} className="hint reason">
        {busy ? "calling…" : reason}
      </span>
    </div>
  );
}
