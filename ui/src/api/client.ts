// Requests to the server that served this page. Every failure is thrown as one of the three
// errors of problems.ts.
import { probeNow, reportLost } from "./connection";
import { CancelledError, ProblemError, problemFromResponse, UnreachableError } from "./problems";
import type {
  Deployment,
  FunctionRecord,
  Invocation,
  Module,
  Page,
  ServerStatus,
  VersionRecord,
} from "./types";

const lostDetail = "No connection to the server. It may be restarting.";

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw new CancelledError("cancelled");
    reportLost();
    throw new UnreachableError(lostDetail, { cause: error });
  }
  if (!response.ok) {
    const body = await response.text().catch(() => "");
    throw new ProblemError(
      problemFromResponse(response.status, response.headers.get("content-type") ?? "", body),
    );
  }
  return response;
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

function send(method: string, body: unknown): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

const functionPath = (name: string) => `/v1/functions/${encodeURIComponent(name)}`;

export const api = {
  status: () => json<ServerStatus>("/v1/status"),
  functions: (next: string | null) =>
    json<Page<FunctionRecord>>(
      `/v1/functions?${new URLSearchParams(next ? { limit: "200", next } : { limit: "200" })}`,
    ),
  function: (name: string) => json<FunctionRecord>(functionPath(name)),
  module: (id: string) => json<Module>(`/v1/modules/${encodeURIComponent(id)}`),
  versions: (name: string) => json<Page<VersionRecord>>(`${functionPath(name)}/versions?limit=200`),
  deploy: (name: string, deployment: Deployment) =>
    json<FunctionRecord>(functionPath(name), send("PUT", deployment)),
  rollback: (name: string, version: number) =>
    json<FunctionRecord>(`${functionPath(name)}/rollback`, send("POST", { version })),
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

export interface Answer {
  bytes: ArrayBuffer;
  contentType: string;
  invocation: string | null;
  durationUs: number | null;
}

/** Calls a function; the body goes out byte for byte. */
export async function invoke(
  name: string,
  body: string,
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
    throw new UnreachableError("The connection broke in the middle of the answer.", { cause: error });
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
): Promise<Module> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", "/v1/modules");
    xhr.setRequestHeader("content-type", "application/octet-stream");
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      const type = xhr.getResponseHeader("content-type") ?? "";
      if (xhr.status < 200 || xhr.status > 299) {
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
    return new UnreachableError(
      "The server closed the connection during the upload; the file may be too large.",
    );
  }
  reportLost();
  return new UnreachableError(lostDetail);
}
