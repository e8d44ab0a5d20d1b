// A plugin in AssemblyScript, as its SDK made them: that package is no longer published.
@external("env", "return_result")
declare function return_result(at: usize, size: i32, ident: i32): void;
@external("env", "return_error")
declare function return_error(code: i32, at: usize, size: i32, ident: i32): void;
@external("env", "log_msg")
declare function log_msg(at: usize, size: i32, level: i32, ident: i32): void;

export function allocate(size: i32): usize {
  return heap.alloc(size);
}

export function deallocate(at: usize, _size: i32): void {
  heap.free(at);
}

function run(payload: string, ident: i32): string {
  if (payload == "log") {
    const message = String.UTF8.encode("a message");
    log_msg(changetype<usize>(message), message.byteLength, 2, ident);
  }
  if (payload == "throw") throw new Error("thrown");
  return payload.toUpperCase();
}

export function run_e(at: usize, size: i32, ident: i32): void {
  const payload = String.UTF8.decodeUnsafe(at, size);
  if (payload == "fail") {
    const message = String.UTF8.encode("no");
    return_error(-7, changetype<usize>(message), message.byteLength, ident);
    return;
  }
  const result = String.UTF8.encode(run(payload, ident));
  return_result(changetype<usize>(result), result.byteLength, ident);
}
