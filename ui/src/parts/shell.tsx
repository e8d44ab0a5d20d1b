import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { connection, probeNow, subscribeConnection } from "../api/connection";
import { signOut, useSession } from "../api/session";
import { Link, navigate, newPythonHref, usePath } from "../router";
import { isApple } from "../platform";
import { readStored } from "../stored";
import { setTheme, useTheme, type Theme } from "../theme";
import { AlertIcon, FunctionsIcon, MoonIcon, SettingsIcon, SignOutIcon, SunIcon, SystemIcon } from "./icons";

/** The frame of every page: navigation, the connection's banner, the shortcuts. */
export function Shell({ children }: { children: ReactNode }) {
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  const [help, setHelp] = useState(false);
  useShortcuts(() => setHelp(true));
  useFocusOnNewPage(main, path);
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="side">
        <Link href="/functions" className="brand" aria-label="weft, all functions">
          <img src="/favicon.svg" alt="" width="20" height="20" />
          <span>weft</span>
        </Link>
        <nav aria-label="Main">
          <NavItem href="/functions" here={path === "/" || /^\/(functions|new)/.test(path)}>
            <FunctionsIcon /> Functions
          </NavItem>
          <NavItem href="/settings" here={path === "/settings"}>
            <SettingsIcon /> Settings
          </NavItem>
        </nav>
        <div className="side-end">
          <button
            type="button"
            className="icon-button keys-button"
            title="Keyboard shortcuts (?)"
            aria-label="Keyboard shortcuts"
            onClick={() => setHelp(true)}
          >
            <kbd className="key">?</kbd>
          </button>
          <ThemeToggle />
          <SignOutButton />
        </div>
      </header>
      <div className="stage">
        <ConnectionBanner />
        <main id="content" ref={main} tabIndex={-1}>
          {children}
        </main>
      </div>
      {help && <ShortcutHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

function NavItem({ href, here, children }: { href: string; here: boolean; children: ReactNode }) {
  return (
    <Link href={href} className="nav-item" aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

const themes: { theme: Theme; label: string; icon: ReactNode }[] = [
  { theme: "system", label: "Theme: as the system", icon: <SystemIcon /> },
  { theme: "light", label: "Theme: light", icon: <SunIcon /> },
  { theme: "dark", label: "Theme: dark", icon: <MoonIcon /> },
];

function SignOutButton() {
  const { token } = useSession();
  if (token === null) return null;
  return (
    <button type="button" className="icon-button" title="Sign out" aria-label="Sign out" onClick={signOut}>
      <SignOutIcon />
    </button>
  );
}

export function ThemeToggle() {
  const theme = useTheme();
  const at = themes.findIndex((one) => one.theme === theme);
  const shown = themes[at] ?? themes[0];
  const next = themes[(at + 1) % themes.length];
  if (!shown || !next) return null;
  return (
    <button
      type="button"
      className="icon-button theme-toggle"
      title={`${shown.label}. Press for ${next.theme}.`}
      aria-label={`${shown.label}. Press for ${next.theme}.`}
      onClick={() => setTheme(next.theme)}
    >
      {shown.icon}
    </button>
  );
}

export function ConnectionBanner() {
  const state = useSyncExternalStore(subscribeConnection, connection);
  const [asking, setAsking] = useState(false);
  if (state.state === "up") return null;
  const ask = async () => {
    setAsking(true);
    await probeNow();
    setAsking(false);
  };
  return (
    <div className="banner" role="alert">
      <AlertIcon />
      <span>
        <strong>The server does not answer.</strong> This page connects again by itself; what you typed stays.
      </span>
      <button type="button" className="button small" onClick={() => void ask()} disabled={asking}>
        {asking ? "Asking…" : "Try now"}
      </button>
    </div>
  );
}

// A screen reader and the Tab key continue at the new page, as after a page load.
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>, path: string): void {
  const place = path.split("/").slice(0, 4).join("/");
  const last = useRef(place);
  useEffect(() => {
    if (last.current === place) return;
    const sameFunction =
      place.split("/").slice(0, 3).join("/") === last.current.split("/").slice(0, 3).join("/");
    last.current = place;
    if (!sameFunction || place === "/functions") {
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }, [main, place]);
}

const shortcuts: [string[], string][] = [
  [[isApple ? "⌘" : "Ctrl", "Enter"], "Call the function"],
  [["/"], "Search the functions"],
  [["n"], "Choose files to deploy"],
  [["p"], "Write a Python function"],
  [["f"], "Functions"],
  [["s"], "Settings"],
  [["1", "…", "5"], "Try, Code, Invocations, Versions, Settings of a function"],
  [["↑", "↓"], "Move between rows of a table, or exports"],
  [["Esc"], "Close what is open; then Tab leaves the editor"],
  [["?"], "This list"],
];

export const shortcutsOffKey = "shortcuts-off";

function useShortcuts(openHelp: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      const typing = target?.closest("input, textarea, select, [contenteditable], dialog");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (readStored("local", shortcutsOffKey, false)) return;
      if (runShortcut(event.key, openHelp)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function runShortcut(key: string, openHelp: () => void): boolean {
  const tabs = ["", "/code", "/invocations", "/versions", "/settings"];
  if (key === "?") openHelp();
  else if (key === "f") navigate("/functions");
  else if (key === "s") navigate("/settings");
  else if (key === "p") navigate(newPythonHref);
  else if (key === "/") focusOrGo("search-functions");
  else if (key === "n") clickOrGo("choose-files");
  else if (/^[1-5]$/.test(key) && /^\/functions\/[^/]+/.test(location.pathname)) {
    navigate(location.pathname.split("/").slice(0, 3).join("/") + (tabs[Number(key) - 1] ?? ""));
  } else return false;
  return true;
}

function focusOrGo(id: string): void {
  withElement(id, (element) => element.focus());
}

function clickOrGo(id: string): void {
  withElement(id, (element) => element.click());
}

// At once when the element is there: the next key may follow within the same frame.
function withElement(id: string, act: (element: HTMLElement) => void): void {
  const element = document.getElementById(id);
  if (element) return act(element);
  navigate("/functions");
  requestAnimationFrame(() => {
    const shown = document.getElementById(id);
    if (shown) act(shown);
  });
}

function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-label="Keyboard shortcuts" onClose={onClose}>
      <h2>Keyboard shortcuts</h2>
      <dl className="shortcut-list">
        {shortcuts.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) =>
                key === "…" ? (
                  key
                ) : (
                  <kbd key={key} className="key">
                    {key}
                  </kbd>
                ),
              )}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
