import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "../api/client";
import { problemOf } from "../api/problems";
import { queryClient, refreshFunction } from "../api/queries";
import type { FunctionRecord } from "../api/types";
import { deploymentOf } from "../functions/deployment";
import { preparationOf } from "../functions/initialization";
import { limitError, limitFields, limitsOf, limitTexts, type LimitTexts } from "../functions/limits";
import { Confirm } from "../parts/confirm";
import { Copy } from "../parts/copy";
import { LongText } from "../parts/long-text";
import { useNotice } from "../parts/notices";
import { ProblemCard } from "../parts/problem";
import { navigate } from "../router";
import { useStored } from "../stored";
import { visible } from "../values/visible";

export function FunctionSettings({ found }: { found: FunctionRecord }) {
  return (
    <div className="settings">
      <LimitsForm found={found} />
      <Environment environment={found.environment} />
      <StateOfCalls found={found} />
      <DeleteFunction found={found} />
    </div>
  );
}

function LimitsForm({ found }: { found: FunctionRecord }) {
  const saved = limitTexts(found.limits);
  const [texts, change] = useStored<LimitTexts>("session", `limits:${found.name}:${found.version}`, saved);
  const notice = useNotice();
  const id = useId();
  const changed = limitFields.some(({ key }) => texts[key] !== saved[key]);
  const errors = limitFields.map((field) =>
    // What the server has saved is right, however it is rounded here.
    texts[field.key] === saved[field.key] ? null : limitError(field, texts[field.key]),
  );
  const wrong = limitFields.find((_, at) => errors[at] !== null);
  const save = useMutation({
    mutationFn: () => {
      const limits = limitsOf(texts, found.limits);
      return api.deploy(found.name, deploymentOf(found.module, { ...found, limits }));
    },
    onSuccess: (deployed) => {
      refreshFunction(found.name);
      notice(`${found.name} has new limits, as version ${deployed.version}`);
    },
  });
  const reason = wrong ? `${wrong.label} is not right yet` : changed ? "" : "nothing changed";
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Limits</h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (reason === "" && !save.isPending) save.mutate();
        }}
      >
        {limitFields.map((field, at) => (
          <div key={field.key} className="limit-field">
            <label htmlFor={`${id}-${field.key}`}>{field.label}</label>
            <span className="with-unit">
              <input
                id={`${id}-${field.key}`}
                className="input mono"
                inputMode="decimal"
                autoComplete="off"
                value={texts[field.key]}
                aria-invalid={errors[at] !== null}
                aria-describedby={`${id}-${field.key}-hint`}
                onChange={(event) => change((old) => ({ ...old, [field.key]: event.target.value }))}
              />
              <span className="unit">{field.unit}</span>
            </span>
            <span
              id={`${id}-${field.key}-hint`}
              className={errors[at] ? "hint error" : "hint"}
              aria-live="polite"
            >
              {errors[at] ?? field.says}
            </span>
          </div>
        ))}
        {save.error && <ProblemCard problem={problemOf(save.error)} />}
        <div className="form-actions">
          <button
            type="submit"
            className="button primary"
            aria-disabled={reason !== ""}
            aria-describedby={`${id}-reason`}
          >
            {save.isPending ? "Saving…" : `Save as version ${found.versions + 1}`}
          </button>
          {changed && (
            <button type="button" className="button quiet" onClick={() => change(() => saved)}>
              Undo
            </button>
          )}
          <span id={`${id}-reason`} className="hint reason">
            {reason}
          </span>
        </div>
      </form>
    </section>
  );
}

/** What calls see of each other, and what prepares the module before them. */
function StateOfCalls({ found }: { found: FunctionRecord }) {
  const id = useId();
  const preparation = preparationOf(found);
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>State</h2>
      <dl className="facts-list">
        <div>
          <dt>Calls</dt>
          <dd>
            {found.state}: {visible(found.state_reason)}
          </dd>
        </div>
        <div>
          <dt>Initialised by</dt>
          <dd>
            {preparation === null ? (
              "nothing: the module needs none"
            ) : (
              <>
                <LongText text={preparation.steps} max={valueMax} />
                {preparation.reason && `: ${visible(preparation.reason)}`}
              </>
            )}
          </dd>
        </div>
      </dl>
      <p>
        Each version has its own: deploy with{" "}
        {found.dialect === "python" ? (
          <code>weft deploy --state warm</code>
        ) : (
          <>
            <code>weft deploy --init EXPORT</code> or <code>--state warm</code>
          </>
        )}
        .
      </p>
    </section>
  );
}

const valueMax = 200;

function Environment({ environment }: { environment: FunctionRecord["environment"] }) {
  const id = useId();
  const variables = Object.entries(environment);
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Environment</h2>
      <p>
        {variables.length === 0 && "No variables. "}
        Each version has its own: deploy with <code>weft deploy --env NAME=VALUE</code>.
      </p>
      {variables.length > 0 && (
        <table className="variables" aria-labelledby={`${id}-title`}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">Copy</th>
            </tr>
          </thead>
          <tbody>
            {variables.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {value === "" ? (
                    <span className="none">empty</span>
                  ) : (
                    <LongText text={value} max={valueMax} lines />
                  )}
                </td>
                <td>
                  <Copy text={() => value} label={`Copy the value of ${name}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function DeleteFunction({ found }: { found: FunctionRecord }) {
  const [asking, setAsking] = useState(false);
  const notice = useNotice();
  const id = useId();
  const remove = useMutation({
    mutationFn: () => api.remove(found.name),
    onSuccess: () => {
      notice(`${found.name} is deleted`);
      queryClient.removeQueries({ queryKey: ["function", found.name] });
      queryClient.setQueryData<FunctionRecord[]>(["functions"], (old) =>
        old?.filter((one) => one.name !== found.name),
      );
      navigate("/functions");
      void queryClient.invalidateQueries({ queryKey: ["functions"] });
    },
  });
  const versions = found.versions === 1 ? "its one version" : `its ${found.versions} versions`;
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Delete</h2>
      <p>
        Removes {found.name} with {versions}. Calls to it fail from then on.
      </p>
      <button type="button" className="button danger-quiet" onClick={() => setAsking(true)}>
        Delete {found.name}…
      </button>
      {asking && (
        <Confirm
          title={`Delete ${found.name}?`}
          action={`Delete ${found.name}`}
          danger
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => {
            setAsking(false);
            remove.reset();
          }}
        >
          <p>
            {found.name} and {versions} go away. This cannot be undone here; deploying the module again makes
            a new function.
          </p>
        </Confirm>
      )}
    </section>
  );
}
