import { useEffect, useMemo, useRef, type ReactNode } from "react";
import { useQueryValue } from "../router";
import { formatBytes } from "../values/format";
import { visibleLines } from "../values/visible";

interface SourceTextProps {
  title: string;
  text: string;
  /** Whether there is more than `text`. */
  cut: boolean;
  /** Buttons beside the title. */
  actions: ReactNode;
  /** The text with its parts marked up; it must have the same lines. */
  markUp?: (visible: string) => ReactNode;
  children?: ReactNode;
}

/** The text with its line numbers; ?line=12 marks one. */
export function SourceText({ title, text, cut, actions, markUp, children }: SourceTextProps) {
  const [wanted] = useQueryValue("line");
  const mark = useRef<HTMLSpanElement>(null);
  const shown = useMemo(() => visibleLines(text), [text]);
  const lines = shown.split("\n").length - (shown.endsWith("\n") ? 1 : 0);
  const line = wanted !== null && /^\d+$/.test(wanted) ? Number(wanted) : null;
  const marked = line !== null && line >= 1 && line <= lines ? line : null;
  useEffect(() => {
    if (marked !== null) mark.current?.scrollIntoView({ block: "center" });
  }, [marked]);
  const numbers = Array.from({ length: lines }, (_, i) => i + 1).join("\n");
  return (
    <section className="card source" aria-labelledby="source-title">
      <div className="section-head">
        <h2 id="source-title">{title}</h2>
        <div className="source-buttons">{actions}</div>
      </div>
      {children}
      <div className="source-text" tabIndex={0} role="region" aria-label="Text of the module">
        {marked !== null && (
          <span
            ref={mark}
            className="source-mark"
            style={{ top: `calc(${marked - 1} * var(--source-line))` }}
            aria-hidden="true"
          />
        )}
        <pre className="source-numbers" aria-hidden="true">
          {numbers}
        </pre>
        <pre>{markUp ? markUp(shown) : shown}</pre>
      </div>
      {marked !== null && <p className="visually-hidden">Line {marked} is marked.</p>}
      {cut && (
        <p className="muted table-note">
          This is the beginning, {formatBytes(text.length)}. Download the module for all of it.
        </p>
      )}
    </section>
  );
}
