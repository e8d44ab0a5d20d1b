import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { problemOf } from "../api/problems";
import { isUnreachable, showVersion, useVersions } from "../api/queries";
import type { FunctionRecord, VersionRecord } from "../api/types";
import { Confirm } from "../parts/confirm";
import { Ago } from "../parts/now";
import { useNotice } from "../parts/notices";
import { ProblemCard } from "../parts/problem";
import { codeHref, Link } from "../router";
import { formatBytes, formatDuration } from "../values/format";
import { shortModule } from "./function";

export function Versions({ found }: { found: FunctionRecord }) {
  const query = useVersions(found.name);
  const [target, setTarget] = useState<VersionRecord | null>(null);
  const notice = useNotice();
  const rollback = useMutation({
    mutationFn: (version: number) => api.rollback(found.name, version),
    onSuccess: (now) => {
      showVersion(now);
      setTarget(null);
      notice(`${found.name} runs version ${now.version}`);
    },
  });
  if (query.isPending) return <p className="muted loading">Loading the versions…</p>;
  if (query.error && !query.data) {
    if (isUnreachable(query.error)) return null;
    return (
      <ProblemCard problem={problemOf(query.error)}>
        <button type="button" className="button small" onClick={() => void query.refetch()}>
          Try again
        </button>
      </ProblemCard>
    );
  }
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Module</th>
            <th scope="col" className="wide-only">
              Dialect
            </th>
            <th scope="col" className="wide-only">
              Limits
            </th>
            <th scope="col" className="number">
              Deployed
            </th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {query.data.items.map((one) => (
            <tr key={one.version}>
              <th scope="row">{one.version}</th>
              <td>
                <Link href={codeHref(found.name, one.version)} title={`Code of version ${one.version}`}>
                  <code>{shortModule(one.module)}</code>
                </Link>
              </td>
              <td className="wide-only muted">
                {one.dialect}
                {one.state === "warm" && ", warm"}
              </td>
              <td className="wide-only muted">
                {formatDuration(one.limits.deadline_ms * 1000)}, {formatBytes(one.limits.memory_bytes)}
              </td>
              <td className="number muted">
                <Ago time={one.deployed} />
              </td>
              <td className="row-action">
                {one.current ? (
                  <span className="badge">current</span>
                ) : (
                  <button type="button" className="button small" onClick={() => setTarget(one)}>
                    {verb(one, found)}
                    <span className="visually-hidden"> to version {one.version}</span>
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {query.data.items.length === 1 && (
        <p className="muted table-note">
          Each deploy adds a version. Older ones stay, so that you can go back.
        </p>
      )}
      {target && (
        <Confirm
          title={`${verb(target, found)} ${found.name} to version ${target.version}?`}
          action={`${verb(target, found)} to version ${target.version}`}
          busy={rollback.isPending}
          error={rollback.error}
          onConfirm={() => rollback.mutate(target.version)}
          onClose={() => {
            setTarget(null);
            rollback.reset();
          }}
        >
          <p>
            New calls run version {target.version} at once. Version {found.version} stays, and you can return
            to it the same way.
          </p>
        </Confirm>
      )}
    </>
  );
}

// After a rollback, newer versions stand above the current one.
function verb(target: VersionRecord, found: FunctionRecord): string {
  return target.version < found.version ? "Roll back" : "Roll forward";
}
