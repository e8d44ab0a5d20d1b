import type { ReactNode } from "react";
import { ProblemError, problemOf } from "../api/problems";
import { isUnreachable, useFunction } from "../api/queries";
import type { FunctionRecord } from "../api/types";
import { ChooseVersion } from "../functions/deploy-panel";
import { Copy } from "../parts/copy";
import { Ago } from "../parts/now";
import { ProblemCard } from "../parts/problem";
import { functionHref, Link, type FunctionTab } from "../router";
import { rowName } from "../values/visible";
import { Code } from "./code";
import { FunctionSettings } from "./function-settings";
import { Invocations } from "./invocations";
import { Try } from "./try";
import { Versions } from "./versions";

const tabs: { tab: FunctionTab; label: string }[] = [
  { tab: "try", label: "Try" },
  { tab: "code", label: "Code" },
  { tab: "invocations", label: "Invocations" },
  { tab: "versions", label: "Versions" },
  { tab: "settings", label: "Settings" },
];

interface FunctionPageProps {
  name: string;
  tab: FunctionTab;
  /** The invocation whose row is open. */
  invocation: string | null;
}

export function FunctionPage({ name, tab, invocation }: FunctionPageProps) {
  const query = useFunction(name);
  const found = query.data;
  const gone = query.error instanceof ProblemError && query.error.problem.code === "not_found";
  return (
    <div className="page">
      <div className="page-head function-head">
        <h1>
          <Link href="/functions" className="crumb">
            Functions
          </Link>
          <span className="crumb-slash" aria-hidden="true">
            /
          </span>
          {rowName(name)}
        </h1>
        {found && !gone && <ChooseVersion name={name} />}
      </div>
      {found && !gone && <Facts found={found} />}
      {gone ? (
        <NotThere name={name} />
      ) : (
        <>
          <nav className="tabs" aria-label={`Pages of ${rowName(name)}`}>
            {tabs.map(({ tab: each, label }) => (
              <Link
                key={each}
                href={functionHref(name, each)}
                aria-current={each === tab ? "page" : undefined}
              >
                {label}
              </Link>
            ))}
          </nav>
          {query.error && !isUnreachable(query.error) && (
            <ProblemCard problem={problemOf(query.error)}>
              <button type="button" className="button small" onClick={() => void query.refetch()}>
                Try again
              </button>
            </ProblemCard>
          )}
          {!found && query.isPending && <p className="muted loading">Loading {rowName(name)}…</p>}
          {found && tabContent(found, tab, invocation)}
        </>
      )}
    </div>
  );
}

function tabContent(found: FunctionRecord, tab: FunctionTab, invocation: string | null): ReactNode {
  switch (tab) {
    case "try":
      return <Try found={found} />;
    case "code":
      return <Code found={found} />;
    case "invocations":
      return <Invocations name={found.name} open={invocation} />;
    case "versions":
      return <Versions found={found} />;
    case "settings":
      return <FunctionSettings key={found.version} found={found} />;
  }
}

function Facts({ found }: { found: FunctionRecord }) {
  return (
    <p className="facts">
      <span>{found.dialect}</span>
      <Link href={functionHref(found.name, "versions")}>version {found.version}</Link>
      <span>
        <code title={found.module}>
          <span className="wide-only">sha256:</span>
          {shortModule(found.module)}
        </code>
        <Copy text={() => found.module} label="Copy the module's id" />
      </span>
      <span className="deployed">
        deployed <Ago time={found.deployed} suffix=" ago" />
      </span>
      {found.state === "warm" && <span className="badge warm">warm: calls see what earlier calls left</span>}
    </p>
  );
}

/** "4f0c21ab…": every id starts with sha256:, so that says nothing. */
export function shortModule(id: string): string {
  return `${id.replace(/^sha256:/, "").slice(0, 10)}…`;
}

function NotThere({ name }: { name: string }) {
  return (
    <div className="empty">
      <p>
        There is no function <strong>{rowName(name)}</strong>. It may have been deleted, or the address has a
        typing error.
      </p>
      <p>
        <Link href="/functions" className="button">
          All functions
        </Link>
      </p>
    </div>
  );
}
