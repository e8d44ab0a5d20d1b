// Requests to the server that served this page. Every failure is thrown as one of the three
// errors of problems.ts.
import { probeNow, reportLost } from "./connection";
import { CancelledError, ProblemError, problemFromResponse, UnreachableError } from "./problems";
import { authorization, keepToken, reportRefused, session } from "./session";
import type {
  Deployment,
  FunctionRecord,
  Invocation,
  Module,
  Page,
  ServerStatus,
  VersionRecord,
} from "./types";

const brokenDetail = "The connection broke in the middle of the answer.";
const lostDetail = "No connection to the server. It may be restarting.";

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const { token } = session();
  const response = await send(path, init, token);
  if (!response.ok) {
    if (response.status === 401) reportRefused(token);
    throw await problemIn(response);
  }
  return response;
}

async function send(path: string, init: RequestInit, token: string | null): Promise<Response> {
  const headers = new Headers(init.headers);
  const value = authorization(token);
  if (value !== null) headers.set("authorization", value);
  try {
    return await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw new CancelledError("cancelled");
    reportLost();
    throw new UnreachableError(lostDetail, { cause: error });
  }
}

async function problemIn(response: Response): Promise<ProblemError> {
  const body = await response.text().catch(() => "");
  const type = response.headers.get("content-type") ?? "";
  return new ProblemError(problemFromResponse(response.status, type, body));
}

/** Whether the server knows this token, which is kept when it does. */
export async function signIn(token: string, onDevice: boolean): Promise<boolean> {
  const response = await send("/v1/status", {}, token);
  if (response.status === 401) return false;
  if (!response.ok) throw await problemIn(response);
  keepToken(token, onDevice);
  return true;
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

function jsonBody(method: string, body: unknown): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

const functionPath = (name: string) => `/v1/functions/${encodeURIComponent(name)}`;

const modulePath = (id: string) => `/v1/modules/${encodeURIComponent(id)}`;

export const moduleBytesPath = (id: string) => `${modulePath(id)}/bytes`;

/** How many items the server gives at once, at most. */
export const pageItemsMax = 200;

function pageQuery(next: string | null): URLSearchParams {
  const limit = String(pageItemsMax);
  return new URLSearchParams(next ? { limit, next } : { limit });
}

export const api = {
  status: () => json<ServerStatus>("/v1/status"),
  functions: (next: string | null) => json<Page<FunctionRecord>>(`/v1/functions?${pageQuery(next)}`),
  function: (name: string) => json<FunctionRecord>(functionPath(name)),
  module: (id: string) => json<Module>(modulePath(id)),
  versions: (name: string, next: string | null) =>
    json<Page<VersionRecord>>(`${functionPath(name)}/versions?${pageQuery(next)}`),
  deploy: (name: string, deployment: Deployment) =>
    json<FunctionRecord>(functionPath(name), jsonBody("PUT", deployment)),
  rollback: (name: string, version: number) =>
    json<FunctionRecord>(`${functionPath(name)}/rollback`, jsonBody("POST", { version })),
  remove: async (name: string) => {
    await request(functionPath(name), { method: "DELETE" });
  },
  invocations: (name: string, status: string | null, next: string | null) => {
    const query = new URLSearchParams({ function: name, limit: "50" });
    if (status) query.set("status", status);
    if (next) query.set("next", next);
    return json<Page<Invocation>>(`/v1/invocations?${query}`);
  },
  invocation: (id: string) => json<Invocation>(`/v1/invocations/${encodeURIComponent(id)}`),
  logs: async (id: string) => (await request(`/v1/invocations/${encodeURIComponent(id)}/logs`)).text(),
};

/** A file of the server, which a link cannot fetch: links carry no token. */
export async function fileOf(path: string): Promise<Blob> {
  const response = await request(path);
  try {
    return await response.blob();
  } catch (error) {
    throw new UnreachableError(brokenDetail, { cause: error });
  }
}

export interface ModuleText {
  /** As uploaded; null for a binary module. */
  text: string | null;
  /** Whether there is more than `text`. */
  cut: boolean;
}

/** The first `bytesMax` bytes of a module that was uploaded as text; of a binary one, no bytes are fetched. */
export async function moduleText(id: string, bytesMax: number): Promise<ModuleText> {
  const response = await request(moduleBytesPath(id));
  const type = response.headers.get("content-type") ?? "";
  const reader = response.body?.getReader();
  if (!type.startsWith("text/") || !reader) {
    await reader?.cancel();
    return { text: null, cut: false };
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    while (size < bytesMax) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode(), cut: false };
      text += decoder.decode(value.subarray(0, bytesMax - size), { stream: true });
      size += value.length;
    }
    await reader.cancel();
  } catch (error) {
    throw new UnreachableError(brokenDetail, { cause: error });
  }
  return { text, cut: true };
}

export interface Answer {
  bytes: ArrayBuffer;
  contentType: string;
  invocation: string | null;
  durationUs: number | null;
}

/** Calls a function; the body goes out byte for byte. */
export async function invoke(
  name: string,
  body: string | Blob | ArrayBuffer,
  contentType: string,
  signal: AbortSignal,
): Promise<Answer> {
  const init = { method: "POST", headers: { "content-type": contentType }, body, signal };
  const response = await request(`${functionPath(name)}/invoke`, init);
  let bytes: ArrayBuffer;
  try {
    bytes = await response.arrayBuffer();
  } catch (error) {
    if (signal.aborted) throw new CancelledError("cancelled");
    throw new UnreachableError(brokenDetail, { cause: error });
  }
  const duration = response.headers.get("weft-duration-us");
  return {
    bytes,
    contentType: response.headers.get("content-type") ?? "",
    invocation: response.headers.get("weft-invocation"),
    durationUs: duration === null ? null : Number(duration),
  };
}

/** Uploads a module's bytes. XMLHttpRequest, because fetch does not report upload progress. */
export function uploadModule(
  file: Blob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
  mediaType = "application/octet-stream",
): Promise<Module> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", "/v1/modules");
    xhr.setRequestHeader("content-type", mediaType);
    const { token } = session();
    const value = authorization(token);
    if (value !== null) xhr.setRequestHeader("authorization", value);
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      const type = xhr.getResponseHeader("content-type") ?? "";
      if (xhr.status < 200 || xhr.status > 299) {
        if (xhr.status === 401) reportRefused(token);
        reject(new ProblemError(problemFromResponse(xhr.status, type, xhr.responseText)));
        return;
      }
      try {
        resolve(JSON.parse(xhr.responseText) as Module);
      } catch (error) {
        reject(new UnreachableError("The server's answer could not be read.", { cause: error }));
      }
    };
    xhr.onerror = () => void explainBrokenUpload().then(reject);
    xhr.onabort = () => reject(new CancelledError("cancelled"));
    signal.addEventListener("abort", () => xhr.abort());
    xhr.send(file);
  });
}

// A server that refuses a large body closes the connection while the browser still sends, and the
// browser then reports nothing but a broken connection.
async function explainBrokenUpload(): Promise<Error> {
  if (await probeNow()) {
    // The same happens to who shows a token that is no longer the right one.
    const refused = await request("/v1/status").then(
      () => null,
      (error: unknown) => error,
    );
    if (refused instanceof ProblemError) return refused;
    return new UnreachableError(
      "The server closed the connection during the upload; the file may be too large.",
    );
  }
  reportLost();
  return new UnreachableError(lostDetail);
}
