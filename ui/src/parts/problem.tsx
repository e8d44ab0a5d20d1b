import type { ReactNode } from "react";
import { adviceFor, frameWhere, isOfModuleText, limitText, positionText } from "../api/problems";
import type { Frame, Problem } from "../api/types";
import { archivePath } from "../python/files";
import { Link } from "../router";
import { nameMax, visible } from "../values/visible";
import { AlertIcon } from "./icons";
import { LongText } from "./long-text";

const detailMax = 600;

interface ProblemProps {
  problem: Problem;
  /** Names the thing that failed, where the server could only say "the request". */
  title?: string;
  /** Where the limits of this function are changed, when a function is concerned. */
  settingsHref?: string;
  /** Where a line of the module's text, or of a file of the archive, is shown, when the version is known. */
  lineHref?: (line: number, file?: string) => string;
  /** The same where the text is on this page. */
  onLine?: (line: number) => void;
  /** What the function's file is called in frames, when it came as a file of source code. */
  sourceFile?: string;
  /** What to do about it, where more is known than the problem tells. */
  advice?: string | undefined;
  /** A way on: "Try again", "Choose another file". */
  children?: ReactNode;
}

/** Any failure, beside what caused it: what happened, where, and what to do next. */
export function ProblemCard(props: ProblemProps) {
  const { problem, title, settingsHref, children } = props;
  const advice = props.advice ?? adviceFor(problem);
  const where = problem.position ? positionText(problem.position) : "";
  const atLimit = problem.limit || problem.code === "deadline_exceeded" || problem.code === "guest_limit";
  return (
    <div className="problem" role="alert">
      <p className="problem-title">
        <AlertIcon />
        <span>{visible(title ?? problem.title)}</span>
        <code className="problem-code">{problem.code}</code>
      </p>
      {problem.detail && problem.detail !== problem.title && (
        <p className="problem-detail">
          <LongText text={problem.detail} max={detailMax} lines />
        </p>
      )}
      {where && !problem.detail?.includes(where) && <p className="problem-where">at {where}</p>}
      {problem.limit && <p className="problem-where">limit {limitText(problem.limit)}</p>}
      {problem.backtrace && problem.backtrace.length > 0 && (
        <Backtrace frames={problem.backtrace} to={props} />
      )}
      {advice && <p className="problem-advice">{advice}</p>}
      {(children || (atLimit && settingsHref)) && (
        <p className="problem-actions">
          {children}
          {atLimit && settingsHref && <Link href={settingsHref}>Change the limits</Link>}
        </p>
      )}
    </div>
  );
}

interface BacktraceProps {
  frames: Frame[];
  to: Pick<ProblemProps, "lineHref" | "onLine" | "sourceFile">;
}

function Backtrace({ frames, to }: BacktraceProps) {
  return (
    <table className="backtrace">
      <caption>Backtrace</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Depth</th>
          <th scope="col">Function</th>
          <th scope="col">Where</th>
        </tr>
      </thead>
      <tbody>
        {frames.map((frame, depth) => (
          <tr key={depth}>
            <td className="number">{depth}</td>
            <td>
              {frame.function === undefined ? "unnamed" : <LongText text={frame.function} max={nameMax} />}
            </td>
            <td
              title={
                frame.module_offset === undefined
                  ? undefined
                  : `module offset 0x${frame.module_offset.toString(16)}`
              }
            >
              <Where frame={frame} to={to} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Where({ frame, to }: { frame: Frame; to: BacktraceProps["to"] }) {
  const { lineHref, onLine, sourceFile } = to;
  const { line } = frame;
  const text = frameWhere(frame);
  const file = archivePath(frame.file) ?? undefined;
  if (line === undefined || (file === undefined && !isOfModuleText(frame, sourceFile))) return text;
  if (lineHref) return <Link href={lineHref(line, file)}>{text}</Link>;
  if (!onLine || file !== undefined) return text;
  return (
    <button type="button" className="link" onClick={() => onLine(line)}>
      {text}
    </button>
  );
}

/** The end of an id tells ids of one moment apart; the start sorts them. */
export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id;
}
