import { useEffect, useState } from "react";
import { CheckIcon, CopyIcon } from "./icons";

const shownMs = 1500;

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// The clipboard API needs a secure context, which plain HTTP on another machine is not.
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

interface CopyProps {
  /** A function, so that long texts are made only when they are wanted. */
  text: () => string;
  label: string;
  /** Without it the button shows an icon and the label is its name. */
  visible?: string;
  disabled?: boolean;
}

export function Copy({ text, label, visible, disabled = false }: CopyProps) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), shownMs);
    return () => clearTimeout(timer);
  }, [state]);
  const run = async () => setState((await copyText(text())) ? "done" : "failed");
  const says = state === "done" ? "Copied" : state === "failed" ? "Could not copy" : visible;
  return (
    <button
      type="button"
      className={visible ? "button quiet small" : "icon-button"}
      onClick={() => void run()}
      disabled={disabled}
      title={label}
      aria-label={visible ? undefined : state === "idle" ? label : says}
    >
      {state === "done" ? <CheckIcon /> : <CopyIcon />}
      {visible && <span aria-live="polite">{says}</span>}
    </button>
  );
}
