import { useEffect, useMemo, useRef, useState, type ReactNode, type SyntheticEvent } from "react";
import { problemOf } from "../api/problems";
import { isUnreachable, useArchive, useArchiveFile } from "../api/queries";
import type { FunctionRecord, Module } from "../api/types";
import { Copy } from "../parts/copy";
import { ChevronIcon } from "../parts/icons";
import { ListFilter, ShowAll, useLongList, type LongList } from "../parts/long-list";
import { ProblemCard } from "../parts/problem";
import type { Archive } from "../python/archive";
import { linkedPath, openedBytesMax, treeOf, type ArchiveDirectory, type ArchiveFile } from "../python/files";
import { isPythonFile } from "../python/source";
import { codeHref, Link, useQueryValue } from "../router";
import { formatBytes, formatWhole } from "../values/format";
import { cut, rowName } from "../values/visible";
import { moveBetweenRows } from "./functions";
import { highlighted } from "./highlighted";
import { SourceText } from "./source-text";

interface ArchiveCodeProps {
  found: FunctionRecord;
  /** The one that is shown. */
  version: number;
  module: Module;
}

/** The files of a Python function that came as an archive, to read: it is changed where they came from. */
export function ArchiveCode({ found, version, module }: ArchiveCodeProps) {
  const [isWanted, setWanted] = useState(module.size_bytes <= openedBytesMax);
  const archive = useArchive(module.id, isWanted);
  if (!isWanted) {
    return (
      <section className="card" aria-labelledby="files-title">
        <h2 id="files-title">Files</h2>
        <p className="muted">
          They are listed by the browser, which fetches all {formatBytes(module.size_bytes)} for that.
        </p>
        <p className="list-more">
          <button type="button" className="button" onClick={() => setWanted(true)}>
            Show its files
          </button>
        </p>
      </section>
    );
  }
  if (archive.error) {
    if (isUnreachable(archive.error)) return null;
    return (
      <ProblemCard problem={problemOf(archive.error)}>
        <button type="button" className="button small" onClick={() => void archive.refetch()}>
          Try again
        </button>
      </ProblemCard>
    );
  }
  if (!archive.data) return <p className="muted loading">Opening the archive…</p>;
  const hrefOf = (path: string) => codeHref(found.name, version, undefined, path);
  return <OpenArchive name={found.name} id={module.id} archive={archive.data} hrefOf={hrefOf} />;
}

interface OpenArchiveProps {
  name: string;
  id: string;
  archive: Archive;
  hrefOf: (path: string) => string;
}

function OpenArchive({ name, id, archive, hrefOf }: OpenArchiveProps) {
  const [wanted] = useQueryValue("file");
  const shown = wanted ?? archive.loaded ?? archive.files[0]?.path ?? "";
  return (
    <div className="archive">
      <Files archive={archive} shown={shown} hrefOf={hrefOf}>
        <p className="hint">
          To change them, change the files where they came from. Then drop a new archive here, or run{" "}
          <code>weft deploy {name} DIRECTORY</code>.
        </p>
      </Files>
      <FileText key={shown} id={id} archive={archive} path={shown} hrefOf={hrefOf} />
    </div>
  );
}

interface FilesProps {
  archive: Archive;
  /** The path of the file whose text is shown. */
  shown: string;
  hrefOf: (path: string) => string;
  children: ReactNode;
}

function Files({ archive, shown, hrefOf, children }: FilesProps) {
  const { files, loaded } = archive;
  const filtered = useLongList(files, (one) => one.path);
  const isFiltered = filtered.filter.trim() !== "";
  const box = useRef<HTMLDivElement>(null);
  // Of the list alone: the page stays where it is.
  useEffect(() => {
    const row = box.current?.querySelector<HTMLElement>("[aria-current]");
    if (box.current && row) box.current.scrollTop = row.offsetTop - box.current.clientHeight / 2;
  }, [shown]);
  const tree = useMemo(() => treeOf(files, loaded), [files, loaded]);
  const rows = { loaded, shown, hrefOf };
  return (
    <nav className="card archive-files" aria-labelledby="files-title">
      <div className="section-head">
        <h2 id="files-title">Files</h2>
        <span className="muted">{formatBytes(totalOf(files))} unpacked</span>
      </div>
      <ListFilter list={filtered} label="Filter the files" />
      <div ref={box} className="archive-list" onKeyDown={moveBetweenRows}>
        {isFiltered ? (
          <FileRows list={filtered} from={0} {...rows} />
        ) : (
          <>
            <Top files={tree.top} {...rows} />
            <Directories directories={tree.directories} {...rows} />
          </>
        )}
        {filtered.found.length === 0 && (
          <p className="muted">No path contains “{cut(filtered.filter.trim(), 40)}”.</p>
        )}
      </div>
      {children}
    </nav>
  );
}

function totalOf(files: ArchiveFile[]): number {
  return files.reduce((sum, one) => sum + one.sizeBytes, 0);
}

type RowsProps = Pick<FilesProps, "shown" | "hrefOf"> & { loaded: string | null };

function Top({ files, ...rows }: RowsProps & { files: ArchiveFile[] }) {
  const at = files.findIndex((one) => one.path === rows.shown);
  const list = useLongList(files, (one) => one.path, at);
  return <FileRows list={list} from={0} {...rows} />;
}

function Directories({ directories, ...rows }: RowsProps & { directories: ArchiveDirectory[] }) {
  const at = directories.findIndex((one) => isBelow(rows.shown, one) && rows.shown !== rows.loaded);
  const list = useLongList(directories, (one) => one.name, at);
  return (
    <>
      <ul ref={list.rows}>
        {list.shown.map((one) => (
          <li key={one.name}>
            <Directory directory={one} {...rows} />
          </li>
        ))}
      </ul>
      <ShowAll list={list} />
    </>
  );
}

function isBelow(path: string, directory: ArchiveDirectory): boolean {
  return path.startsWith(`${directory.name}/`);
}

function Directory({ directory, ...rows }: RowsProps & { directory: ArchiveDirectory }) {
  const at = directory.files.findIndex((one) => one.path === rows.shown);
  const hasShown = at >= 0;
  const [isOpen, setOpen] = useState(hasShown);
  const list = useLongList(directory.files, (one) => one.path, at);
  useEffect(() => {
    if (hasShown) setOpen(true);
  }, [hasShown]);
  return (
    <details
      open={isOpen}
      onToggle={(event: SyntheticEvent<HTMLDetailsElement>) => setOpen(event.currentTarget.open)}
    >
      <summary className="archive-row" data-row>
        <ChevronIcon />
        <span className="archive-name">{rowName(directory.name)}/</span>
        <span className="archive-size">
          {directory.files.length === 1 ? "1 file" : `${formatWhole(directory.files.length)} files`}
        </span>
      </summary>
      {isOpen && <FileRows list={list} from={directory.name.length + 1} {...rows} />}
    </details>
  );
}

interface FileRowsProps extends RowsProps {
  list: LongList<ArchiveFile>;
  /** How much of each path stands above the rows already. */
  from: number;
}

function FileRows({ list, from, loaded, shown, hrefOf }: FileRowsProps) {
  return (
    <>
      <ul ref={list.rows}>
        {list.shown.map((one) => (
          <li key={one.path}>
            <Link
              href={hrefOf(one.path)}
              className="archive-row"
              data-row
              aria-current={one.path === shown ? "true" : undefined}
              title={rowName(one.path)}
            >
              <span className="archive-name">{rowName(one.path.slice(from))}</span>
              {one.path === loaded && (
                <span className="badge" title="Python loads this file">
                  loaded
                </span>
              )}
              <span className="archive-size">{formatBytes(one.sizeBytes)}</span>
            </Link>
          </li>
        ))}
      </ul>
      <ShowAll list={list} />
    </>
  );
}

interface FileTextProps {
  id: string;
  archive: Archive;
  path: string;
  hrefOf: (path: string) => string;
}

function FileText({ id, archive, path, hrefOf }: FileTextProps) {
  const file = useArchiveFile(id, archive, path);
  const content = file.data;
  if (content?.kind === "text" && content.text !== "") {
    const { text } = content;
    return (
      <SourceText
        title={rowName(path)}
        text={text}
        cut={content.cut}
        {...(isPythonFile(path) ? { markUp: highlighted } : {})}
        actions={<Copy text={() => text} label={`Copy ${rowName(path)}`} visible="Copy" />}
      />
    );
  }
  return (
    <section className="card source" aria-labelledby="source-title">
      <div className="section-head">
        <h2 id="source-title">{rowName(path)}</h2>
      </div>
      {file.isPending && <p className="muted">Unpacking…</p>}
      {file.error && <ProblemCard problem={problemOf(file.error)} />}
      {content?.kind === "text" && <p className="muted">It is empty.</p>}
      {content?.kind === "link" && (
        <LinkText path={path} target={content.target} archive={archive} hrefOf={hrefOf} />
      )}
      {content?.kind === "other" && <p className="muted">{content.why} Download the archive to see it.</p>}
      {content === null && <p className="muted">The archive has no such file.</p>}
    </section>
  );
}

function LinkText({ path, target, archive, hrefOf }: Omit<FileTextProps, "id"> & { target: string }) {
  const to = linkedPath(path, target);
  const isThere = to !== null && archive.files.some((one) => one.path === to);
  const text = rowName(target);
  return <p>A symbolic link to {isThere ? <Link href={hrefOf(to)}>{text}</Link> : <code>{text}</code>}.</p>;
}
