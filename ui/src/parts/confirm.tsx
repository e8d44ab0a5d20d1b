import { useEffect, useRef, type ReactNode } from "react";
import { problemOf } from "../api/problems";
import { ProblemCard } from "./problem";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** Names the action and its object: "Delete add". */
  action: string;
  danger?: boolean;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once, by name. Mounted while it is open. */
export function Confirm({
  title,
  children,
  action,
  danger = false,
  busy,
  error,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      <div className="dialog-text">{children}</div>
      {error !== null && error !== undefined && <ProblemCard problem={problemOf(error)} />}
      <div className="dialog-actions">
        <button type="button" className="button" autoFocus onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          type="button"
          className={danger ? "button danger" : "button primary"}
          disabled={busy}
          onClick={onConfirm}
        >
          {busy ? "Working…" : action}
        </button>
      </div>
    </dialog>
  );
}
