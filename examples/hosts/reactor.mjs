// A Python that stays: what is registered in it can be applied again and again.
import { callExport, receive } from "./bindgen.mjs";
import { Guest } from "./guest.mjs";
import { readFolder } from "./wasi.mjs";

const KINDS = ["lambda", "def", "module"];

/** Python's own word on what went wrong: an exception, or a name that is not registered. */
export class ReactorError extends Error {
  name = "ReactorError";
}

/** The reactor was closed. */
export class Closed extends Error {
  name = "Closed";
}

function exportOf(verb, kind) {
  if (!KINDS.includes(kind))
    throw new TypeError(`there is no kind ${JSON.stringify(kind)}: ${KINDS.join(", ")}`);
  return `${verb}_${kind}`;
}

export class Reactor {
  #guest;
  #callback;
  #told = [];
  #nextId = 1;

  /**
   * Starts Python. Options: `guests`, `env`, `print` of `Guest.load`; `folder`, whose modules can be imported; and
   * `callback({id, ok, value})`, or `({id, ok, error})`, which is called before each `apply` returns or throws.
   */
  static async init({ folder = null, callback = () => {}, ...options } = {}) {
    const reactor = new Reactor(callback);
    const folders = folder === null ? {} : { app: readFolder(folder) };
    const imports = { host: { callback: (id, address) => reactor.#told.push({ id, address }) } };
    reactor.#guest = await Guest.load("reactor", { folders, imports, ...options });
    reactor.#guest.call("_initialize");
    reactor.#guest.call("init");
    // Says why, if Python did not start.
    reactor.#call("identity", "");
    return reactor;
  }

  /** `Reactor.init` makes them. */
  constructor(callback) {
    this.#callback = callback;
  }

  get memoryBytes() {
    return this.#open().memoryBytes;
  }

  /** Registers a lambda (an expression), a def (a function of this name, and what it needs) or a module (a file). */
  register(kind, name, code) {
    this.#call(exportOf("register", kind), name, code);
  }

  unregister(kind, name) {
    this.#call(exportOf("unregister", kind), name);
  }

  /**
   * Calls what is registered with values that JSON can hold, and returns such a value. A function of a module is
   * `module.function`, of the kind `module` or `def`. `id`, 32 bits, is what the callback gets.
   */
  apply(kind, name, values = [], id = this.#nextId++ | 0) {
    if (!Number.isInteger(id) || id !== (id | 0)) {
      throw new TypeError(`the id is a whole number of 32 bits, not ${JSON.stringify(id)}`);
    }
    try {
      return JSON.parse(this.#call(exportOf("apply", kind), id, name, JSON.stringify(values)));
    } finally {
      this.#tell();
    }
  }

  /** Forgets Python and all that is registered. */
  close() {
    this.#guest = null;
  }

  #open() {
    if (this.#guest === null) throw new Closed("the reactor is closed");
    return this.#guest;
  }

  #call(name, ...parameters) {
    const { isError, text } = callExport(this.#open(), name, ...parameters);
    if (isError) throw new ReactorError(text);
    const { tag, value } = JSON.parse(text);
    if (tag !== "ok") throw new ReactorError(value);
    return value;
  }

  // After the export returned: a callback may throw, which must not unwind Python's stack, and may use the reactor.
  #tell() {
    for (const { id, address } of this.#told.splice(0)) {
      const { isError, text } = receive(this.#open(), address);
      this.#callback(isError ? { id, ok: false, error: text } : { id, ok: true, value: JSON.parse(text) });
    }
  }
}
