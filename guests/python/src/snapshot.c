#include "snapshot.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>
#include <wasi/libc-environ.h>
#include <wasi/libc.h>

// Hosts give descriptors from below; a guest with more files than this is found by Python's own
// objects.
enum { kDescriptorsMax = 1024 };

extern char __stack_low;
void __wasilibc_reset_preopens(void);

// The generator behind random.random() and its like, as _randommodule.c of CPython 3.13 has it:
// that of MT19937.
enum { kGeneratorWords = 624 };
struct Generator {
  PyObject_HEAD int index;
  uint32_t words[kGeneratorWords];
};

static struct {
  bool was_open[kDescriptorsMax];
  bool has_variables;
  bool is_resumed;
  bool wants_seed;
  struct Generator* generator;  // NULL: random.seed does it
  bool has_hooks;
} state;

// Preopened directories are the host's, and forgotten.
static bool is_open(int descriptor) {
  __wasi_prestat_t shown;
  __wasi_fdstat_t told;
  return __wasi_fd_prestat_get(descriptor, &shown) != __WASI_ERRNO_SUCCESS &&
         __wasi_fd_fdstat_get(descriptor, &told) == __WASI_ERRNO_SUCCESS;
}

static uint32_t variable_count(void) {
  __wasi_size_t count = 0;
  __wasi_size_t size = 0;
  return __wasi_environ_sizes_get(&count, &size) == __WASI_ERRNO_SUCCESS ? count : 0;
}

void snapshot_begin(void) {
  for (int i = 0; i < kDescriptorsMax; ++i)
    state.was_open[i] = is_open(i);
  state.has_variables = variable_count() > 0;
}

static PyObject* call_ours(const char* name) {
  PyObject* const function = guest_function("_weft", name);
  return function != NULL ? PyObject_CallNoArgs(function) : NULL;
}

static bool do_ours(const char* name) {
  PyObject* const done = call_ours(name);
  Py_XDECREF(done);
  return done != NULL;
}

static bool refuse(const char* kind, PyObject* message) {
  PyObject* const type = guest_function("_weft_errors", "GuestError");
  PyObject* const error =
      type != NULL && message != NULL ? PyObject_CallFunction(type, "sO", kind, message) : NULL;
  if (error != NULL) PyErr_SetObject(type, error);
  Py_XDECREF(error);
  Py_XDECREF(message);
  return false;
}

static bool refuse_open_files(int descriptor) {
  PyObject* const names = call_ours("open_files");
  if (names == NULL) return false;
  PyObject* const message =
      PyObject_IsTrue(names) == 1
          ? PyUnicode_FromFormat("an image cannot hold open files, and these are open: %S", names)
          : PyUnicode_FromFormat("an image cannot hold open files, and descriptor %d is open, of no "
                                 "file object (a database?)",
                                 descriptor);
  Py_DECREF(names);
  return refuse("open_files", message);
}

static bool check_nothing_open(void) {
  for (int i = 0; i < kDescriptorsMax; ++i) {
    if (!state.was_open[i] && is_open(i)) return refuse_open_files(i);
  }
  return true;
}

static PyObject* attribute_of(const char* module_name, const char* name) {
  PyObject* const module = PyImport_ImportModule(module_name);
  PyObject* const value = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
  Py_XDECREF(module);
  return value;
}

// NULL where it is another one than this C code knows. `random` has been imported, and keeps it.
static struct Generator* find_generator(void) {
  PyObject* const type = attribute_of("_random", "Random");
  PyObject* const generator = attribute_of("random", "_inst");
  const bool is_known = type != NULL && PyType_Check(type) && generator != NULL &&
                        PyObject_TypeCheck(generator, (PyTypeObject*)type) &&
                        ((PyTypeObject*)type)->tp_basicsize == sizeof(struct Generator);
  PyErr_Clear();
  Py_XDECREF(type);
  // Kept, whatever a file does to the module.
  return is_known ? (struct Generator*)generator : NULL;
}

static bool prepare(void) {
  PyObject* const told = call_ours("quiesce");
  if (told == NULL) return false;
  int wants_seed = 0;
  int has_hooks = 0;
  const bool is_good = PyArg_ParseTuple(told, "pp", &wants_seed, &has_hooks) != 0;
  state.wants_seed = wants_seed != 0;
  if (state.wants_seed && state.generator == NULL) state.generator = find_generator();
  state.has_hooks = has_hooks != 0;
  Py_DECREF(told);
  return is_good;
}

// What earlier calls left below the stack's top: pointers and bytes that nobody reads any more, but
// that would make two images of the same file differ. Pages that hold nothing are only read.
__attribute__((noinline)) static void clear_dead_stack(void) {
  uint64_t* const end = (uint64_t*)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)7);
  // Address 0 is the stack's lowest; the compiler must not take it for a null pointer.
  uint64_t* at = (uint64_t*)((uintptr_t)&__stack_low + sizeof(uint64_t));
  for (; at < end; ++at) {
    if (*(volatile uint64_t*)at != 0) *(volatile uint64_t*)at = 0;
  }
}

bool guest_quiesce(void) {
  guest_flush();
  if (state.has_variables) {
    return refuse("environment",
                  PyUnicode_FromString(
                      "an image must not hold the host's environment variables: give them to "
                      "weft_resume, not to weft_init"));
  }
  if (!prepare() || !check_nothing_open() || !do_ours("freeze")) return false;
  state.is_resumed = false;
  __wasilibc_reset_preopens();
  __wasilibc_deinitialize_environ();
  clear_dead_stack();
  return true;
}

static bool set_variable(PyObject* variables, const char* row) {
  const char* const equals = strchr(row, '=');
  if (equals == NULL) return true;
  PyObject* const name = PyBytes_FromStringAndSize(row, equals - row);
  PyObject* const value = PyBytes_FromString(equals + 1);
  const bool is_good = name != NULL && value != NULL && PyDict_SetItem(variables, name, value) == 0;
  Py_XDECREF(name);
  Py_XDECREF(value);
  return is_good;
}

static bool take_environment(void) {
  if (variable_count() == 0) return true;
  state.has_variables = true;
  __wasilibc_deinitialize_environ();
  PyObject* const variables = PyDict_New();
  bool is_good = variables != NULL;
  for (char** row = __wasilibc_get_environ(); is_good && row != NULL && *row != NULL; ++row) {
    is_good = set_variable(variables, *row);
  }
  PyObject* const set = is_good ? guest_function("_weft", "set_environment") : NULL;
  PyObject* const done = set != NULL ? PyObject_CallOneArg(set, variables) : NULL;
  Py_XDECREF(variables);
  Py_XDECREF(done);
  return done != NULL;
}

static uint64_t rotated(uint64_t value, int by) {
  return (value << by) | (value >> (64 - by));
}

// xoroshiro128++ of D. Blackman and S. Vigna. random.seed takes ten times as long, which would be
// most of a short call.
static void fill(struct Generator* generator, uint64_t a, uint64_t b) {
  a |= a == 0 && b == 0;
  for (int i = 0; i < kGeneratorWords; i += 2) {
    const uint64_t word = rotated(a + b, 17) + a;
    generator->words[i] = (uint32_t)word;
    generator->words[i + 1] = (uint32_t)(word >> 32);
    b ^= a;
    a = rotated(a, 49) ^ b ^ (b << 21);
    b = rotated(b, 28);
  }
  // Not all of them may be zero; of this one only the highest bit counts.
  generator->words[0] |= UINT32_C(0x80000000);
  generator->index = kGeneratorWords;
}

// random.random() and its like would give each instance the same numbers.
static bool reseed(void) {
  uint64_t entropy[2];
  if (getentropy(entropy, sizeof entropy) != 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
  }
  if (state.generator != NULL) {
    fill(state.generator, entropy[0], entropy[1]);
    return true;
  }
  PyObject* const seed = PyLong_FromUnsignedNativeBytes(entropy, sizeof entropy, -1);
  PyObject* const function = seed != NULL ? guest_function("_weft", "reseed") : NULL;
  PyObject* const done = function != NULL ? PyObject_CallOneArg(function, seed) : NULL;
  Py_XDECREF(seed);
  Py_XDECREF(done);
  return done != NULL;
}

bool guest_reseed_if_needed(void) {
  if (!state.wants_seed) return true;
  state.wants_seed = false;
  return reseed();
}

void guest_has_loaded(void) {
  state.has_hooks = true;
  state.wants_seed = true;
  // Only what quiesces leaves nothing beside the generator's words.
  state.generator = NULL;
}

bool guest_resume(void) {
  state.is_resumed = true;
  return take_environment() && guest_reseed_if_needed() &&
         (!state.has_hooks || do_ours("run_hooks"));
}

bool guest_resume_if_needed(void) {
  return state.is_resumed || guest_resume();
}
