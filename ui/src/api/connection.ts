// Whether the server answers. One failed request turns this to "lost"; a probe of /healthz
// turns it back, and everybody who listens asks again for what they show.

export type Connection = { state: "up" } | { state: "lost"; since: number };

let current: Connection = { state: "up" };
const listeners = new Set<() => void>();
const recoveries = new Set<() => void>();
const firstProbeMs = 500;
const lastProbeMs = 5000;

function set(next: Connection): void {
  current = next;
  for (const listener of listeners) listener();
}

export function connection(): Connection {
  return current;
}

export function subscribeConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function onRecovery(listener: () => void): () => void {
  recoveries.add(listener);
  return () => recoveries.delete(listener);
}

export function reportLost(): void {
  if (current.state === "lost") return;
  set({ state: "lost", since: Date.now() });
  setTimeout(() => void probe(firstProbeMs), firstProbeMs);
}

/** Asks now; for the banner's button and for the browser's "online" event. */
export async function probeNow(): Promise<boolean> {
  try {
    const response = await fetch("/healthz", { cache: "no-store" });
    if (!response.ok) return false;
  } catch {
    return false;
  }
  if (current.state === "lost") {
    set({ state: "up" });
    for (const listener of recoveries) listener();
  }
  return true;
}

async function probe(waitMs: number): Promise<void> {
  if (current.state === "up" || (await probeNow())) return;
  const nextMs = Math.min(waitMs * 1.5, lastProbeMs);
  setTimeout(() => void probe(nextMs), nextMs);
}
