import { moduleBytesPath } from "../api/client";
import { problemOf } from "../api/problems";
import { isUnreachable, useModule, useModuleText, useVersions } from "../api/queries";
import type { FunctionRecord, ImportedItem, Module } from "../api/types";
import { signatureText } from "../functions/signature";
import { Copy } from "../parts/copy";
import { DownloadIcon } from "../parts/icons";
import { ListFilter, ShowAll, useLongList, type LongList } from "../parts/long-list";
import { LongText } from "../parts/long-text";
import { Ago } from "../parts/now";
import { ProblemCard } from "../parts/problem";
import { ServerLink } from "../parts/server-link";
import { sourceFile } from "../python/source";
import { functionHref, Link, useQueryValue } from "../router";
import { formatBytes } from "../values/format";
import { cut, rowName, visible } from "../values/visible";
import { ArchiveCode } from "./python-archive";
import { PythonCode } from "./python-code";
import { SourceText } from "./source-text";

// Of a signature, before it is asked for.
const itemMax = 200;

/** What a version is made of: its text when it came as text, and what it exports and needs. */
export function Code({ found }: { found: FunctionRecord }) {
  const [wanted] = useQueryValue("version");
  const version = wanted === null ? found.version : Number(wanted);
  const isCurrent = version === found.version;
  const versions = useVersions(found.name);
  const chosen = isCurrent ? found : versions.data?.items.find((one) => one.version === version);
  const id = chosen?.module;
  if (chosen === undefined && versions.isPending)
    return <p className="muted loading">Loading the versions…</p>;
  if (chosen === undefined || id === undefined) {
    return (
      <div className="empty">
        <p>
          {found.name} has no version {rowName(wanted ?? "")}.
        </p>
        <p>
          <Link href={functionHref(found.name, "code")} className="button">
            Code of version {found.version}
          </Link>
        </p>
      </div>
    );
  }
  return (
    <>
      {!isCurrent && (
        <p className="code-version">
          This is version {version}. Calls run version {found.version}.{" "}
          <Link href={functionHref(found.name, "code")}>Show that</Link>
        </p>
      )}
      <ModuleView key={id} id={id} found={found} version={version} warm={chosen.state === "warm"} />
    </>
  );
}

interface ModuleViewProps {
  id: string;
  found: FunctionRecord;
  version: number;
  /** Whether that version is. */
  warm: boolean;
}

function ModuleView({ id, found, version, warm }: ModuleViewProps) {
  const module = useModule(id);
  const text = useModuleText(id);
  const error = module.error ?? text.error;
  if (error) {
    if (isUnreachable(error)) return null;
    return (
      <ProblemCard problem={problemOf(error)}>
        <button
          type="button"
          className="button small"
          onClick={() => void Promise.all([module.refetch(), text.refetch()])}
        >
          Try again
        </button>
      </ProblemCard>
    );
  }
  if (!module.data || !text.data) return <p className="muted loading">Loading the module…</p>;
  const source = text.data.text;
  if (module.data.dialect === "python" && source !== null) {
    const { cut } = text.data;
    return (
      <div className="code">
        <PythonCode found={found} version={version} source={{ text: source, cut }} />
        <ModuleFacts module={module.data} file={sourceFile(found.name)} form="Python source" warm={warm} />
      </div>
    );
  }
  if (module.data.dialect === "python") {
    return (
      <div className="code">
        <ArchiveCode found={found} version={version} module={module.data} />
        <ModuleFacts
          module={module.data}
          file={`${found.name}.zip`}
          form="archive of Python files"
          warm={warm}
        />
      </div>
    );
  }
  const isText = source !== null;
  return (
    <div className="code">
      {isText && (
        <SourceText
          title="Text"
          text={source}
          cut={text.data.cut}
          actions={<Copy text={() => source} label="Copy the text" visible="Copy" />}
        />
      )}
      <ModuleFacts
        module={module.data}
        file={`${found.name}.${isText ? "wat" : "wasm"}`}
        form={isText ? "WebAssembly text" : "binary module"}
        warm={warm}
      />
      <Exports module={module.data} />
      <Imports imports={module.data.imports} />
    </div>
  );
}

interface ModuleFactsProps {
  module: Module;
  file: string;
  form: string;
  /** Whether the version that it belongs to is. */
  warm: boolean;
}

function ModuleFacts({ module, file, form, warm }: ModuleFactsProps) {
  const memories = module.memories ?? [];
  return (
    <section className="card" aria-labelledby="module-title">
      <div className="section-head">
        <h2 id="module-title">Module</h2>
        <ServerLink href={moduleBytesPath(module.id)} name={file} className="button" download>
          <DownloadIcon /> Download {file}
        </ServerLink>
      </div>
      <dl className="facts-list">
        <div>
          <dt>Form</dt>
          <dd>{form}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd>{formatBytes(module.size_bytes)}</dd>
        </div>
        <div>
          <dt>Dialect</dt>
          <dd>{module.dialect}</dd>
        </div>
        <div>
          <dt>State</dt>
          <dd>
            {warm
              ? "warm: calls see what earlier calls left"
              : `${module.state}: ${visible(module.state_reason)}`}
          </dd>
        </div>
        {memories.length > 0 && (
          <div>
            <dt>Memory</dt>
            <dd>{memories.map(memoryText).join("; ")}</dd>
          </div>
        )}
        <div>
          <dt>Uploaded</dt>
          <dd>
            <Ago time={module.created} suffix=" ago" />
          </dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd className="module-id">
            <code>{module.id}</code> <Copy text={() => module.id} label="Copy the module's id" />
          </dd>
        </div>
      </dl>
    </section>
  );
}

const pageBytes = 64 * 1024;

function memoryText(memory: NonNullable<Module["memories"]>[number]): string {
  const most =
    memory.max_pages === null
      ? "no limit of its own"
      : `at most ${formatBytes(memory.max_pages * pageBytes)}`;
  const kind = `${memory.memory64 ? ", 64-bit" : ""}${memory.shared ? ", shared" : ""}`;
  return `${formatBytes(memory.min_pages * pageBytes)}, ${most}${kind}`;
}

function Exports({ module }: { module: Module }) {
  const list = useLongList(module.exports, (one) => one.name);
  return (
    <section className="card" aria-labelledby="code-exports-title">
      <h2 id="code-exports-title">Exported functions</h2>
      {module.exports.length === 0 && <p className="muted">None.</p>}
      <ListFilter list={list} label="Filter the exported functions" />
      <ul className="code-list" ref={list.rows}>
        {list.shown.map((one) => (
          <li key={one.name}>
            <code>
              <LongText text={signatureText(one)} max={itemMax} />
            </code>
          </li>
        ))}
      </ul>
      <NoneFound list={list} />
      <ShowAll list={list} />
    </section>
  );
}

function Imports({ imports }: { imports: ImportedItem[] }) {
  const list = useLongList(imports, importName);
  return (
    <section className="card" aria-labelledby="code-imports-title">
      <h2 id="code-imports-title">Imports</h2>
      {imports.length === 0 && <p className="muted">None: it needs nothing from its host.</p>}
      <ListFilter list={list} label="Filter the imports" />
      <ul className="code-list" ref={list.rows}>
        {list.shown.map((one, at) => (
          <li key={at}>
            <code>
              <LongText text={importName(one)} max={itemMax} />
            </code>{" "}
            <span className="muted">
              {one.kind} {cut(visible(one.type), itemMax)} ·{" "}
              {one.problem ?? `provided by ${one.provided_by.join(" or ")}`}
            </span>
          </li>
        ))}
      </ul>
      <NoneFound list={list} />
      <ShowAll list={list} />
    </section>
  );
}

function importName(one: ImportedItem): string {
  return `${one.module}.${one.name}`;
}

function NoneFound<T>({ list }: { list: LongList<T> }) {
  if (list.found.length > 0 || list.all.length === 0) return null;
  return <p className="muted">No name contains “{cut(list.filter.trim(), 40)}”.</p>;
}
