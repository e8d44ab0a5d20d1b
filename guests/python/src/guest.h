// What every Python guest does: start the interpreter, hold bytes for the host, say what went
// wrong. The files abi_*.c give it the exports of one kind of host each. One instance has one
// thread; nothing here is thread-safe.
#ifndef GUESTS_PYTHON_GUEST_H_
#define GUESTS_PYTHON_GUEST_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name), used))

// How a payload's or a result's bytes are meant (docs/formats/python-guest.md); stored: never
// renumber.
enum PayloadKind {
  kNothing = 0,
  kJson = 1,
  kBytes = 2,
  kText = 3,
  kHttp = 4,
  kError = 5,
};

// Borrowed bytes of the guest's memory.
struct Span {
  const char* data;
  uint32_t size;
};

struct StartOptions {
  // Seeds the hashes of strings, so that two guests started alike iterate over sets alike.
  // Negative: random.
  int64_t hash_seed;
  // Whether PYTHONPATH and its like count.
  bool use_environment;
  // Where imports are looked for behind the library; ends with NULL. May be NULL.
  const char* const* folders;
};

// Starts Python, once; a second call changes nothing. False when it cannot: the reason is on
// standard error, and nothing else here may be called.
bool guest_start(struct StartOptions options);
bool guest_is_started(void);

// A function of one of our Python modules, borrowed. NULL with an exception set when it does not
// import.
PyObject* guest_function(const char* module, const char* name);

// Writes out what print() left in buffers. Errors (the host closed the stream) are forgotten: there
// is nobody to tell.
void guest_flush(void);

// The exception that is set, as the JSON of docs/formats/python-guest.md; clears it. Never NULL: a
// fixed text when even that fails. A new reference.
PyObject* guest_describe_error(void);

// The same as one text for people: the traceback, as Python prints it. Never NULL.
PyObject* guest_error_text(void);

// Bytes for the host to write parameters into, and back. `size` may be 0.
void* guest_allocate(uint32_t size);

// A str if the bytes are UTF-8, else bytes. NULL with an exception set when memory ends.
PyObject* guest_text_or_bytes(struct Span span);

#endif  // GUESTS_PYTHON_GUEST_H_
