import { Fragment } from "react";
import { problemLine, problemOf } from "../api/problems";
import { isUnreachable, useInvocation, useInvocations, useLogs } from "../api/queries";
import type { Invocation } from "../api/types";
import { Copy } from "../parts/copy";
import { ChevronIcon } from "../parts/icons";
import { Ago } from "../parts/now";
import { ProblemCard, shortId } from "../parts/problem";
import { sourceFile } from "../python/source";
import { codeHref, functionHref, invocationHref, Link, navigate, useQueryValue } from "../router";
import { useStored } from "../stored";
import { formatBytes, formatDuration, formatExact } from "../values/format";
import { rowName, visibleLines } from "../values/visible";
import { moveBetweenRows } from "./functions";
import { LatencyPlot } from "./latency-plot";

const filters: { value: string | null; label: string }[] = [
  { value: null, label: "All" },
  { value: "ok", label: "Succeeded" },
  { value: "error", label: "Failed" },
];

export function Invocations({ name, open }: { name: string; open: string | null }) {
  const [status, setStatus] = useQueryValue("status");
  const [live, setLive] = useStored("local", "live", true);
  const query = useInvocations(name, status, live);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const openElsewhere = open !== null && query.isSuccess && !items.some((one) => one.id === open);
  const toggle = (id: string) => {
    const href = id === open ? functionHref(name, "invocations") : invocationHref(name, id);
    navigate(href + location.search);
  };
  return (
    <>
      <div className="toolbar">
        <div className="segments" role="group" aria-label="Filter by status">
          {filters.map(({ value, label }) => (
            <button
              key={label}
              type="button"
              aria-pressed={status === value}
              onClick={() => setStatus(value)}
            >
              {label}
            </button>
          ))}
        </div>
        <label className="check">
          <input type="checkbox" checked={live} onChange={(event) => setLive(() => event.target.checked)} />
          Live
        </label>
        {!live && (
          <button type="button" className="button small" onClick={() => void query.refetch()}>
            Refresh
          </button>
        )}
      </div>
      {query.error && !isUnreachable(query.error) && (
        <ProblemCard problem={problemOf(query.error)}>
          <button type="button" className="button small" onClick={() => void query.refetch()}>
            Try again
          </button>
        </ProblemCard>
      )}
      {query.isPending && <p className="muted loading">Loading the invocations…</p>}
      {openElsewhere && <SingleInvocation id={open} />}
      {query.isSuccess && items.length === 0 && (
        <NoInvocations name={name} status={status} onAll={() => setStatus(null)} />
      )}
      {items.length > 0 && (
        <>
          <LatencyPlot invocations={items} />
          <InvocationTable items={items} open={open} onToggle={toggle} />
        </>
      )}
      {query.hasNextPage && (
        <p className="more">
          <button
            type="button"
            className="button"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? "Loading…" : "Load older"}
          </button>
        </p>
      )}
    </>
  );
}

function NoInvocations({ name, status, onAll }: { name: string; status: string | null; onAll: () => void }) {
  if (status !== null) {
    return (
      <p className="empty">
        No invocation {status === "ok" ? "succeeded" : "failed"} yet.{" "}
        <button type="button" className="link" onClick={onAll}>
          Show all
        </button>
      </p>
    );
  }
  return (
    <p className="empty">
      {name} has not been called yet. <Link href={functionHref(name)}>Try it</Link>, and every call appears
      here.
    </p>
  );
}

interface TableProps {
  items: Invocation[];
  open: string | null;
  onToggle: (id: string) => void;
}

function InvocationTable({ items, open, onToggle }: TableProps) {
  return (
    <table className="table invocations-table">
      <thead>
        <tr>
          <th scope="col">Invocation</th>
          <th scope="col" className="wide-only">
            Outcome
          </th>
          <th scope="col" className="number">
            Duration
          </th>
          <th scope="col" className="number wide-only">
            CPU
          </th>
          <th scope="col" className="number wide-only">
            In
          </th>
          <th scope="col" className="number wide-only">
            Out
          </th>
          <th scope="col" className="number wide-only">
            Version
          </th>
          <th scope="col" className="number">
            Started
          </th>
        </tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {items.map((one) => (
          <Fragment key={one.id}>
            <InvocationRow one={one} isOpen={one.id === open} onToggle={onToggle} />
            {one.id === open && (
              <tr className="details-row">
                <td colSpan={8}>
                  <Details one={one} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function InvocationRow({
  one,
  isOpen,
  onToggle,
}: {
  one: Invocation;
  isOpen: boolean;
  onToggle: (id: string) => void;
}) {
  return (
    <tr className={isOpen ? "open" : undefined}>
      <th scope="row">
        <button
          type="button"
          className="row-link disclosure"
          data-row
          aria-expanded={isOpen}
          title={one.id}
          onClick={() => onToggle(one.id)}
        >
          <ChevronIcon />
          <code>{shortId(one.id)}</code>
        </button>
        <span className="narrow-only sub">
          <Outcome one={one} />
        </span>
      </th>
      <td className="outcome wide-only">
        <Outcome one={one} />
      </td>
      <td className="number">{formatDuration(one.duration_us)}</td>
      <td className="number wide-only muted">{formatDuration(one.cpu_us)}</td>
      <td className="number wide-only muted">{formatBytes(one.input_bytes)}</td>
      <td className="number wide-only muted">{formatBytes(one.output_bytes)}</td>
      <td className="number wide-only muted">{one.version}</td>
      <td className="number muted">
        <Ago time={one.started} />
      </td>
    </tr>
  );
}

function Outcome({ one }: { one: Invocation }) {
  if (one.error) return <span className="status error">{problemLine(one.error)}</span>;
  return <span className="status ok">{rowName(one.export ?? "ok")}</span>;
}

function SingleInvocation({ id }: { id: string }) {
  const query = useInvocation(id);
  if (query.isPending) return <p className="muted loading">Loading invocation {shortId(id)}…</p>;
  if (query.error) return <ProblemCard problem={problemOf(query.error)} />;
  return (
    <section className="card" aria-label={`Invocation ${id}`}>
      <Details one={query.data} />
    </section>
  );
}

function Details({ one }: { one: Invocation }) {
  const logs = useLogs(one.id, one.log_bytes > 0);
  return (
    <div className="details">
      <p className="details-facts">
        <span className="details-id">
          <code>{one.id}</code>
          <Copy text={() => one.id} label="Copy the invocation's id" />
        </span>
        <span>{formatExact(one.started)}</span>
        <span>
          {formatDuration(one.duration_us)}, {formatDuration(one.cpu_us)} CPU
        </span>
        <span>version {one.version}</span>
      </p>
      {one.error && (
        <ProblemCard
          problem={one.error}
          settingsHref={functionHref(one.function, "settings")}
          sourceFile={sourceFile(one.function)}
          lineHref={(line, file) => codeHref(one.function, one.version, line, file)}
        />
      )}
      <div className="details-texts">
        <Kept title="Input" text={one.input} sizeBytes={one.input_bytes} />
        {!one.error && <Kept title="Output" text={one.output} sizeBytes={one.output_bytes} />}
      </div>
      {one.log_bytes > 0 && (
        <div>
          <h2>Log</h2>
          {logs.isPending && <p className="muted">Loading the log…</p>}
          {logs.error && <ProblemCard problem={problemOf(logs.error)} />}
          {logs.data && (
            <pre className="output" tabIndex={0}>
              {visibleLines(logs.data)}
            </pre>
          )}
        </div>
      )}
    </div>
  );
}

function Kept({ title, text, sizeBytes }: { title: string; text: string | null; sizeBytes: number }) {
  return (
    <div>
      <h2>
        {title} <span className="muted">{formatBytes(sizeBytes)}</span>
      </h2>
      {text === null ? (
        <p className="muted">{sizeBytes === 0 ? "Empty." : "Not kept: larger than 4 KiB, or not text."}</p>
      ) : text === "" ? (
        <p className="muted">Empty.</p>
      ) : (
        <pre className="output" tabIndex={0}>
          {visibleLines(text)}
        </pre>
      )}
    </div>
  );
}
