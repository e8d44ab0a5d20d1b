import { useSyncExternalStore } from "react";
import { formatAgo, formatExact } from "../values/format";

const tickMs = 5000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

// One timer for every relative time on the page, and none when there is none.
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A relative time; hovering shows the exact one. */
export function Ago({ time, suffix = "" }: { time: string; suffix?: string }) {
  const at = useSyncExternalStore(subscribe, () => now);
  const text = formatAgo(time, Math.max(at, Date.now()));
  return (
    <time dateTime={time} title={formatExact(time)}>
      {text === "now" ? text : text + suffix}
    </time>
  );
}
