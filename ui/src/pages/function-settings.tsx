import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "../api/client";
import { problemOf } from "../api/problems";
import { queryClient, refreshFunction } from "../api/queries";
import type { FunctionRecord, Limits } from "../api/types";
import { deploymentOf } from "../functions/deployment";
import { Confirm } from "../parts/confirm";
import { useNotice } from "../parts/notices";
import { ProblemCard } from "../parts/problem";
import { navigate } from "../router";
import { useStored } from "../stored";

interface LimitField {
  key: keyof Limits;
  label: string;
  unit: string;
  /** How many of the limit's own units are one of the shown ones. */
  factor: number;
  says: string;
}

const fields: LimitField[] = [
  {
    key: "deadline_ms",
    label: "Deadline",
    unit: "ms",
    factor: 1,
    says: "A call that takes longer is stopped.",
  },
  {
    key: "memory_bytes",
    label: "Memory",
    unit: "MiB",
    factor: 1 << 20,
    says: "The most that one call's memory grows to.",
  },
  {
    key: "output_bytes",
    label: "Output",
    unit: "KiB",
    factor: 1024,
    says: "The most that one call may return.",
  },
  {
    key: "in_flight",
    label: "Calls in flight",
    unit: "calls",
    factor: 1,
    says: "More at once are refused with 429.",
  },
];

export function FunctionSettings({ found }: { found: FunctionRecord }) {
  return (
    <div className="settings">
      <LimitsForm found={found} />
      <DeleteFunction found={found} />
    </div>
  );
}

type Texts = Record<keyof Limits, string>;

function textsOf(limits: Limits): Texts {
  const text = (field: LimitField) => String(Number((limits[field.key] / field.factor).toFixed(3)));
  return Object.fromEntries(fields.map((field) => [field.key, text(field)])) as Texts;
}

function limitError(text: string): string | null {
  if (!/^\d+(\.\d+)?$/.test(text.trim())) return "a number above 0";
  return Number(text) > 0 ? null : "above 0";
}

function LimitsForm({ found }: { found: FunctionRecord }) {
  const saved = textsOf(found.limits);
  const [texts, change] = useStored<Texts>("session", `limits:${found.name}:${found.version}`, saved);
  const notice = useNotice();
  const id = useId();
  const changed = fields.some((field) => texts[field.key] !== saved[field.key]);
  const wrong = fields.find((field) => limitError(texts[field.key]));
  const save = useMutation({
    mutationFn: () => {
      const limits = Object.fromEntries(
        fields.map((field) => [field.key, Math.round(Number(texts[field.key]) * field.factor)]),
      ) as unknown as Limits;
      return api.deploy(found.name, deploymentOf(found.module, { ...found, limits }));
    },
    onSuccess: (deployed) => {
      refreshFunction(found.name);
      notice(`${found.name} has new limits, as version ${deployed.version}`);
    },
  });
  const reason = wrong
    ? `${wrong.label} needs ${limitError(texts[wrong.key])}`
    : changed
      ? ""
      : "nothing changed";
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
        {fields.map((field) => (
          <div key={field.key} className="limit-field">
            <label htmlFor={`${id}-${field.key}`}>{field.label}</label>
            <span className="with-unit">
              <input
                id={`${id}-${field.key}`}
                className="input mono"
                inputMode="decimal"
                autoComplete="off"
                value={texts[field.key]}
                aria-invalid={limitError(texts[field.key]) !== null}
                aria-describedby={`${id}-${field.key}-hint`}
                onChange={(event) => change((old) => ({ ...old, [field.key]: event.target.value }))}
              />
              <span className="unit">{field.unit}</span>
            </span>
            <span id={`${id}-${field.key}-hint`} className="hint">
              {field.says}
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
