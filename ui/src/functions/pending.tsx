// Files on their way to becoming functions. A file's bytes go to the server at once, so that a
// reload keeps everything: the list holds module ids and names, not bytes.
import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from "react";
import { api, uploadModule } from "../api/client";
import { CancelledError, problemOf } from "../api/problems";
import { queryClient, refreshFunction } from "../api/queries";
import type { FunctionRecord, Module, Problem } from "../api/types";
import { useNotice } from "../parts/notices";
import { functionHref, navigate } from "../router";
import { readStored, writeStored } from "../stored";
import { mediaTypeOf } from "../python/source";
import { rowName } from "../values/visible";
import { deploymentOf } from "./deployment";
import { explainDeployment, explainUpload, type Explanation } from "./explain";
import { isModuleFile, nameError, nameFromFile } from "./name";

export interface Pending extends Explanation {
  key: string;
  file: string;
  sizeBytes: number;
  name: string;
  stage: "uploading" | "ready" | "deploying" | "failed";
  /** 0 to 1, of the upload. */
  progress: number;
  module: Module | null;
  problem: Problem | null;
}

interface PendingApi {
  items: Pending[];
  /** @param name the function that a new version is meant for; otherwise the file's name decides */
  add: (files: Iterable<File>, name?: string) => void;
  rename: (key: string, name: string) => void;
  discard: (key: string) => void;
  /** Deploys these; opens the function's page when it was a single one. */
  deploy: (keys: string[]) => Promise<void>;
}

const storageKey = "pending";
const PendingContext = createContext<PendingApi | null>(null);

export function usePending(): PendingApi {
  const value = useContext(PendingContext);
  if (value === null) throw new Error("usePending needs a PendingProvider above it");
  return value;
}

export function PendingProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<Pending[]>(restored);
  const aborts = useRef(new Map<string, AbortController>());
  const notice = useNotice();
  useEffect(() => writeStored("session", storageKey, items), [items]);

  const change = useCallback(
    (key: string, part: Partial<Pending>) =>
      setItems((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one))),
    [],
  );
  const discard = useCallback((key: string) => {
    aborts.current.get(key)?.abort();
    setItems((all) => all.filter((one) => one.key !== key));
  }, []);

  const upload = useCallback(
    async (key: string, file: File) => {
      const refused = refusal(file);
      if (refused) return change(key, { stage: "failed", problem: refused });
      const abort = new AbortController();
      aborts.current.set(key, abort);
      try {
        const onProgress = (progress: number) => change(key, { progress });
        const module = await uploadModule(file, onProgress, abort.signal, mediaTypeOf(file.name));
        change(key, { stage: "ready", progress: 1, module });
      } catch (error) {
        if (error instanceof CancelledError) return;
        const problem = problemOf(error);
        change(key, { stage: "failed", problem, ...(await explainUpload(file, problem)) });
      } finally {
        aborts.current.delete(key);
      }
    },
    [change],
  );

  const add = useCallback(
    (files: Iterable<File>, name?: string) => {
      const added = [...files].map((file) => ({ file, item: newItem(file, name) }));
      setItems((all) => [...all, ...added.map(({ item }) => item)]);
      for (const { file, item } of added) void upload(item.key, file);
    },
    [upload],
  );

  const deploy = async (keys: string[]) => {
    const chosen = items.filter(
      (one) => keys.includes(one.key) && one.module !== null && !nameError(one.name),
    );
    for (const item of chosen) {
      change(item.key, { stage: "deploying", problem: null });
      try {
        const deployed = await deployModule(item.name, item.module?.id ?? "");
        setItems((all) => all.filter((one) => one.key !== item.key));
        notice(`${deployed.name} is deployed, version ${deployed.version}`);
        if (chosen.length === 1) navigate(functionHref(deployed.name));
      } catch (error) {
        const problem = problemOf(error);
        change(item.key, { stage: "ready", problem, excerpt: null, hint: null });
        // An archive has to be fetched for that.
        void explainDeployment(item.module, item.name, problem).then((told) => change(item.key, told));
      }
    }
  };
  const rename = (key: string, name: string) => change(key, { name });

  return <PendingContext value={{ items, add, rename, discard, deploy }}>{children}</PendingContext>;
}

/** Deploys a module; a new version keeps the settings of the one before. */
export async function deployModule(name: string, module: string): Promise<FunctionRecord> {
  const before = queryClient.getQueryData<FunctionRecord[]>(["functions"])?.find((one) => one.name === name);
  const deployed = await api.deploy(name, deploymentOf(module, before));
  refreshFunction(name);
  return deployed;
}

function newItem(file: File, name: string | undefined): Pending {
  return {
    key: `${Date.now()}-${Math.random().toString(36).slice(2)}`,
    file: file.name,
    sizeBytes: file.size,
    name: name ?? nameFromFile(file.name),
    stage: "uploading",
    progress: 0,
    module: null,
    problem: null,
    excerpt: null,
    hint: null,
  };
}

function refusal(file: File): Problem | null {
  const title = "This file is not a module";
  if (file.size === 0)
    return { code: "invalid_argument", title, status: 0, detail: `${rowName(file.name)} is empty.` };
  if (isModuleFile(file.name)) return null;
  return {
    code: "invalid_argument",
    title,
    status: 0,
    detail: `weft takes .wasm, .wat, .py, .zip and .pyz files, not ${rowName(file.name)}.`,
  };
}

function restored(): Pending[] {
  return readStored<Pending[]>("session", storageKey, []).map((item) => {
    if (item.stage === "deploying") return { ...item, stage: "ready" };
    if (item.stage !== "uploading") return item;
    const problem: Problem = {
      code: "cancelled",
      title: "The upload was interrupted",
      status: 0,
      detail: `The page was reloaded before ${rowName(item.file)} had arrived. Choose the file again.`,
    };
    return { ...item, stage: "failed", problem };
  });
}
