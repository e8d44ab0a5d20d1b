import { useId, useState, type ReactNode } from "react";
import { ProblemCard } from "../parts/problem";
import { isApple } from "../platform";
import { slowText, useWaitText, type SourceDeploy } from "./deploy";
import { keptCharactersMax } from "./draft";
import { Editor } from "./editor";
import { besideFile } from "./marks";
import { sourceError, sourceFile } from "./source";

interface SourcePanelProps {
  /** What the text is deployed as, as far as that is known. */
  name: string;
  text: string;
  /** Another number begins with the text of that moment; otherwise the text is the editor's. */
  generation: number;
  deploy: SourceDeploy;
  /** Why it cannot be deployed, apart from its text; null when it can. */
  reason: string | null;
  action: string;
  /** Where the editor begins. */
  startLine: number | null;
  onText: (text: string) => void;
  onDeploy: () => void;
  /** Fields above the editor. */
  head: ReactNode;
  /** Buttons beside that which deploys. */
  children?: ReactNode;
}

/** A Python file that is written here: the editor, what is wrong with it, and the button that deploys it. */
export function SourcePanel(props: SourcePanelProps) {
  const { name, text, generation, deploy, action, startLine, onText, head, children } = props;
  const [goTo, setGoTo] = useState(startLine === null ? null : { line: startLine });
  const keysId = useId();
  const reasonId = useId();
  const reason = props.reason ?? sourceError(text);
  const wait = useWaitText(deploy.busy);
  const run = () => {
    if (reason === null && !deploy.busy) props.onDeploy();
  };
  return (
    <section className="card source-panel" aria-label="Python file">
      {head}
      {deploy.problem && (
        <ProblemCard
          problem={besideFile(deploy.problem)}
          sourceFile={sourceFile(name)}
          onLine={(line) => setGoTo({ line })}
        />
      )}
      <Editor
        key={generation}
        text={text}
        label={`Source of ${name === "" ? "the function" : name}`}
        describedBy={keysId}
        mark={deploy.mark}
        goTo={goTo}
        onChange={onText}
        onRun={run}
      />
      <div className="source-foot">
        <p id={keysId} className="hint">
          <kbd className="key">Esc</kbd> then <kbd className="key">Tab</kbd> leaves the editor.
          {text.length > keptCharactersMax
            ? " This text is too long to survive a reload."
            : " What you write survives a reload."}
        </p>
        <div className="source-actions">
          <span id={reasonId} className="hint reason" aria-live="polite">
            {deploy.busy ? wait : reason}
          </span>
          {children}
          <button
            type="button"
            className="button primary"
            aria-disabled={reason !== null || deploy.busy}
            aria-describedby={reasonId}
            onClick={run}
          >
            {deploy.busy ? "Deploying…" : action} {!deploy.busy && <kbd>{isApple ? "⌘⏎" : "Ctrl ⏎"}</kbd>}
          </button>
        </div>
      </div>
      {wait.startsWith("preparing") && <p className="muted source-wait">{slowText}</p>}
    </section>
  );
}
