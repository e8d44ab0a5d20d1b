// Runs modules for the mock server with Node's own WebAssembly.
import { createContext, Script } from "node:vm";
import wabtInit from "wabt";
import type { ExportedFunction, Frame, Limits, Problem } from "../src/api/types";

export class MockProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const titles: Record<string, [number, string]> = {
  invalid_argument: [400, "The request cannot be used"],
  not_found: [404, "There is nothing here"],
  failed_precondition: [409, "The state does not allow this"],
  too_large: [413, "Too large"],
  unsupported: [422, "weft cannot run this"],
  guest_error: [502, "The guest reported an error"],
  guest_trap: [502, "The guest trapped"],
  guest_limit: [502, "The guest reached a limit"],
  deadline_exceeded: [504, "The deadline passed"],
};

export function fail(code: string, detail: string, more: Partial<Problem> = {}): MockProblem {
  const [status, title] = titles[code] ?? [500, "Internal error"];
  return new MockProblem({ code, title, status, detail, ...more });
}

const wabt = await wabtInit();

/** Bytes of a .wasm as they are, or assembled from a .wat. */
export function assemble(bytes: Uint8Array): Uint8Array {
  const isWasm = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  const text = new TextDecoder().decode(bytes);
  if (!isWasm && !/^\s*(\(|;;|\(;)/.test(text)) {
    throw fail(
      "invalid_argument",
      "neither WebAssembly (it would start with \\0asm) nor its text form (it would start with a parenthesis)",
      {
        position: { offset: 0 },
      },
    );
  }
  let binary = bytes;
  if (!isWasm) {
    try {
      const module = wabt.parseWat("module.wat", text, { simd: true, multi_value: true });
      binary = module.toBinary({ write_debug_names: true }).buffer;
      module.destroy();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const where = /module\.wat:(\d+):(\d+): error: ([^\n]*)/.exec(message);
      if (!where) throw fail("invalid_argument", message);
      throw fail("invalid_argument", where[3] ?? "", {
        position: { line: Number(where[1]), column: Number(where[2]) },
      });
    }
  }
  try {
    new WebAssembly.Module(binary as BufferSource);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(
      /^WebAssembly\.Module\(\): /,
      "",
    );
    const offset = Number(/@\+(\d+)/.exec(message)?.[1] ?? 0);
    throw fail("invalid_argument", message.replace(/ ?@\+\d+$/, ""), { position: { offset } });
  }
  return binary;
}

export interface Run {
  output: Uint8Array;
  contentType: string;
  log: Uint8Array;
}

/** Calls one export with the numbers of the payload. */
export function runTyped(
  binary: Uint8Array,
  exported: ExportedFunction,
  args: unknown[],
  limits: Limits,
): Run {
  if (args.length !== exported.params.length) {
    throw fail(
      "invalid_argument",
      `${exported.name} takes ${exported.params.length} arguments, not ${args.length}`,
    );
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as BufferSource));
  const call = lower(exported, instance.exports[exported.name] as CallableFunction);
  const values = exported.params.flatMap((type, i) => toWasm(type, args[i], exported, i));
  const returned = guarded(() => call(...values) as unknown, limits);
  const flat = Array.isArray(returned) ? (returned as unknown[]) : returned === undefined ? [] : [returned];
  const results = exported.results.map((type) => {
    if (type !== "v128") return toJson(type, flat.shift());
    return `"0x${hexOf64(flat.shift() as bigint)}${hexOf64(flat.shift() as bigint)}"`;
  });
  const output = new TextEncoder().encode(`{"results":[${results.join(",")}]}`);
  return { output, contentType: "application/json", log: new Uint8Array() };
}

// v128 cannot cross the JavaScript boundary: a generated module carries it as two i64.
function lower(exported: ExportedFunction, target: CallableFunction): CallableFunction {
  const { params, results } = exported;
  if (![...params, ...results].includes("v128")) return target;
  const flat = (types: string[]) => types.flatMap((type) => (type === "v128" ? ["i64", "i64"] : [type]));
  let next = 0;
  const pushes = params.map((type) => {
    if (type !== "v128") return `(local.get ${next++})`;
    return `(i64x2.replace_lane 1 (i64x2.splat (local.get ${next++})) (local.get ${next++}))`;
  });
  const locals = results.map((type, i) => `(local $r${i} ${type})`);
  const stores = results.map((_, i) => `(local.set $r${i})`).reverse();
  const loads = results.map((type, i) =>
    type === "v128"
      ? `(i64x2.extract_lane 0 (local.get $r${i})) (i64x2.extract_lane 1 (local.get $r${i}))`
      : `(local.get $r${i})`,
  );
  const wat = `(module (import "m" "f" (func $f (param ${params.join(" ")}) (result ${results.join(" ")})))
    (func (export "f") (param ${flat(params).join(" ")}) (result ${flat(results).join(" ")}) ${locals.join(" ")}
      ${pushes.join(" ")} (call $f) ${stores.join(" ")} ${loads.join(" ")}))`;
  const module = wabt.parseWat("lower.wat", wat, { simd: true, multi_value: true });
  const binary = module.toBinary({}).buffer;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as BufferSource), {
    m: { f: target as WebAssembly.ImportValue },
  });
  return instance.exports.f as CallableFunction;
}

function toWasm(
  type: string,
  value: unknown,
  exported: ExportedFunction,
  index: number,
): (number | bigint)[] {
  const wrong = () =>
    fail(
      "invalid_argument",
      `argument ${index + 1} of ${exported.name} is ${JSON.stringify(value)}, which is not ${type}`,
    );
  if (type === "i64") {
    if (typeof value === "string" ? !/^-?\d+$/.test(value) : !Number.isInteger(value)) throw wrong();
    return [BigInt(value as string)];
  }
  if (type === "v128") {
    if (typeof value !== "string" || !/^0x[0-9a-f]{32}$/i.test(value)) throw wrong();
    const view = new DataView(Uint8Array.from(Buffer.from(value.slice(2), "hex")).buffer);
    return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  }
  if (type === "i32" && (typeof value !== "number" || value !== (value | 0))) throw wrong();
  if (typeof value !== "number" && !["NaN", "Infinity", "-Infinity"].includes(value as string)) throw wrong();
  return [Number(value)];
}

function toJson(type: string, value: unknown): string {
  if (type === "i64") return `"${value as bigint}"`;
  const number = value as number;
  if (Object.is(number, -0)) return "-0.0";
  return Number.isFinite(number) ? String(number) : `"${number}"`;
}

function hexOf64(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes.toString("hex");
}

class Exit extends Error {
  constructor(readonly code: number) {
    super();
  }
}

/** Runs _start with the payload as standard input; knows just enough WASI for small programs. */
export function runCommand(binary: Uint8Array, input: Uint8Array, limits: Limits): Run {
  const out: Buffer[] = [];
  const log: Buffer[] = [];
  let read = 0;
  const memory = () => new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
  const vectors = (at: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      at: memory().getUint32(at + 8 * i, true),
      length: memory().getUint32(at + 8 * i + 4, true),
    }));
  const wasi: Record<string, (...args: number[]) => number> = {
    fd_write: (fd = 0, at = 0, count = 0, written = 0) => {
      let total = 0;
      for (const part of vectors(at, count)) {
        (fd === 2 ? log : out).push(
          Buffer.from(new Uint8Array(memory().buffer.slice(part.at, part.at + part.length))),
        );
        total += part.length;
      }
      memory().setUint32(written, total, true);
      return 0;
    },
    fd_read: (_fd = 0, at = 0, count = 0, got = 0) => {
      let total = 0;
      for (const part of vectors(at, count)) {
        const bytes = input.subarray(read, read + part.length);
        new Uint8Array(memory().buffer).set(bytes, part.at);
        read += bytes.length;
        total += bytes.length;
      }
      memory().setUint32(got, total, true);
      return 0;
    },
    proc_exit: (code = 0) => {
      throw new Exit(code);
    },
  };
  const anything = new Proxy(wasi, { get: (all, name) => all[String(name)] ?? (() => 0) });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary as BufferSource), {
    wasi_snapshot_preview1: anything,
  });
  try {
    guarded(() => (instance.exports._start as () => void)(), limits);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.code !== 0) throw fail("guest_error", `exit code ${error.code}`);
  }
  return { output: Buffer.concat(out), contentType: "text/plain; charset=utf-8", log: Buffer.concat(log) };
}

function guarded<T>(call: () => T, limits: Limits): T {
  try {
    return new Script("call()").runInContext(createContext({ call }), { timeout: limits.deadline_ms }) as T;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/timed out/.test(message)) {
      throw fail("deadline_exceeded", `stopped after ${limits.deadline_ms} ms`, {
        limit: { name: "deadline_ms", value: limits.deadline_ms },
        backtrace: [],
      });
    }
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    if (/wasm-function|WebAssembly/.test(stack) && !(error instanceof Exit)) {
      throw fail("guest_trap", trapName(message), { backtrace: framesOf(stack) });
    }
    throw error;
  }
}

function trapName(message: string): string {
  if (message === "divide by zero") return "integer divide by zero";
  if (/call stack/.test(message)) return "call stack exhausted";
  return message;
}

function framesOf(stack: string): Frame[] {
  const frames = stack.matchAll(
    /at (?:(\S+) \()?wasm:\/\/[^\s:]+:?[^\s]*?wasm-function\[(\d+)\]:0x([0-9a-f]+)/g,
  );
  return [...frames].slice(0, 20).map(([, name, index, offset]) => ({
    function: name ? name.replace(/^[0-9a-f]{6,}\./, "") : `func[${index}]`,
    module_offset: parseInt(offset ?? "0", 16),
  }));
}
