// WASI preview 1 for a guest: files that it can only read, output, and sleep that takes no processor.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  ConsoleStdout,
  Directory,
  File,
  OpenDirectory,
  OpenFile,
  PreopenDirectory,
  WASI,
  wasi as constants,
} from "@bjorn3/browser_wasi_shim";

const { ERRNO_ROFS, ERRNO_SUCCESS, EVENTTYPE_CLOCK, CLOCKID_MONOTONIC } = constants;
const { Fdstat, FILETYPE_UNKNOWN, RIGHTS_FD_WRITE } = constants;
const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;
const ABSOLUTE = constants.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;

// The shim's files live in the host's memory, and can grow there without end. These refuse every change.

class OpenReadOnlyFile extends OpenFile {
  fd_write() {
    return { ret: ERRNO_ROFS, nwritten: 0 };
  }

  fd_pwrite() {
    return { ret: ERRNO_ROFS, nwritten: 0 };
  }

  fd_allocate() {
    return ERRNO_ROFS;
  }

  fd_filestat_set_size() {
    return ERRNO_ROFS;
  }
}

class ReadOnlyFile extends File {
  constructor(bytes) {
    super(bytes, { readonly: true });
  }

  path_open(...options) {
    const opened = super.path_open(...options);
    return opened.ret === ERRNO_SUCCESS ? { ...opened, fd_obj: new OpenReadOnlyFile(this) } : opened;
  }
}

const readOnly = (Opened) =>
  class extends Opened {
    path_link() {
      return ERRNO_ROFS;
    }

    path_unlink() {
      return { ret: ERRNO_ROFS, inode_obj: null };
    }

    path_unlink_file() {
      return ERRNO_ROFS;
    }

    path_remove_directory() {
      return ERRNO_ROFS;
    }
  };

class OpenReadOnlyFolder extends readOnly(OpenDirectory) {}

class ReadOnlyFolder extends Directory {
  path_open() {
    return { ret: ERRNO_SUCCESS, fd_obj: new OpenReadOnlyFolder(this) };
  }

  create_entry_for_path() {
    return { ret: ERRNO_ROFS, entry: null };
  }
}

class Root extends readOnly(PreopenDirectory) {
  constructor(entries) {
    super("/", []);
    this.dir = new ReadOnlyFolder(entries);
  }
}

/** Passes on what is printed. It is no terminal, for which Python would colour its tracebacks. */
class Output extends ConsoleStdout {
  fd_fdstat_get() {
    const status = new Fdstat(FILETYPE_UNKNOWN, 0);
    status.fs_rights_base = BigInt(RIGHTS_FD_WRITE);
    return { ret: ERRNO_SUCCESS, fdstat: status };
  }
}

function listFolder(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw new Error(`${path} cannot be read as a folder: ${error.message}`, { cause: error });
  }
}

/** A folder of the host as it is now, for `Wasi`. Links to folders are left out: they may lead in circles. */
export function readFolder(path) {
  const entries = [];
  for (const entry of listFolder(path)) {
    const place = join(path, entry.name);
    if (entry.isDirectory()) {
      entries.push([entry.name, readFolder(place)]);
    } else if (statSync(place, { throwIfNoEntry: false })?.isFile()) {
      entries.push([entry.name, readFile(place)]);
    }
  }
  return new ReadOnlyFolder(entries);
}

/** A file of the host, for `Wasi`. */
export function readFile(path) {
  return new ReadOnlyFile(readFileSync(path));
}

/** A folder of the entries `{name: file or folder}`, for `Wasi`. */
export function folderOf(entries) {
  return new ReadOnlyFolder(Object.entries(entries));
}

const now = (clock) =>
  clock === CLOCKID_MONOTONIC ? BigInt(Math.round(performance.now() * 1e6)) : BigInt(Date.now()) * 1_000_000n;

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function readSubscription(view, address) {
  const subscription = {
    userdata: view.getBigUint64(address, true),
    type: view.getUint8(address + 8),
    // Files and streams are always ready.
    wait: 0n,
  };
  if (subscription.type === EVENTTYPE_CLOCK) {
    const timeout = view.getBigUint64(address + 24, true);
    const isAbsolute = (view.getUint16(address + 40, true) & ABSOLUTE) !== 0;
    subscription.wait = isAbsolute ? timeout - now(view.getUint32(address + 16, true)) : timeout;
  }
  return subscription;
}

/**
 * Waits for the first of the events. The shim's own function takes the moment that `time.sleep` waits for as a
 * duration, and waits at full speed.
 */
function pollOneoff(view, subscriptions, events, count, counted) {
  const waits = Array.from({ length: count }, (_, i) =>
    readSubscription(view, subscriptions + i * SUBSCRIPTION_SIZE),
  );
  const shortest = waits.reduce((least, { wait }) => (wait < least ? wait : least), waits[0]?.wait ?? 0n);
  if (shortest > 0n) sleep(Number(shortest) / 1e6);
  const ready = waits.filter(({ wait }) => wait <= shortest);
  ready.forEach(({ userdata, type }, i) => {
    const event = events + i * EVENT_SIZE;
    view.setBigUint64(event, userdata, true);
    view.setUint16(event + 8, ERRNO_SUCCESS, true);
    view.setUint8(event + 10, type);
    view.setBigUint64(event + 16, 0n, true);
    view.setUint16(event + 24, 0, true);
  });
  view.setUint32(counted, ready.length, true);
  return ERRNO_SUCCESS;
}

/**
 * The system of one guest: `entries` are what is in `/`, `env` its variables, and `print(bytes)` gets what it writes
 * to standard output and error: at the end of each call, and before that when it is much.
 */
export class Wasi extends WASI {
  constructor({ entries, env, print }) {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const files = [new OpenFile(new ReadOnlyFile([])), new Output(print), new Output(print)];
    super([], variables, [...files, new Root(Object.entries(entries))], { debug: false });
    this.wasiImport.poll_oneoff = (...parameters) =>
      pollOneoff(new DataView(this.inst.exports.memory.buffer), ...parameters);
  }
}
