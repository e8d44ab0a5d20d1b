import { useState } from "react";
import type { ModuleText } from "../api/client";
import type { FunctionRecord } from "../api/types";
import { Confirm } from "../parts/confirm";
import { Copy } from "../parts/copy";
import { useNotice } from "../parts/notices";
import { useSourceDeploy } from "../python/deploy";
import { draftKey, useDraft, type Draft } from "../python/draft";
import { sourceFile, withPlainLineEnds } from "../python/source";
import { SourcePanel } from "../python/source-panel";
import { functionHref, navigate, useQueryValue } from "../router";
import { highlighted } from "./highlighted";
import { SourceText } from "./source-text";

interface PythonCodeProps {
  found: FunctionRecord;
  /** The one that is shown. */
  version: number;
  source: ModuleText & { text: string };
}

/** The file of a Python function, which is edited in its place: what is deployed becomes the next version. */
export function PythonCode({ found, version, source }: PythonCodeProps) {
  const [draft, setDraft] = useDraft(draftKey(found.name));
  const [line, setLine] = useQueryValue("line");
  const [startLine, setStartLine] = useState<number | null>(null);
  const file = sourceFile(found.name);
  const text = withPlainLineEnds(source.text);
  // A link to a line is about what is deployed, not about what is written in its place.
  const isHere = draft !== null && (version === found.version || draft.version === version);
  if (isHere && line === null) {
    const close = () => setDraft(null);
    return (
      <PythonEditor
        found={found}
        draft={draft}
        deployed={text}
        startLine={startLine}
        onDraft={setDraft}
        onClose={close}
      />
    );
  }
  const edit = () => {
    setStartLine(Math.max(1, Number(line ?? 1) || 1));
    setDraft(draft ?? { text, version });
    if (draft !== null && !isHere) navigate(functionHref(found.name, "code"));
    else setLine(null);
  };
  return (
    <SourceText
      title={file}
      text={source.text}
      cut={source.cut}
      markUp={highlighted}
      actions={
        <>
          <Copy text={() => source.text} label="Copy the source" visible="Copy" />
          {!source.cut && (
            <button type="button" className="button primary small" onClick={edit}>
              {draft ? "Continue editing" : "Edit"}
            </button>
          )}
        </>
      }
    >
      {draft && (
        <p className="source-note">
          You have begun to change this file. What you wrote is kept in this browser.
        </p>
      )}
      {source.cut && (
        <p className="source-note">
          This file is too large to be edited here. Download it, and drop it on this page when it has changed.
        </p>
      )}
    </SourceText>
  );
}

interface PythonEditorProps {
  found: FunctionRecord;
  draft: Draft;
  /** The text of the version that the page shows. */
  deployed: string;
  /** Where the cursor goes; null leaves the focus where it is. */
  startLine: number | null;
  onDraft: (draft: Draft) => void;
  onClose: () => void;
}

function PythonEditor({ found, draft, deployed, startLine, onDraft, onClose }: PythonEditorProps) {
  const deploy = useSourceDeploy();
  const notice = useNotice();
  const [asking, setAsking] = useState(false);
  const began = draft.version ?? found.version;
  const isOld = began < found.version;
  const isChanged = draft.text !== deployed;
  const run = async () => {
    const now = await deploy.run(found.name, draft.text);
    if (!now) return;
    onClose();
    notice(`${now.name} is deployed, version ${now.version}`);
    navigate(functionHref(now.name));
  };
  return (
    <>
      <SourcePanel
        name={found.name}
        text={draft.text}
        generation={0}
        deploy={deploy}
        reason={isChanged || isOld ? null : "nothing has changed yet"}
        action={`Deploy version ${found.versions + 1}`}
        startLine={startLine}
        onText={(text) => onDraft({ ...draft, text })}
        onDeploy={() => void run()}
        head={
          <div className="section-head">
            <h2>{sourceFile(found.name)}</h2>
            <span className="muted">
              {isChanged ? "unsaved changes to" : "editing"} version {began}
            </span>
          </div>
        }
      >
        <button
          type="button"
          className="button"
          disabled={deploy.busy}
          onClick={() => (isChanged ? setAsking(true) : onClose())}
        >
          {isChanged ? "Discard…" : "Cancel"}
        </button>
      </SourcePanel>
      {isOld && !deploy.busy && (
        <p className="source-note">
          Version {found.version} was deployed since you began with version {began}. What you deploy takes its
          place; it stays under Versions.
        </p>
      )}
      {asking && (
        <Confirm
          title={`Discard your changes to ${found.name}?`}
          action="Discard the changes"
          danger
          busy={false}
          error={null}
          onConfirm={onClose}
          onClose={() => setAsking(false)}
        >
          <p>Version {found.version} goes on as it is.</p>
        </Confirm>
      )}
    </>
  );
}
