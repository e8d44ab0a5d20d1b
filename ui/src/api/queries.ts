// What the pages ask for and how often it is asked again.
import { QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Archive } from "../python/archive";
import { api, fileOf, moduleBytesPath, moduleText, pageItemsMax } from "./client";
import { onRecovery } from "./connection";
import { ProblemError, UnreachableError } from "./problems";
import type { FunctionRecord, Page, VersionRecord } from "./types";

const listRefreshMs = 5000;
const liveRefreshMs = 3000;

export const queryClient = new QueryClient({
  defaultOptions: {
    // The connection's probe asks again for everything; retries on top would only delay the banner.
    queries: { retry: false, staleTime: 1000, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});

onRecovery(() => void queryClient.invalidateQueries());

const pagesMax = 10;
/** More functions than this are not listed. */
export const functionsMax = pagesMax * pageItemsMax;

/** Every item, of as many pages as can still be searched on the page. */
async function allItems<T>(fetchPage: (next: string | null) => Promise<Page<T>>): Promise<Page<T>> {
  const items: T[] = [];
  let next: string | null = null;
  for (let count = 0; count < pagesMax; count++) {
    const page: Page<T> = await fetchPage(next);
    items.push(...page.items);
    next = page.next;
    if (next === null) break;
  }
  return { items, next };
}

async function allFunctions(): Promise<FunctionRecord[]> {
  return (await allItems(api.functions)).items;
}

export function useFunctions() {
  return useQuery({ queryKey: ["functions"], queryFn: allFunctions, refetchInterval: listRefreshMs });
}

export function useFunction(name: string) {
  return useQuery({
    queryKey: ["function", name],
    queryFn: () => api.function(name),
    placeholderData: () =>
      queryClient.getQueryData<FunctionRecord[]>(["functions"])?.find((one) => one.name === name),
  });
}

export function useModule(id: string) {
  return useQuery({ queryKey: ["module", id], queryFn: () => api.module(id), staleTime: Infinity });
}

// More text than this is for an editor.
const moduleTextBytesMax = 512 * 1024;

export function useModuleText(id: string) {
  return useQuery({
    queryKey: ["module-text", id],
    queryFn: () => moduleText(id, moduleTextBytesMax),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

async function openedArchive(id: string): Promise<Archive> {
  const bytes = await fileOf(moduleBytesPath(id));
  const { openArchive } = await import("../python/archive").catch(() => {
    throw new ProblemError({
      code: "outdated",
      title: "This page is out of date",
      status: 0,
      detail:
        "The server has been updated since the page was loaded. Reload it to see what is in the archive.",
    });
  });
  return openArchive(bytes).catch((error: unknown) => {
    throw unreadable("This archive cannot be opened here", error);
  });
}

function unreadable(title: string, error: unknown): ProblemError {
  const detail = error instanceof Error ? error.message : String(error);
  return new ProblemError({ code: "unreadable", title, status: 0, detail });
}

export function useArchive(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["archive", id],
    queryFn: () => openedArchive(id),
    enabled: wanted,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

export function useArchiveFile(id: string, archive: Archive, path: string) {
  return useQuery({
    queryKey: ["archive-file", id, path],
    queryFn: () =>
      archive.read(path).catch((error: unknown) => {
        throw unreadable("This file cannot be unpacked here", error);
      }),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

export function useVersions(name: string) {
  return useQuery({
    queryKey: ["versions", name],
    queryFn: () => allItems((next) => api.versions(name, next)),
  });
}

export function useStatus() {
  return useQuery({ queryKey: ["status"], queryFn: api.status, refetchInterval: listRefreshMs });
}

export function useInvocations(name: string, status: string | null, live: boolean) {
  return useInfiniteQuery({
    queryKey: ["invocations", name, status],
    queryFn: ({ pageParam }) => api.invocations(name, status, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: live ? liveRefreshMs : false,
  });
}

export function useInvocation(id: string | null) {
  return useQuery({
    queryKey: ["invocation", id],
    queryFn: () => api.invocation(id ?? ""),
    enabled: id !== null,
    staleTime: Infinity,
  });
}

export function useLogs(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["logs", id],
    queryFn: () => api.logs(id),
    enabled: wanted,
    staleTime: Infinity,
  });
}

/** After a deploy, a rollback or a removal. */
export function refreshFunction(name: string): void {
  void queryClient.invalidateQueries({ queryKey: ["functions"] });
  void queryClient.invalidateQueries({ queryKey: ["function", name] });
  void queryClient.invalidateQueries({ queryKey: ["versions", name] });
}

/** What a rollback answered, at once: the notice about it must not stand beside the old version. */
export function showVersion(now: FunctionRecord): void {
  queryClient.setQueryData(["function", now.name], now);
  queryClient.setQueryData<Page<VersionRecord>>(
    ["versions", now.name],
    (old) =>
      old && { ...old, items: old.items.map((one) => ({ ...one, current: one.version === now.version })) },
  );
  refreshFunction(now.name);
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof UnreachableError;
}
