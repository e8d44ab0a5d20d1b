import { lazy, Suspense } from "react";
import type { Mark } from "./marks";

export interface EditorProps {
  /** What it begins with; another text wants another key. */
  text: string;
  label: string;
  /** The id of the element that says which keys do what. */
  describedBy: string;
  mark: Mark | null;
  /** A line to go to; another object goes there again. */
  goTo: { line: number } | null;
  onChange: (text: string) => void;
  /** Ctrl+Enter or ⌘+Enter. */
  onRun: () => void;
}

// Where the editor's chunk cannot be had (the server has been replaced by another version since this page
// was loaded), a plain field does as well.
const Loaded = lazy(() => import("./codemirror").catch(() => ({ default: PlainEditor })));

export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<p className="editor-loading muted">Loading the editor…</p>}>
      <Loaded {...props} />
    </Suspense>
  );
}

function PlainEditor({ text, label, describedBy, mark, onChange, onRun }: EditorProps) {
  return (
    <>
      <textarea
        className="input mono plain-editor"
        defaultValue={text}
        aria-label={label}
        aria-describedby={describedBy}
        rows={20}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onRun();
        }}
      />
      {mark && (
        <p className="error">
          Line {mark.line}: {mark.says}
        </p>
      )}
    </>
  );
}
