// The guest of weft's own server: docs/formats/python-guest.md. Each export that can fail returns
// 0, or 1 with the error as the result.
#include "guest.h"
#include "http.h"
#include "snapshot.h"

// What weft_result points to; the host reads it.
struct Result {
  const char* data;
  uint32_t size;
  uint32_t kind;
};

static struct Result result;
// The object that result's bytes are in.
static PyObject* owner = NULL;
// Kept, because a file may change what imports find.
static PyObject* load_function = NULL;
static PyObject* invoke_function = NULL;

static void set_result(uint32_t kind, PyObject* bytes) {
  Py_XSETREF(owner, bytes);
  result.kind = kind;
  result.data = bytes != NULL ? PyBytes_AS_STRING(bytes) : NULL;
  result.size = bytes != NULL ? (uint32_t)PyBytes_GET_SIZE(bytes) : 0;
}

static int32_t succeed(void) {
  set_result(kNothing, NULL);
  return 0;
}

static int32_t fail(void) {
  guest_flush();
  set_result(kError, guest_describe_error());
  return 1;
}

static int32_t finish(bool is_good) {
  if (!is_good) return fail();
  guest_flush();
  return succeed();
}

EXPORT(weft_result) const struct Result* weft_result(void) {
  return &result;
}

EXPORT(weft_init) int32_t weft_init(int64_t hash_seed) {
  if (guest_is_started()) return 0;
  snapshot_begin();
  http_add_module();
  if (!guest_start((struct StartOptions){.hash_seed = hash_seed})) return 1;
  PyObject* const forget = guest_function("_weft", "forget_environment");
  PyObject* const done = forget != NULL ? PyObject_CallNoArgs(forget) : NULL;
  Py_XDECREF(done);
  load_function = Py_XNewRef(guest_function("_weft", "load"));
  invoke_function = Py_XNewRef(guest_function("_weft", "invoke"));
  return finish(done != NULL && load_function != NULL && invoke_function != NULL);
}

EXPORT(weft_preload) int32_t weft_preload(const char* names, uint32_t size) {
  PyObject* const preload = guest_function("_weft", "preload");
  PyObject* const done =
      preload != NULL ? PyObject_CallFunction(preload, "y#", names, (Py_ssize_t)size) : NULL;
  Py_XDECREF(done);
  return finish(done != NULL);
}

EXPORT(weft_load)
int32_t weft_load(const char* source, uint32_t source_size, const char* filename,
                  uint32_t filename_size, const char* options, uint32_t options_size) {
  PyObject* const load = guest_reseed_if_needed() ? load_function : NULL;
  PyObject* const done =
      load != NULL
          ? PyObject_CallFunction(load, "y#s#y#", source, (Py_ssize_t)source_size, filename,
                                  (Py_ssize_t)filename_size, options, (Py_ssize_t)options_size)
          : NULL;
  if (done == NULL) return fail();
  guest_has_loaded();
  guest_flush();
  set_result(kJson, done);
  return 0;
}

static PyObject* make_payload(uint32_t kind, const char* data, uint32_t size) {
  switch (kind) {
    case kNothing:
      return Py_NewRef(Py_None);
    case kJson:
    case kText:
      return PyUnicode_DecodeUTF8(data, (Py_ssize_t)size, NULL);
    case kBytes:
    case kHttp:
      return PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
    default:
      PyErr_Format(PyExc_ValueError, "there is no kind of payload %u", kind);
      return NULL;
  }
}

// Steals the objects; each may be NULL with an exception set.
static PyObject* call_invoke(uint32_t kind, PyObject* payload, PyObject* context) {
  PyObject* const number = PyLong_FromUnsignedLong(kind);
  PyObject* told = NULL;
  if (number != NULL && payload != NULL && context != NULL) {
    PyObject* const arguments[] = {number, payload, context};
    told = PyObject_Vectorcall(invoke_function, arguments, 3, NULL);
  }
  Py_XDECREF(number);
  Py_XDECREF(payload);
  Py_XDECREF(context);
  return told;
}

static bool take_told(PyObject* told) {
  int kind = 0;
  PyObject* bytes = NULL;
  if (told == NULL) return false;
  const bool is_good = PyArg_ParseTuple(told, "iS", &kind, &bytes) != 0;
  if (is_good) set_result((uint32_t)kind, Py_NewRef(bytes));
  Py_DECREF(told);
  return is_good;
}

EXPORT(weft_invoke)
int32_t weft_invoke(uint32_t kind, const char* payload, uint32_t payload_size, const char* context,
                    uint32_t context_size) {
  set_result(kNothing, NULL);
  if (invoke_function == NULL) return 1;
  if (!guest_resume_if_needed()) return fail();
  if (!take_told(call_invoke(kind, make_payload(kind, payload, payload_size),
                             PyBytes_FromStringAndSize(context, (Py_ssize_t)context_size)))) {
    return fail();
  }
  guest_flush();
  return 0;
}

EXPORT(weft_quiesce) int32_t weft_quiesce(void) {
  // Later work would leave its traces below the stack's top again.
  succeed();
  return guest_quiesce() ? 0 : fail();
}

EXPORT(weft_resume) int32_t weft_resume(void) {
  return finish(guest_resume());
}
