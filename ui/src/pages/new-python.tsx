import { useId, useState } from "react";
import { useFunctions } from "../api/queries";
import { nameError } from "../functions/name";
import { Confirm } from "../parts/confirm";
import { useNotice } from "../parts/notices";
import { useSourceDeploy } from "../python/deploy";
import { newDraftKey, useDraft } from "../python/draft";
import { exampleSource, freeName, nameWarning } from "../python/source";
import { SourcePanel } from "../python/source-panel";
import { functionHref, Link, navigate, useQueryValue } from "../router";

/** A function that is written, or pasted, here. */
export function NewPythonPage() {
  const functions = useFunctions();
  const [line] = useQueryValue("line");
  const [draft, setDraft] = useDraft(newDraftKey);
  const [generation, setGeneration] = useState(0);
  const [asking, setAsking] = useState(false);
  const deploy = useSourceDeploy();
  const notice = useNotice();
  const free = freeName((functions.data ?? []).map((one) => one.name));
  const text = draft?.text ?? exampleSource;
  const name = draft?.name ?? free;
  const wrongName = nameError(name);
  const run = async () => {
    const deployed = await deploy.run(name, text);
    if (!deployed) return;
    setDraft(null);
    notice(`${deployed.name} is deployed, version ${deployed.version}`);
    navigate(functionHref(deployed.name));
  };
  const startOver = () => {
    setAsking(false);
    setDraft(null);
    deploy.clear();
    setGeneration(generation + 1);
  };
  const isChanged = draft !== null && draft.text !== exampleSource;
  return (
    <div className="page">
      <div className="page-head">
        <h1>
          <Link href="/functions" className="crumb">
            Functions
          </Link>
          <span className="crumb-slash" aria-hidden="true">
            /
          </span>
          New Python function
        </h1>
      </div>
      <p className="lead">
        Each call runs <code>handler(event, context)</code>: it gets the payload, and what it returns is the
        answer. Pure Python and its standard library; nothing to build.
      </p>
      <SourcePanel
        name={name}
        text={text}
        generation={generation}
        deploy={deploy}
        reason={wrongName && `the name ${wrongName}`}
        action="Deploy"
        startLine={line !== null && /^\d+$/.test(line) ? Number(line) : null}
        onText={(now) => setDraft({ ...draft, text: now })}
        onDeploy={() => void run()}
        head={
          <NameField
            name={name}
            wrong={wrongName}
            versions={functions.data?.find((one) => one.name === name)?.versions}
            onName={(now) => setDraft({ ...draft, text, name: now })}
          />
        }
      >
        {isChanged && (
          <button type="button" className="button" disabled={deploy.busy} onClick={() => setAsking(true)}>
            Start over…
          </button>
        )}
      </SourcePanel>
      {asking && (
        <Confirm
          title="Start over with the example?"
          action="Discard this text"
          danger
          busy={false}
          error={null}
          onConfirm={startOver}
          onClose={() => setAsking(false)}
        >
          <p>What you wrote here is not kept.</p>
        </Confirm>
      )}
    </div>
  );
}

interface NameFieldProps {
  name: string;
  wrong: string | null;
  /** Of the function that has this name already. */
  versions: number | undefined;
  onName: (name: string) => void;
}

function NameField({ name, wrong, versions, onName }: NameFieldProps) {
  const id = useId();
  const warning = nameWarning(name);
  const says =
    wrong ??
    warning ??
    (versions === undefined ? "a new function" : `${name} exists: this becomes version ${versions + 1}`);
  return (
    <div className="name-field">
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        className="input"
        value={name}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onName(event.target.value)}
      />
      <span id={`${id}-hint`} className={(wrong ?? warning) ? "hint error" : "hint"} aria-live="polite">
        {says}
      </span>
    </div>
  );
}
