// State that survives a reload. Storage may be forbidden or full; then it lasts as long as the page.
import { useCallback, useEffect, useState } from "react";

type Area = "local" | "session";

function area(which: Area): Storage | null {
  try {
    return which === "local" ? localStorage : sessionStorage;
  } catch {
    return null;
  }
}

export function readStored<T>(which: Area, key: string, fallback: T): T {
  try {
    const text = area(which)?.getItem(`weft:${key}`);
    return text === null || text === undefined ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function writeStored(which: Area, key: string, value: unknown): void {
  try {
    area(which)?.setItem(`weft:${key}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page goes on with what it has in memory.
  }
}

export function removeStored(which: Area, key: string): void {
  try {
    area(which)?.removeItem(`weft:${key}`);
  } catch {
    // Forbidden: then nothing is kept either.
  }
}

/** Removes everything but these keys, from both areas. */
export function forgetAll(except: string[]): void {
  const kept = new Set(except.map((key) => `weft:${key}`));
  for (const which of ["local", "session"] as const) {
    const keys = Object.keys(area(which) ?? {});
    for (const key of keys) {
      if (key.startsWith("weft:") && !kept.has(key)) removeStored(which, key.slice("weft:".length));
    }
  }
}

/** Like useState, kept under a key. The key stays the same for the component's life. */
export function useStored<T>(which: Area, key: string, fallback: T): [T, (change: (old: T) => T) => void] {
  const [value, setValue] = useState<T>(() => readStored(which, key, fallback));
  useEffect(() => writeStored(which, key, value), [which, key, value]);
  const change = useCallback((next: (old: T) => T) => setValue(next), []);
  return [value, change];
}
