import { useId, useRef, useState, type FormEvent } from "react";
import { signIn } from "../api/client";
import { problemOf } from "../api/problems";
import { queryClient } from "../api/queries";
import { useSession } from "../api/session";
import type { Problem } from "../api/types";
import { ProblemCard } from "../parts/problem";
import { ConnectionBanner, ThemeToggle } from "../parts/shell";

// As the server's rules see it: on these, nobody listens on the way.
const isPrivate =
  location.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/** In place of every page while the server wants a token that this browser does not have. */
export function SignIn() {
  return (
    <div className="sign-in">
      <ConnectionBanner />
      <header>
        <span className="brand">
          <img src="/favicon.svg" alt="" width="20" height="20" />
          <span>weft</span>
        </span>
        <ThemeToggle />
      </header>
      <main className="card">
        <h1>Sign in</h1>
        <p className="muted">The server at {location.host} answers only to those who know its token.</p>
        <TokenForm />
        <p className="hint">
          The token is what the server was started with: the content of the file that{" "}
          <code>--token-file</code> or <code>token_file</code> in weft.toml names, or the variable{" "}
          <code>WEFT_TOKEN</code>. Whoever runs the server can tell you.
        </p>
      </main>
    </div>
  );
}

type Failure = { kind: "wrong" } | { kind: "problem"; problem: Problem };

function TokenForm() {
  const { expired } = useSession();
  const [token, setToken] = useState("");
  const [onDevice, setOnDevice] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const wanted = token.trim();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (wanted === "" || busy) return;
    setBusy(true);
    setFailure(null);
    try {
      // Nothing that was asked without the token is worth keeping.
      queryClient.clear();
      if (await signIn(wanted, onDevice)) return;
      setFailure({ kind: "wrong" });
      field.current?.select();
    } catch (error) {
      setFailure({ kind: "problem", problem: problemOf(error) });
    } finally {
      setBusy(false);
    }
  };
  const said = failure?.kind === "wrong" ? wrongText : expired && failure === null ? expiredText : null;
  return (
    <form onSubmit={(event) => void submit(event)}>
      {/* Password managers keep a name with each password. */}
      <input type="text" name="username" autoComplete="username" value="weft" readOnly hidden />
      <div className="token-field">
        <label htmlFor={id}>Token</label>
        <input
          ref={field}
          id={id}
          className="input mono"
          type="password"
          name="token"
          autoComplete="current-password"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={token}
          aria-invalid={failure?.kind === "wrong"}
          aria-describedby={`${id}-said`}
          onChange={(event) => {
            setToken(event.target.value);
            setFailure(null);
          }}
        />
        <span id={`${id}-said`} className="hint error" role="alert">
          {said}
        </span>
      </div>
      {failure?.kind === "problem" && <ProblemCard problem={failure.problem} />}
      <label className="check">
        <input type="checkbox" checked={onDevice} onChange={(event) => setOnDevice(event.target.checked)} />
        Remember on this device
      </label>
      <span className="hint">
        {onDevice
          ? "Kept in this browser until you sign out."
          : "Forgotten when this tab is closed; a reload keeps it."}
      </span>
      {!isPrivate && (
        <p className="sign-in-warning">
          This connection is not encrypted: others on the network can read the token. Prefer an address with
          https.
        </p>
      )}
      <button type="submit" className="button primary" disabled={wanted === "" || busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}

const wrongText = "The server does not know this token. Check that all of it was copied.";
const expiredText = "The server no longer takes the token that was kept here: it has another one now.";
