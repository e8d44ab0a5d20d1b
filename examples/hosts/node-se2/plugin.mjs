// A Python plugin of SE2: a folder with plugin.py, whose run_e(payload, ident) answers each call.
import { Guest } from "../guest.mjs";
import { readFolder } from "../wasi.mjs";

const IDENTS = 2 ** 31;

/** The plugin's own error: what it passed to `return_error`, or code 1 and the traceback of its exception. */
export class PluginError extends Error {
  name = "PluginError";

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Plugin {
  #guest;
  #ident = 0;
  #result = null;
  #error = null;

  /**
   * Loads the plugin in `folder`; one that does not load answers each call with the reason. Options: `guests`, `env`,
   * `print` of `Guest.load`.
   */
  static async load(folder, options = {}) {
    const plugin = new Plugin();
    const imports = {
      env: {
        return_result: (address, size, ident) => plugin.#answerResult(address, size, ident),
        return_error: (code, address, size, ident) => plugin.#answerError(code, address, size, ident),
      },
    };
    plugin.#guest = await Guest.load("se2", { folders: { plugin: readFolder(folder) }, imports, ...options });
    plugin.#guest.call("_start");
    return plugin;
  }

  get memoryBytes() {
    return this.#guest.memoryBytes;
  }

  /** Calls the plugin with a text or bytes. Returns the bytes of its result; throws `PluginError` or `Crash`. */
  run(payload) {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    this.#ident = (this.#ident + 1) % IDENTS;
    this.#result = this.#error = null;
    const address = this.#guest.put(bytes);
    this.#guest.call("run_e", address, bytes.length, this.#ident);
    this.#guest.free(address, bytes.length);
    if (this.#error !== null) throw this.#error;
    return this.#result ?? new Uint8Array();
  }

  // Of several answers the first counts; one to another call does not.
  #answerResult(address, size, ident) {
    if (ident === this.#ident) this.#result ??= this.#guest.read(address, size);
  }

  #answerError(code, address, size, ident) {
    if (ident !== this.#ident) return;
    this.#error ??= new PluginError(code, new TextDecoder().decode(this.#guest.read(address, size)));
  }
}
