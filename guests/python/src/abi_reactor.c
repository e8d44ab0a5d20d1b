// A reactor: lambdas, functions and modules that a host registers and applies, with parameters and
// results laid out as wasmedge-bindgen does. An export gets an array of {pointer, count} and its
// length; the guest frees what the pointers point to, the host the array. It returns nine bytes: 0
// (or 1 for an error), a pointer, a count (or the error's length). The pointer is to {pointer,
// type, size} for each result. The host frees all of it.
#include <stdlib.h>
#include <string.h>

#include "guest.h"

__attribute__((import_module("host"), import_name("callback"))) void host_callback(
    int32_t id, const uint8_t* answer);

enum {
  kStringType = 31,
  kAnswerSize = 9,
  kParametersMax = 3,
};

struct Parameter {
  char* data;
  uint32_t count;
};

struct Value {
  const char* data;
  uint32_t type;
  uint32_t size;
};

// Where a host may show the user's modules.
static const char* const kFolders[] = {"/app", NULL};

static char* copy_of(struct Span span) {
  char* const copy = guest_allocate(span.size);
  if (copy == NULL) abort();
  memcpy(copy, span.data, span.size);
  return copy;
}

// The host's, from now on. The error of a callback has the form of a result: only its first byte
// tells.
static uint8_t* answer_of(bool is_good, struct Span text) {
  struct Value* const value = guest_allocate(sizeof *value);
  uint8_t* const answer = guest_allocate(kAnswerSize);
  if (value == NULL || answer == NULL) abort();
  *value = (struct Value){.data = copy_of(text), .type = kStringType, .size = text.size};
  const uint32_t count = 1;
  answer[0] = is_good ? 0 : 1;
  memcpy(answer + 1, &value, sizeof value);
  memcpy(answer + 1 + sizeof value, &count, sizeof count);
  return answer;
}

static struct Span span_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* const data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == NULL) {
    PyErr_Clear();
    return (struct Span){"\"the text is not UTF-8\"", 23};
  }
  return (struct Span){data, (uint32_t)size};
}

static uint8_t* answer_failure(void) {
  PyObject* const text = guest_error_text();
  uint8_t* const answer =
      answer_of(false, (struct Span){PyBytes_AS_STRING(text), (uint32_t)PyBytes_GET_SIZE(text)});
  Py_DECREF(text);
  return answer;
}

// The parameters as texts, behind the function's name: what _weft_reactor.answer is called with.
// Frees their bytes.
static PyObject* texts_of(const char* function, struct Parameter* parameters, uint32_t count) {
  PyObject* const texts = PyTuple_New((Py_ssize_t)count + 1);
  PyObject* const name = PyUnicode_FromString(function);
  bool is_good = texts != NULL && name != NULL;
  if (texts != NULL) PyTuple_SET_ITEM(texts, 0, name);
  for (uint32_t i = 0; i < count; ++i) {
    PyObject* const text =
        is_good ? PyUnicode_DecodeUTF8(parameters[i].data, (Py_ssize_t)parameters[i].count, NULL)
                : NULL;
    is_good = is_good && text != NULL;
    if (texts != NULL) PyTuple_SET_ITEM(texts, (Py_ssize_t)i + 1, text);
    free(parameters[i].data);
  }
  if (is_good) return texts;
  Py_XDECREF(texts);
  return NULL;
}

static uint8_t* answer_wrapped(bool is_good, PyObject* value) {
  PyObject* const wrap = guest_function("_weft_reactor", "wrapped");
  PyObject* const text =
      wrap != NULL ? PyObject_CallFunction(wrap, "OO", is_good ? Py_True : Py_False, value) : NULL;
  uint8_t* const answer = text != NULL ? answer_of(true, span_of(text)) : answer_failure();
  Py_XDECREF(text);
  return answer;
}

// Calls the function of _weft_reactor. `id` is not NULL for those that tell the host by its
// callback, too.
static uint8_t* call(const char* function, const int32_t* id, struct Parameter* parameters,
                     uint32_t count) {
  PyObject* const texts = texts_of(function, parameters, count);
  PyObject* const answer = texts != NULL ? guest_function("_weft_reactor", "answer") : NULL;
  PyObject* const told = answer != NULL ? PyObject_CallObject(answer, texts) : NULL;
  Py_XDECREF(texts);
  int is_good = 0;
  PyObject* value = NULL;
  if (told == NULL || !PyArg_ParseTuple(told, "pU", &is_good, &value)) {
    Py_XDECREF(told);
    guest_flush();
    return answer_failure();
  }
  guest_flush();
  if (id != NULL) host_callback(*id, answer_of(is_good != 0, span_of(value)));
  uint8_t* const result = answer_wrapped(is_good != 0, value);
  Py_DECREF(told);
  return result;
}

static uint8_t* refuse(const char* reason) {
  return answer_of(false, (struct Span){reason, (uint32_t)strlen(reason)});
}

static uint8_t* call_plain(const char* function, struct Parameter* parameters, uint32_t count,
                           uint32_t wanted) {
  if (!guest_is_started()) return refuse("init was not called");
  if (count != wanted) return refuse("wrong number of parameters");
  return call(function, NULL, parameters, count);
}

// The first parameter is the id: four bytes, whatever its count says.
static uint8_t* call_told(const char* function, struct Parameter* parameters, uint32_t count) {
  if (!guest_is_started()) return refuse("init was not called");
  if (count != kParametersMax) return refuse("wrong number of parameters");
  int32_t id = 0;
  memcpy(&id, parameters[0].data, sizeof id);
  free(parameters[0].data);
  return call(function, &id, parameters + 1, count - 1);
}

static void start(void) {
  if (!guest_start(
          (struct StartOptions){.hash_seed = -1, .use_environment = true, .folders = kFolders}))
    return;
  PyObject* const function = guest_function("_weft_reactor", "start");
  PyObject* const done = function != NULL ? PyObject_CallNoArgs(function) : NULL;
  if (done == NULL) PyErr_Print();
  Py_XDECREF(done);
  guest_flush();
}

EXPORT(init) void init(void) {
  start();
}

EXPORT(init_python) void init_python(void) {
  start();
}

#define PLAIN(name, wanted)                                                  \
  EXPORT(name) uint8_t* name(struct Parameter* parameters, uint32_t count) { \
    return call_plain(#name, parameters, count, wanted);                     \
  }

#define TOLD(name)                                                           \
  EXPORT(name) uint8_t* name(struct Parameter* parameters, uint32_t count) { \
    return call_told(#name, parameters, count);                              \
  }

PLAIN(identity, 1)
PLAIN(register_lambda, 2)
PLAIN(unregister_lambda, 1)
TOLD(apply_lambda)
PLAIN(register_def, 2)
PLAIN(unregister_def, 1)
TOLD(apply_def)
PLAIN(register_module, 2)
PLAIN(unregister_module, 1)
TOLD(apply_module)
