import { problemOf } from "../api/problems";
import { isUnreachable, useStatus } from "../api/queries";
import { signOut, useSession } from "../api/session";
import { Ago } from "../parts/now";
import { ProblemCard } from "../parts/problem";
import { ServerLink } from "../parts/server-link";
import { shortcutsOffKey } from "../parts/shell";
import { useStored } from "../stored";
import { setTheme, useTheme, type Theme } from "../theme";

const themes: { theme: Theme; label: string }[] = [
  { theme: "system", label: "System" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

export function SettingsPage() {
  const theme = useTheme();
  const status = useStatus();
  const { token } = useSession();
  const [shortcutsOff, setShortcutsOff] = useStored("local", shortcutsOffKey, false);
  return (
    <div className="page narrow">
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      <div className="settings">
        <section className="card" aria-labelledby="look-title">
          <h2 id="look-title">This browser</h2>
          <div className="setting-row">
            <span id="theme-label">Theme</span>
            <div className="segments" role="group" aria-labelledby="theme-label">
              {themes.map((one) => (
                <button
                  key={one.theme}
                  type="button"
                  aria-pressed={theme === one.theme}
                  onClick={() => setTheme(one.theme)}
                >
                  {one.label}
                </button>
              ))}
            </div>
          </div>
          <label className="check setting-row">
            <span>Single-key shortcuts</span>
            <input
              type="checkbox"
              checked={!shortcutsOff}
              onChange={(event) => setShortcutsOff(() => !event.target.checked)}
            />
          </label>
          {token !== null && (
            <div className="setting-row">
              <span>
                Signed in with the server's token
                <span className="hint">
                  Signing out also removes the calls and inputs that are kept here.
                </span>
              </span>
              <button type="button" className="button" onClick={signOut}>
                Sign out
              </button>
            </div>
          )}
        </section>
        <section className="card" aria-labelledby="server-title">
          <h2 id="server-title">Server</h2>
          {status.isPending && <p className="muted">Asking the server…</p>}
          {status.error && !isUnreachable(status.error) && <ProblemCard problem={problemOf(status.error)} />}
          {status.data && (
            <dl className="facts-list">
              <div>
                <dt>Version</dt>
                <dd>{status.data.version}</dd>
              </div>
              <div>
                <dt>Address</dt>
                <dd>{location.origin}</dd>
              </div>
              <div>
                <dt>Started</dt>
                <dd>
                  <Ago time={status.data.started} suffix=" ago" />
                </dd>
              </div>
              <div>
                <dt>Functions</dt>
                <dd>{status.data.functions}</dd>
              </div>
              <div>
                <dt>Modules</dt>
                <dd>{status.data.modules}</dd>
              </div>
              <div>
                <dt>API</dt>
                <dd>
                  <ServerLink href="/v1/openapi.json" name="weft-openapi.json">
                    OpenAPI document
                  </ServerLink>
                </dd>
              </div>
            </dl>
          )}
        </section>
      </div>
    </div>
  );
}
