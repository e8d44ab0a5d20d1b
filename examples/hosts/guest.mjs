// An instance of one of the Python guests, and its memory: what every host of them needs.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { WASIProcExit } from "@bjorn3/browser_wasi_shim";
import { folderOf, readFile, Wasi } from "./wasi.mjs";

const BUILT = fileURLToPath(new URL("../../build/python/out", import.meta.url));
const LIBRARY = "usr/local/lib/python313.zip";

/** The guests are not where they should be. */
export class MissingGuest extends Error {
  name = "MissingGuest";
}

/** The guest trapped or ended itself. It is of no more use: begin again with a new one. */
export class Crash extends Error {
  name = "Crash";
}

function reasonOf(error) {
  if (error instanceof WASIProcExit) return `it ended itself with code ${error.code}`;
  if (error instanceof RangeError && error.message.includes("call stack")) {
    return "it recursed too deeply for this stack: start the host with --stack-size=3900";
  }
  return `it trapped: ${error.message}`;
}

function locate(guests, name) {
  const path = join(guests, name);
  if (existsSync(path)) return path;
  throw new MissingGuest(
    `${path} is missing: build it with guests/python/build, or name the folder that has it in WEFT_PYTHON`,
  );
}

export class Guest {
  #exports;
  #crash = null;

  /**
   * Loads the guest `name` (`se2` or `reactor`) from the folder `guests`. Beside its library it sees the `folders`
   * `{name: readFolder(…)}` as `/name`, and the variables `env`. `print(bytes)` gets what it prints. `imports` are its
   * host's own functions: they must not throw, because Python cannot clean up then.
   */
  static async load(name, { guests = BUILT, folders = {}, env = {}, print = null, imports = {} } = {}) {
    const wasm = locate(guests, `${name}.wasm`);
    const library = readFile(locate(guests, LIBRARY));
    const usr = folderOf({ local: folderOf({ lib: folderOf({ "python313.zip": library }) }) });
    const wasi = new Wasi({
      entries: { usr, ...folders },
      env,
      print: print ?? ((bytes) => process.stderr.write(bytes)),
    });
    const module = await WebAssembly.compile(readFileSync(wasm));
    const instance = await WebAssembly.instantiate(module, {
      wasi_snapshot_preview1: wasi.wasiImport,
      ...imports,
    });
    return new Guest(wasi, instance);
  }

  constructor(wasi, instance) {
    wasi.inst = instance;
    this.#exports = instance.exports;
  }

  /** Calls an export. Throws `Crash` when the guest does not come back, or did not before. */
  call(name, ...parameters) {
    if (this.#crash) throw new Crash(`the guest is gone: ${this.#crash}`);
    try {
      return this.#exports[name](...parameters);
    } catch (error) {
      this.#crash = reasonOf(error);
      throw new Crash(`the guest is gone: ${this.#crash}`, { cause: error });
    }
  }

  /** How large the guest's memory is. It grows when the guest needs more, and never shrinks. */
  get memoryBytes() {
    return this.#exports.memory.buffer.byteLength;
  }

  /** A copy of bytes of the guest. Views are made anew each time: one that is kept is empty as soon as memory grows. */
  read(address, size) {
    return new Uint8Array(this.#exports.memory.buffer, address >>> 0, size >>> 0).slice();
  }

  /** Copies bytes into new memory of the guest. Whoever it is passed to says who frees it. */
  put(bytes) {
    const address = this.call("allocate", bytes.length) >>> 0;
    if (address === 0) throw new RangeError(`the guest has no memory for ${bytes.length} bytes`);
    new Uint8Array(this.#exports.memory.buffer, address, bytes.length).set(bytes);
    return address;
  }

  free(address, size) {
    this.call("deallocate", address, size);
  }

  /** A copy of bytes that the guest gave away. */
  take(address, size) {
    const bytes = this.read(address, size);
    this.free(address, size);
    return bytes;
  }
}
