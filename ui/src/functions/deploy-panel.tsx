import { useRef, type KeyboardEvent } from "react";
import { missingImports } from "../api/problems";
import { useFunctions, useModuleText } from "../api/queries";
import type { ExportedFunction, Module } from "../api/types";
import { AlertIcon, CloseIcon, PenIcon, UploadIcon } from "../parts/icons";
import { ProblemCard } from "../parts/problem";
import { useWaitText } from "../python/deploy";
import { newDraftKey } from "../python/draft";
import { besideFile, isOfFile, markOf } from "../python/marks";
import { isArchiveFile, nameWarning, sourceFile, withPlainLineEnds } from "../python/source";
import { Link, navigate, newPythonHref } from "../router";
import { writeStored } from "../stored";
import { formatBytes } from "../values/format";
import { rowName, visibleLines } from "../values/visible";
import { moduleFileEndings, nameError } from "./name";
import { usePending, type Pending } from "./pending";
import { typeText } from "./signature";

/** Opens the file dialog; the same input serves the button, the drop zone and the key n. */
export function ChooseFiles({ big = false, primary = true }: { big?: boolean; primary?: boolean }) {
  const { add } = usePending();
  const input = useRef<HTMLInputElement>(null);
  const choose = () => input.current?.click();
  return (
    <>
      <input
        ref={input}
        id={big ? "zone-files" : "deploy-files"}
        className="visually-hidden"
        type="file"
        multiple
        accept={moduleFileEndings}
        tabIndex={-1}
        aria-label={big ? "Files to deploy, from the drop zone" : "Files to deploy"}
        onChange={(event) => {
          add(event.target.files ?? []);
          event.target.value = "";
        }}
      />
      {big ? (
        <button type="button" className="drop-zone" onClick={choose}>
          <UploadIcon />
          <span>
            Drop a <code>.wasm</code>, <code>.wat</code>, <code>.py</code> or <code>.zip</code> here, or{" "}
            <u>choose a file</u>
          </span>
        </button>
      ) : (
        <button
          type="button"
          id="choose-files"
          className={primary ? "button primary" : "button"}
          onClick={choose}
          title="Choose files to deploy (n)"
        >
          <UploadIcon /> {primary ? "Deploy" : "Add files"}
        </button>
      )}
    </>
  );
}

/** The way to write a function here. */
export function WritePython() {
  return (
    <Link id="write-python" href={newPythonHref} className="button" title="Write or paste Python (p)">
      <PenIcon /> <span className="wide-only">Write</span> Python
    </Link>
  );
}

/** On a function's page: the chosen file becomes its next version. */
export function ChooseVersion({ name }: { name: string }) {
  const { add } = usePending();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        className="visually-hidden"
        type="file"
        accept={moduleFileEndings}
        tabIndex={-1}
        aria-label={`File for the next version of ${name}`}
        onChange={(event) => {
          add(event.target.files ?? [], name);
          event.target.value = "";
          navigate("/functions");
        }}
      />
      <button
        type="button"
        id="choose-files"
        className="button"
        title="Choose a file (n), or drop one on the page"
        onClick={() => input.current?.click()}
      >
        <UploadIcon /> New version
      </button>
    </>
  );
}

/** Uploaded files that wait for a name and a press of Deploy. */
export function PendingList() {
  const { items, deploy } = usePending();
  if (items.length === 0) return null;
  const deployable = items.filter(
    (one) => one.stage === "ready" && !nameError(one.name) && missingOf(one).length === 0,
  );
  return (
    <section className="card pending" aria-label="Ready to deploy">
      <ul>
        {items.map((item) => (
          <PendingRow key={item.key} item={item} alone={deployable.length < 2} />
        ))}
      </ul>
      {deployable.length > 1 && (
        <p className="pending-all">
          <button
            type="button"
            className="button primary"
            onClick={() => void deploy(deployable.map((one) => one.key))}
          >
            Deploy all {deployable.length}
          </button>
        </p>
      )}
    </section>
  );
}

function missingOf(item: Pending) {
  return item.module ? missingImports(item.module.imports) : [];
}

function PendingRow({ item, alone }: { item: Pending; alone: boolean }) {
  const { rename, discard, deploy } = usePending();
  const functions = useFunctions();
  const missing = missingOf(item);
  const wrongName = nameError(item.name);
  const existing = functions.data?.find((one) => one.name === item.name);
  const busy = item.stage === "deploying";
  const isPython = item.module?.dialect === "python";
  // The files of an archive have names of their own.
  const isArchive = isArchiveFile(item.file);
  const odd = isPython && !isArchive ? nameWarning(item.name) : null;
  const wait = useWaitText(busy);
  const canDeploy = item.stage === "ready" && wrongName === null && missing.length === 0;
  const run = () => canDeploy && void deploy([item.key]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") run();
    if (event.key === "Escape") discard(item.key);
  };
  const nameId = `name-${item.key}`;
  const file = rowName(item.file);
  return (
    <li className="pending-row">
      <div className="pending-file">
        <strong>{file}</strong>
        <span className="muted">
          {formatBytes(item.sizeBytes)}
          {item.module && ` · ${moduleText(item.module)}`}
        </span>
      </div>
      {item.stage === "uploading" && <UploadProgress item={item} />}
      {(item.stage === "ready" || busy) && (
        <div className="pending-name">
          <label htmlFor={nameId}>Name</label>
          <input
            id={nameId}
            className="input"
            value={item.name}
            autoFocus
            spellCheck={false}
            autoComplete="off"
            aria-invalid={wrongName !== null}
            aria-describedby={`${nameId}-hint`}
            onChange={(event) => rename(item.key, event.target.value)}
            onKeyDown={onKey}
          />
          <button
            type="button"
            className={alone ? "button primary" : "button"}
            disabled={!canDeploy || busy}
            onClick={run}
          >
            {busy ? "Deploying…" : "Deploy"}
          </button>
          <span
            id={`${nameId}-hint`}
            className={(wrongName ?? odd) ? "hint error" : "hint"}
            aria-live="polite"
          >
            {isPython && busy ? wait : (wrongName ?? odd ?? nextVersionText(item, existing?.versions))}
          </span>
        </div>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label={`Discard ${file}`}
        title="Discard"
        onClick={() => discard(item.key)}
      >
        <CloseIcon />
      </button>
      {missing.length > 0 && (
        <div className="pending-problem">
          <div className="problem" role="alert">
            <p className="problem-title">
              <AlertIcon />
              <span>
                {missing.length === 1 ? "An import is missing" : `${missing.length} imports are missing`}
              </span>
              <code className="problem-code">unsupported</code>
            </p>
            <ul className="missing">
              {missing.slice(0, 8).map((one) => (
                <li key={one.name}>
                  <code>{one.name}</code> <span className="muted">{one.type}</span> — {one.problem}
                </li>
              ))}
            </ul>
            {missing.length > 8 && <p className="muted">and {missing.length - 8} more</p>}
            <p className="problem-advice">
              Build the module without {missing.length === 1 ? "it" : "them"}, or for an interface that this
              server has.
            </p>
          </div>
        </div>
      )}
      {item.problem && (
        <div className="pending-problem">
          <ProblemCard
            problem={besideFile(item.problem)}
            {...(item.module && !isRefused(item) ? {} : { title: `${file} cannot be used` })}
            advice={item.hint ?? (isArchive && isRefused(item) ? mendText : undefined)}
          >
            {isRefused(item) && !isArchive && <EditHere item={item} />}
          </ProblemCard>
          {item.excerpt && <Excerpt excerpt={item.excerpt} />}
        </div>
      )}
    </li>
  );
}

const mendText = "Change the file where it came from, pack the archive again, and drop it here.";

// The server has the file of Python, and Python does not take it.
function isRefused({ module, problem }: Pending): boolean {
  return module?.dialect === "python" && problem !== null && isOfFile(problem);
}

/** Opens the file, which the server has, where it can be mended. */
function EditHere({ item }: { item: Pending }) {
  const { discard } = usePending();
  const source = useModuleText(item.module?.id ?? "");
  const text = source.data?.text;
  if (typeof text !== "string" || source.data?.cut) return null;
  const mark = item.problem && markOf(item.problem, sourceFile(item.name));
  const open = () => {
    writeStored("local", newDraftKey, { name: item.name, text: withPlainLineEnds(text) });
    discard(item.key);
    navigate(mark ? `${newPythonHref}?line=${mark.line}` : newPythonHref);
  };
  return (
    <button type="button" className="button small" onClick={open}>
      Edit it here
    </button>
  );
}

/** The line that the problem is about, with a mark under the column. */
function Excerpt({ excerpt }: { excerpt: NonNullable<Pending["excerpt"]> }) {
  const number = String(excerpt.line);
  const file = excerpt.file === undefined ? null : rowName(excerpt.file);
  // Tabs stay tabs, so that the mark stands under its column whatever their width.
  const before = visibleLines(excerpt.text.slice(0, excerpt.column - 1)).replace(/[^\t]/g, " ");
  return (
    <pre className="excerpt" tabIndex={0} aria-label={file ? `Line ${number} of ${file}` : `Line ${number}`}>
      {file && <span className="muted">{`${file}\n`}</span>}
      <span className="muted">{number}</span> {visibleLines(excerpt.text)}
      {"\n"}
      {" ".repeat(number.length)} {before}
      <span className="error">^</span>
    </pre>
  );
}

function moduleText({ dialect, exports }: Module): string {
  return dialect === "python" ? dialect : `${dialect} · ${exportsText(exports)}`;
}

function exportsText(exports: ExportedFunction[]): string {
  if (exports.length === 0) return "no callable exports";
  const [first] = exports;
  return exports.length === 1 && first
    ? `${rowName(first.name)} ${typeText(first)}`
    : `${exports.length} exports`;
}

function nextVersionText(item: Pending, versions: number | undefined): string {
  return versions === undefined
    ? "a new function"
    : `${item.name} exists: this becomes version ${versions + 1}`;
}

function UploadProgress({ item }: { item: Pending }) {
  const percent = Math.round(item.progress * 100);
  return (
    <div className="pending-progress">
      <progress value={percent} max={100} aria-label={`Upload of ${rowName(item.file)}`} />
      <span className="muted">{percent < 100 ? `uploading, ${percent} %` : "compiling…"}</span>
    </div>
  );
}
