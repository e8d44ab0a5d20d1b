// A text that is being written, which survives a reload.
import { useCallback, useEffect, useRef, useState } from "react";
import { readStored, removeStored, writeStored } from "../stored";

// The browser's storage holds about 5 MB for all drafts.
export const keptCharactersMax = 512 * 1024;
// Writing at each key press would make typing slow in a long text.
const writeAfterMs = 300;

export interface Draft {
  text: string;
  /** What it is to be called, once that was typed. */
  name?: string;
  /** The version that it began with. */
  version?: number;
}

export const newDraftKey = "draft-new:python";
export const draftKey = (name: string) => `draft:${name}`;

/** What is kept under the key, and a way to change it; null removes it. */
export function useDraft(key: string): [Draft | null, (draft: Draft | null) => void] {
  const [draft, setDraft] = useState(() => readStored<Draft | null>("local", key, null));
  const unsaved = useRef<(() => void) | null>(null);
  const change = useCallback(
    (next: Draft | null) => {
      setDraft(next);
      unsaved.current = () => {
        if (next === null || next.text.length > keptCharactersMax) removeStored("local", key);
        else writeStored("local", key, next);
      };
      if (next === null) save(unsaved);
    },
    [key],
  );
  useEffect(() => {
    const timer = setTimeout(() => save(unsaved), writeAfterMs);
    return () => clearTimeout(timer);
  }, [draft]);
  useEffect(() => {
    const leave = () => save(unsaved);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  return [draft, change];
}

function save(unsaved: { current: (() => void) | null }): void {
  unsaved.current?.();
  unsaved.current = null;
}
