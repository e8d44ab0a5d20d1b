// A server that lives in Vite's process: the API of the real one over memory, so that the pages can be
// worked on without a build of the server. Restarting Vite forgets everything.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FunctionRecord, Invocation, Limits, Module, Problem, VersionRecord } from "../src/api/types";
import { assemble, fail, MockProblem, runCommand, runTyped, type Run } from "./mock-run.ts";
import { shapeOf } from "./wasm-types.ts";

type Next = () => void;
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

interface Stored {
  name: string;
  created: string;
  current: number;
  versions: VersionRecord[];
}

type StoredModule = Module & { binary: Uint8Array; bytes: Buffer };

const uploadBytesMax = 64 << 20;
const keptTextBytes = 4096;
const defaultLimits: Limits = {
  deadline_ms: 1000,
  memory_bytes: 256 << 20,
  output_bytes: 6 << 20,
  in_flight: 64,
};

export function createMockApi(): Middleware {
  const mock = new MockApi();
  return (request, response, next) => {
    if (!/^\/(v1\/|healthz|readyz)/.test(request.url ?? "")) return next();
    mock.answer(request, response).catch((error: unknown) => {
      const problem: Problem =
        error instanceof MockProblem
          ? error.problem
          : { code: "internal", title: "Internal error", status: 500, detail: String(error) };
      response.statusCode = problem.status;
      response.setHeader("content-type", "application/problem+json");
      response.end(JSON.stringify(problem));
    });
  };
}

class MockApi {
  private readonly modules = new Map<string, StoredModule>();
  private readonly functions = new Map<string, Stored>();
  private readonly invocations: (Invocation & { log: Uint8Array })[] = [];
  private readonly started = new Date();
  private serial = 0;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = url.pathname.split("/").slice(1).map(decodeURIComponent);
    const [, kind, id, action] = path;
    const method = request.method ?? "GET";
    if (path[0] !== "v1") return void response.end("ok");
    if (kind === "status") return sendJson(response, 200, this.status());
    if (kind === "modules" && method === "POST")
      return this.upload(await bodyOf(request), request.headers["content-type"] ?? "", response);
    if (kind === "modules" && id && action === "bytes") return sendModule(response, this.module(id));
    if (kind === "modules" && id) return sendJson(response, 200, publicModule(this.module(id)));
    if (kind === "functions" && !id) return sendJson(response, 200, this.list(url));
    if (kind === "functions" && id) return this.answerFunction(request, response, id, action);
    if (kind === "invocations" && !id) return sendJson(response, 200, this.listInvocations(url));
    if (kind === "invocations" && id) return this.answerInvocation(response, id, action);
    throw fail("not_found", `no route ${url.pathname}`);
  }

  private status() {
    return {
      version: "0.1.0",
      started: this.started.toISOString(),
      uptime_s: Math.round((Date.now() - this.started.getTime()) / 1000),
      functions: this.functions.size,
      modules: this.modules.size,
    };
  }

  private upload(bytes: Buffer, mediaType: string, response: ServerResponse): void {
    if (bytes.length > uploadBytesMax) {
      throw fail("too_large", "the body is larger than the server takes", {
        limit: { name: "upload_bytes", value: uploadBytesMax },
      });
    }
    const id = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const known = this.modules.get(id);
    if (known) return sendJson(response, 200, publicModule(known));
    const isPython = /^(text\/x-python|application\/zip)\b/.test(mediaType);
    const binary = isPython ? bytes : assemble(bytes);
    const shape = isPython ? { exports: [], imports: [] } : shapeOf(binary);
    const isCommand = shape.imports.some((item) => item.provided_by.includes("command"));
    const dialect = isPython ? "python" : isCommand ? "command" : "typed";
    const created = new Date().toISOString();
    const state = { state: "fresh" as const, state_reason: "the mock makes an instance for each call" };
    const module = {
      id,
      dialect,
      ...shape,
      memories: [],
      ...state,
      size_bytes: bytes.length,
      created,
      binary,
      bytes,
    };
    this.modules.set(id, module);
    sendJson(response, 201, publicModule(module));
  }

  private module(id: string): StoredModule {
    const module = this.modules.get(id);
    if (!module) throw fail("not_found", `no module ${id}`);
    return module;
  }

  private stored(name: string): Stored {
    const stored = this.functions.get(name);
    if (!stored) throw fail("not_found", `no function ${name}`);
    return stored;
  }

  private list(url: URL) {
    const search = url.searchParams.get("search") ?? "";
    const items = [...this.functions.values()].filter((one) => one.name.includes(search)).reverse();
    return { items: items.map((one) => this.record(one)), next: null };
  }

  private record(stored: Stored): FunctionRecord {
    const version = stored.versions[stored.current - 1];
    if (!version) throw new Error("a function without versions");
    const { current: _current, ...deployed } = version;
    const now = Date.now();
    const hour = this.invocations.filter(
      (one) => one.function === stored.name && now - Date.parse(one.started) < 3_600_000,
    );
    const calls_per_minute = new Array<number>(60).fill(0);
    for (const one of hour) {
      const minute = 59 - Math.floor((now - Date.parse(one.started)) / 60_000);
      calls_per_minute[minute] = (calls_per_minute[minute] ?? 0) + 1;
    }
    const sorted = hour.map((one) => one.duration_us).sort((a, b) => a - b);
    return {
      name: stored.name,
      versions: stored.versions.length,
      created: stored.created,
      exports: this.module(deployed.module).exports,
      initialization: null,
      last_hour: {
        calls: hour.length,
        errors: hour.filter((one) => one.status === "error").length,
        p50_us: sorted[Math.floor(sorted.length / 2)] ?? null,
        calls_per_minute,
      },
      last_called: this.invocations.find((one) => one.function === stored.name)?.started ?? null,
      ...deployed,
      state: deployed.state === "warm" ? "warm" : "fresh",
      state_reason: "the mock makes an instance for each call",
    };
  }

  private async answerFunction(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    action: string | undefined,
  ): Promise<void> {
    const method = request.method ?? "GET";
    if (method === "PUT") return this.deploy(name, await bodyOf(request), response);
    const stored = this.stored(name);
    if (action === "invoke") return this.invoke(stored, await bodyOf(request), response);
    if (action === "versions") return sendJson(response, 200, { items: this.versionsOf(stored), next: null });
    if (action === "rollback") {
      const { version } = JSON.parse((await bodyOf(request)).toString()) as { version: number };
      if (!stored.versions[version - 1]) throw fail("not_found", `${name} has no version ${version}`);
      stored.current = version;
      return sendJson(response, 200, this.record(stored));
    }
    if (method === "DELETE") {
      this.functions.delete(name);
      response.statusCode = 204;
      return void response.end();
    }
    sendJson(response, 200, this.record(stored));
  }

  private versionsOf(stored: Stored): VersionRecord[] {
    return stored.versions.map((one) => ({ ...one, current: one.version === stored.current })).reverse();
  }

  private deploy(name: string, body: Buffer, response: ServerResponse): void {
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      throw fail("invalid_argument", `${name} is not a name`);
    const wanted = JSON.parse(body.toString()) as {
      module: string;
      limits?: Partial<Limits>;
      environment?: Record<string, string>;
      state?: "pristine" | "warm";
      init?: string;
    };
    const module = this.module(wanted.module);
    if (module.dialect === "python") throw fail("unsupported", "this server has no Python: it is a mock");
    const missing = module.imports.find((item) => item.problem);
    if (missing) throw fail("unsupported", `${missing.module}.${missing.name}: ${missing.problem}`);
    const deployed = new Date().toISOString();
    const old = this.functions.get(name);
    const stored = old ?? { name, created: deployed, current: 0, versions: [] };
    stored.versions.push({
      version: stored.versions.length + 1,
      module: module.id,
      dialect: module.dialect,
      deployed,
      current: true,
      limits: { ...defaultLimits, ...wanted.limits },
      grants: {},
      environment: wanted.environment ?? {},
      state: wanted.state ?? "pristine",
      init: wanted.init ?? null,
    });
    stored.current = stored.versions.length;
    this.functions.set(name, stored);
    sendJson(response, old ? 200 : 201, this.record(stored));
  }

  private invoke(stored: Stored, input: Buffer, response: ServerResponse): void {
    const record = this.record(stored);
    const module = this.module(record.module);
    const id = this.newId();
    const started = new Date();
    const before = process.hrtime.bigint();
    let run: Run | null = null;
    let error: Problem | null = null;
    let exported: string | undefined;
    try {
      if (module.dialect === "command") {
        run = runCommand(module.binary, input, record.limits);
      } else {
        const call = parsePayload(input, module);
        exported = call.exported.name;
        run = runTyped(module.binary, call.exported, call.args, record.limits);
      }
    } catch (thrown) {
      if (!(thrown instanceof MockProblem) || thrown.problem.status === 400) throw thrown;
      error = { ...thrown.problem, invocation: id };
    }
    const duration_us = Math.max(1, Math.round(Number(process.hrtime.bigint() - before) / 1000));
    const output = run?.output ?? new Uint8Array();
    this.invocations.unshift({
      id,
      function: stored.name,
      version: record.version,
      ...(exported ? { export: exported } : {}),
      status: error ? "error" : "ok",
      ...(error ? { error } : {}),
      started: started.toISOString(),
      duration_us,
      cpu_us: duration_us,
      input_bytes: input.length,
      output_bytes: output.length,
      input: input.length <= keptTextBytes ? input.toString() : null,
      output: output.length <= keptTextBytes && !error ? Buffer.from(output).toString() : null,
      log_bytes: run?.log.length ?? 0,
      log: run?.log ?? new Uint8Array(),
    });
    if (error) throw new MockProblem(error);
    response.setHeader("weft-invocation", id);
    response.setHeader("weft-duration-us", String(duration_us));
    response.setHeader("content-type", run?.contentType ?? "");
    response.end(Buffer.from(output));
  }

  private newId(): string {
    const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let time = Date.now();
    let id = "";
    for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) id = (digits[time % 32] ?? "0") + id;
    const tail = createHash("sha256").update(String(this.serial++)).digest();
    return id + [...tail.subarray(0, 16)].map((byte) => digits[byte % 32]).join("");
  }

  private listInvocations(url: URL) {
    const query = url.searchParams;
    const limit = Number(query.get("limit") ?? 50);
    const from = Number(query.get("next") ?? 0);
    const items = this.invocations
      .filter((one) => one.function === (query.get("function") ?? one.function))
      .filter((one) => one.status === (query.get("status") ?? one.status));
    const page = items.slice(from, from + limit).map(({ log: _log, ...rest }) => rest);
    return { items: page, next: from + limit < items.length ? String(from + limit) : null };
  }

  private answerInvocation(response: ServerResponse, id: string, action: string | undefined): void {
    const found = this.invocations.find((one) => one.id === id);
    if (!found) throw fail("not_found", `no invocation ${id}`);
    if (action === "logs") {
      response.setHeader("content-type", "text/plain; charset=utf-8");
      return void response.end(Buffer.from(found.log));
    }
    const { log: _log, ...rest } = found;
    sendJson(response, 200, rest);
  }
}

function parsePayload(input: Buffer, module: Module) {
  let payload: { export?: string; args?: unknown[] };
  try {
    payload = JSON.parse(input.toString()) as typeof payload;
  } catch {
    throw fail("invalid_argument", 'the payload is not JSON; it looks like {"export":"add","args":[2,3]}');
  }
  const only = module.exports.length === 1 ? module.exports[0] : undefined;
  const exported =
    payload.export === undefined ? only : module.exports.find((one) => one.name === payload.export);
  if (!exported) throw fail("invalid_argument", `the module has no export ${payload.export ?? ""}`);
  return { exported, args: payload.args ?? [] };
}

function publicModule({ binary: _binary, bytes: _bytes, ...module }: StoredModule): Module {
  return module;
}

function sendModule(response: ServerResponse, { bytes }: StoredModule): void {
  const isText = bytes[0] !== 0;
  const type = isText ? "text/plain; charset=utf-8" : "application/wasm";
  response.setHeader("content-type", bytes.subarray(0, 2).toString() === "PK" ? "application/zip" : type);
  response.end(bytes);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
