// The token of a server that wants one: where this browser keeps it, and whether a person has to type it.
// It is kept for the tab, or for the device when the person asks for that; every request carries it.
import { useSyncExternalStore } from "react";
import { forgetAll, readStored, removeStored, writeStored } from "../stored";

export interface Session {
  /** What goes with requests; null when this browser knows none. */
  token: string | null;
  /** Whether the server has refused a request for want of a token. */
  wanted: boolean;
  /** Whether it was the token above, known until then, that it refused. */
  expired: boolean;
}

const tokenKey = "token";
// Changes in local storage are what other tabs hear of.
const signedOutKey = "signed-out";
// What says nothing about the server stays when somebody signs out.
const preferences = ["theme", "shortcuts-off", "live"];

const listeners = new Set<() => void>();
let current: Session = { token: storedToken(), wanted: false, expired: false };

function storedToken(): string | null {
  return readStored<string | null>("session", tokenKey, null) ?? readStored("local", tokenKey, null);
}

function set(next: Session): void {
  current = next;
  for (const listener of listeners) listener();
}

export function session(): Session {
  return current;
}

export function useSession(): Session {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, session);
}

/** The value of the Authorization header; null when there is no token. */
export function authorization(token = current.token): string | null {
  if (token === null) return null;
  // A header holds bytes, and JavaScript sends one for each character.
  return `Bearer ${String.fromCharCode(...new TextEncoder().encode(token))}`;
}

/** The server refused a request that carried `token`. */
export function reportRefused(token: string | null): void {
  // Somebody has signed in since that request was sent.
  if (token !== current.token) return;
  forgetToken();
  set({ token: null, wanted: true, expired: token !== null || current.expired });
}

/** Takes a token that the server has accepted. */
export function keepToken(token: string, onDevice: boolean): void {
  forgetToken();
  writeStored(onDevice ? "local" : "session", tokenKey, token);
  set({ token, wanted: false, expired: false });
}

/** Forgets the token, and what this browser kept of calls and inputs, in every tab. */
export function signOut(): void {
  forgetAll(preferences);
  writeStored("local", signedOutKey, Date.now());
  startAnew();
}

function forgetToken(): void {
  removeStored("session", tokenKey);
  removeStored("local", tokenKey);
}

// A new page has nothing in memory of what the server said.
function startAnew(): void {
  location.replace("/functions");
}

/** Follows what happens in other tabs; called once. */
export function followOtherTabs(): void {
  window.addEventListener("storage", (event) => {
    if (event.key !== `weft:${signedOutKey}` || event.newValue === null) return;
    if (current.token === null) return;
    forgetAll([...preferences, signedOutKey]);
    startAnew();
  });
}
