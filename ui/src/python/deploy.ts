// A source on its way to becoming a version, as a state that a page draws.
import { useEffect, useState } from "react";
import { uploadModule } from "../api/client";
import { problemOf } from "../api/problems";
import { queryClient } from "../api/queries";
import type { FunctionRecord, Problem } from "../api/types";
import { deployModule } from "../functions/pending";
import { markOf, type Mark } from "./marks";
import { pythonMediaType, sourceFile } from "./source";

// A deployment takes less once the server has prepared Python.
const slowAfterMs = 2000;

export interface SourceDeploy {
  busy: boolean;
  problem: Problem | null;
  mark: Mark | null;
  /** Gives back what was deployed; null when it failed, which `problem` tells. */
  run: (name: string, text: string) => Promise<FunctionRecord | null>;
  /** What failed is out of date. */
  clear: () => void;
}

export function useSourceDeploy(): SourceDeploy {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ problem: Problem; mark: Mark | null } | null>(null);
  const run = async (name: string, text: string) => {
    setBusy(true);
    setFailed(null);
    try {
      // As a module, whose size a request with the source in it could not have.
      const { signal } = new AbortController();
      const module = await uploadModule(new Blob([text]), () => {}, signal, pythonMediaType);
      const deployed = await deployModule(name, module.id);
      queryClient.setQueryData(["function", name], deployed);
      return deployed;
    } catch (error) {
      const problem = problemOf(error);
      setFailed({ problem, mark: markOf(problem, sourceFile(name)) });
      return null;
    } finally {
      setBusy(false);
    }
  };
  const clear = () => setFailed(null);
  return { busy, problem: failed?.problem ?? null, mark: failed?.mark ?? null, run, clear };
}

/** What is said while one waits: at first that it is deployed, then why that takes its time. */
export function useWaitText(busy: boolean): string {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (!busy) return;
    const started = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - started) / 1000)), 1000);
    return () => {
      clearInterval(timer);
      setSeconds(0);
    };
  }, [busy]);
  if (!busy) return "";
  return seconds * 1000 < slowAfterMs ? "deploying…" : `preparing Python, ${seconds} s`;
}

export const slowText =
  "The first Python file after the server’s start waits until Python itself is compiled, half a minute at most on most machines. Later ones take less than a second.";
