import { useState, type KeyboardEvent } from "react";
import { uploadModule } from "../api/client";
import { problemOf } from "../api/problems";
import { functionsMax, isUnreachable, useFunctions } from "../api/queries";
import { useSession } from "../api/session";
import type { FunctionRecord, Problem } from "../api/types";
import { curlDeploy } from "../functions/commands";
import { ChooseFiles, PendingList, WritePython } from "../functions/deploy-panel";
import { examples, type Example } from "../functions/examples";
import { deployModule, usePending } from "../functions/pending";
import { Copy } from "../parts/copy";
import { Ago } from "../parts/now";
import { ShowAll, useLongList } from "../parts/long-list";
import { ProblemCard } from "../parts/problem";
import { Sparkline } from "../parts/sparkline";
import { useWaitText } from "../python/deploy";
import { isPythonFile, pythonMediaType } from "../python/source";
import { functionHref, Link, navigate, useQueryValue } from "../router";
import { formatCount, formatDuration, formatWhole } from "../values/format";
import { rowName } from "../values/visible";

export function FunctionsPage() {
  const functions = useFunctions();
  const { items } = usePending();
  const [search, setSearch] = useQueryValue("q");
  const all = functions.data;
  const shown = (all ?? []).filter((one) => one.name.includes((search ?? "").trim().toLowerCase()));
  const empty = all !== undefined && all.length === 0;
  return (
    <div className={empty ? "page is-empty" : "page"}>
      <div className="page-head">
        <h1>Functions</h1>
        {!empty && (
          <div className="search-box">
            <input
              id="search-functions"
              className="input"
              type="search"
              placeholder="Search"
              aria-label="Search functions by name"
              value={search ?? ""}
              onChange={(event) => setSearch(event.target.value)}
              onKeyDown={(event) => {
                const [first] = shown;
                if (event.key === "Enter" && first) navigate(functionHref(first.name));
              }}
            />
            <kbd className="key wide-only" aria-hidden="true">
              /
            </kbd>
          </div>
        )}
        <WritePython />
        <ChooseFiles primary={items.length === 0} />
      </div>
      {empty && (
        <p className="lead">
          A function is a WebAssembly module or a Python file with a name. Deploy one, fill in its form, and
          call it.
        </p>
      )}
      {items.length === 0 && <ChooseFiles big />}
      <PendingList />
      {functions.isPending && <p className="muted loading">Loading the functions…</p>}
      {functions.error && !isUnreachable(functions.error) && (
        <ProblemCard problem={problemOf(functions.error)}>
          <button type="button" className="button small" onClick={() => void functions.refetch()}>
            Try again
          </button>
        </ProblemCard>
      )}
      {empty && <FirstSteps />}
      {all && all.length > 0 && <FunctionTable functions={shown} />}
      {all && all.length >= functionsMax && (
        <p className="muted table-note">
          The newest {formatWhole(functionsMax)} functions are listed. Others have their page at /functions/
          and their name.
        </p>
      )}
      {all && all.length > 0 && shown.length === 0 && (
        <p className="empty">
          No function’s name contains “{rowName(search ?? "")}”.{" "}
          <button type="button" className="link" onClick={() => setSearch(null)}>
            Show all {all.length}
          </button>
        </p>
      )}
    </div>
  );
}

/** Arrow keys move between the rows' links. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
}

function FunctionTable({ functions }: { functions: FunctionRecord[] }) {
  const list = useLongList<FunctionRecord, HTMLTableSectionElement>(functions, (one) => one.name);
  if (functions.length === 0) return null;
  return (
    <>
      <table className="table functions-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="wide-only">
              Dialect
            </th>
            <th scope="col" className="number wide-only">
              Version
            </th>
            <th scope="col" className="number">
              Calls, 1 h
            </th>
            <th scope="col" className="number wide-only">
              p50, about
            </th>
            <th scope="col" className="number">
              Errors
            </th>
            <th scope="col" className="number">
              Last
            </th>
          </tr>
        </thead>
        <tbody ref={list.rows} onKeyDown={moveBetweenRows}>
          {list.shown.map((one) => (
            <FunctionRow key={one.name} one={one} />
          ))}
        </tbody>
      </table>
      <ShowAll list={list} />
    </>
  );
}

function FunctionRow({ one }: { one: FunctionRecord }) {
  const hour = one.last_hour;
  return (
    <tr>
      <th scope="row">
        <Link href={functionHref(one.name)} className="row-link" data-row>
          {one.name}
        </Link>
        <span className="narrow-only muted sub">
          <span>
            {one.dialect} · v{one.version}
            {one.state === "warm" && " · warm"}
          </span>{" "}
          {hour.p50_us !== null && <span>about {formatDuration(hour.p50_us)}</span>}
        </span>
      </th>
      <td className="wide-only muted">
        {one.dialect}
        {one.state === "warm" && ", warm"}
      </td>
      <td className="number wide-only">{one.version}</td>
      <td className="number calls">
        {hour.calls === 0 ? (
          <span className="muted">none</span>
        ) : (
          <span className="calls-cell">
            <span className="wide-only">
              <Sparkline values={hour.calls_per_minute} label={`${hour.calls} calls in the last hour`} />
            </span>
            <span className="count" title={`${hour.calls} calls`}>
              {formatCount(hour.calls)}
            </span>
          </span>
        )}
      </td>
      <td className="number wide-only">{hour.p50_us === null ? "" : formatDuration(hour.p50_us)}</td>
      <td className="number">
        {hour.errors > 0 ? (
          <Link href={`${functionHref(one.name, "invocations")}?status=error`} className="error-count">
            {formatCount(hour.errors)}
          </Link>
        ) : (
          <span className="muted">{hour.calls > 0 ? "0" : ""}</span>
        )}
      </td>
      <td className="number muted">{one.last_called ? <Ago time={one.last_called} /> : "never"}</td>
    </tr>
  );
}

function FirstSteps() {
  const { token } = useSession();
  const [busy, setBusy] = useState<string | null>(null);
  const wait = useWaitText(busy !== null);
  const [problem, setProblem] = useState<{ name: string; problem: Problem } | null>(null);
  const deploy = async (example: Example) => {
    setBusy(example.name);
    setProblem(null);
    try {
      const { signal } = new AbortController();
      const type = isPythonFile(example.file) ? pythonMediaType : undefined;
      const module = await uploadModule(new Blob([example.text]), () => {}, signal, type);
      await deployModule(example.name, module.id);
      navigate(functionHref(example.name));
    } catch (error) {
      setProblem({ name: example.name, problem: problemOf(error) });
      setBusy(null);
    }
  };
  const curl = curlDeploy({ origin: location.origin, wantsToken: token !== null }, "add", "add.wat");
  return (
    <div className="first-steps">
      <section aria-labelledby="first-examples">
        <h2 id="first-examples">Or start with an example</h2>
        <ul className="examples">
          {examples.map((example) => (
            <li key={example.name} className="card">
              <h3>{example.file}</h3>
              <p className="muted">{example.shows}</p>
              <details>
                <summary>Show the text</summary>
                <pre tabIndex={0}>{example.text}</pre>
              </details>
              <button
                type="button"
                className="button"
                disabled={busy !== null}
                onClick={() => void deploy(example)}
              >
                {busy === example.name ? "Deploying…" : `Deploy ${example.name}`}
              </button>
              {busy === example.name && isPythonFile(example.file) && <p className="hint">{wait}</p>}
              {problem?.name === example.name && <ProblemCard problem={problem.problem} />}
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="first-curl">
        <h2 id="first-curl">The same from a terminal</h2>
        <div className="snippet">
          <pre tabIndex={0}>{curl}</pre>
          <Copy text={() => curl} label="Copy both lines" />
        </div>
        <p className="muted">Then call it here, or with the command that its page offers to copy.</p>
      </section>
    </div>
  );
}
