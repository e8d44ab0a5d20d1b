// The address bar is the page's state: paths for places, the query for what is chosen in them.
import { useCallback, useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from "react";

export type FunctionTab = "try" | "code" | "invocations" | "versions" | "settings";

export type Route =
  | { page: "functions" }
  | { page: "function"; name: string; tab: FunctionTab; invocation: string | null }
  | { page: "new-python" }
  | { page: "settings" }
  | { page: "unknown"; path: string };

export function routeOf(path: string): Route {
  let parts: string[];
  try {
    parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return { page: "unknown", path };
  }
  const [first, name, tab, id, ...rest] = parts;
  if (first === undefined || (first === "functions" && name === undefined)) return { page: "functions" };
  if (first === "new" && name === "python" && tab === undefined) return { page: "new-python" };
  if (first === "settings" && name === undefined) return { page: "settings" };
  if (first !== "functions" || name === undefined || rest.length > 0) return { page: "unknown", path };
  const invocation = id ?? null;
  if (tab === "invocations") return { page: "function", name, tab, invocation };
  if (id !== undefined) return { page: "unknown", path };
  if (tab === undefined) return { page: "function", name, tab: "try", invocation };
  if (tab === "code" || tab === "versions" || tab === "settings")
    return { page: "function", name, tab, invocation };
  return { page: "unknown", path };
}

export function functionHref(name: string, tab: FunctionTab = "try"): string {
  return `/functions/${encodeURIComponent(name)}${tab === "try" ? "" : `/${tab}`}`;
}

/** The code of one version, at a line of its text, or of one of its files, when there is one to point to. */
export function codeHref(name: string, version: number, line?: number, file?: string): string {
  const query = new URLSearchParams({ version: String(version) });
  if (file !== undefined) query.set("file", file);
  if (line !== undefined) query.set("line", String(line));
  return `${functionHref(name, "code")}?${query}`;
}

export function invocationHref(name: string, id: string): string {
  return `${functionHref(name, "invocations")}/${encodeURIComponent(id)}`;
}

export const newPythonHref = "/new/python";

const listeners = new Set<() => void>();
const notify = () => listeners.forEach((listener) => listener());

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function navigate(href: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", href);
  else history.replaceState(null, "", href);
  notify();
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** One value of the query string; null when absent. Setting it keeps the other values. */
export function useQueryValue(key: string): [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(key));
  const set = useCallback(
    (next: string | null) => {
      const query = new URLSearchParams(location.search);
      if (next === null || next === "") query.delete(key);
      else query.set(key, next);
      const text = query.toString();
      navigate(location.pathname + (text ? `?${text}` : ""), "replace");
    },
    [key],
  );
  return [value, set];
}

export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
