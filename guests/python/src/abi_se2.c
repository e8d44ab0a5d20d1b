// A plugin's wrapper for any SE2 host: runs run_e of the user's module `plugin`.
#include "guest.h"

__attribute__((import_module("env"), import_name("return_result"))) void host_return_result(
    const char* data, uint32_t size, int32_t ident);
__attribute__((import_module("env"), import_name("return_error"))) void host_return_error(
    int32_t code, const char* data, uint32_t size, int32_t ident);
void __wasm_call_ctors(void);

// Hosts that show the plugin's folder without saying so by PYTHONPATH.
static const char* const kFolders[] = {"/plugin", NULL};

static PyObject* run_function = NULL;
static PyObject* plugin_function = NULL;
// Why the plugin does not load: each call is answered with it.
static PyObject* load_error = NULL;

static PyObject* return_result(PyObject* self, PyObject* arguments) {
  (void)self;
  const char* data = NULL;
  Py_ssize_t size = 0;
  int ident = 0;
  if (!PyArg_ParseTuple(arguments, "y#i", &data, &size, &ident)) return NULL;
  guest_flush();
  host_return_result(data, (uint32_t)size, ident);
  Py_RETURN_NONE;
}

static PyObject* return_error(PyObject* self, PyObject* arguments) {
  (void)self;
  const char* data = NULL;
  Py_ssize_t size = 0;
  int code = 0;
  int ident = 0;
  if (!PyArg_ParseTuple(arguments, "iy#i", &code, &data, &size, &ident)) return NULL;
  guest_flush();
  host_return_error(code, data, (uint32_t)size, ident);
  Py_RETURN_NONE;
}

static PyMethodDef kMethods[] = {
    {"return_result", return_result, METH_VARARGS, "return_result(bytes, ident)"},
    {"return_error", return_error, METH_VARARGS, "return_error(code, bytes, ident)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef kModule = {PyModuleDef_HEAD_INIT,
                              "_weft_host",
                              "What this host takes.",
                              -1,
                              kMethods,
                              NULL,
                              NULL,
                              NULL,
                              NULL};

static PyObject* make_module(void) {
  return PyModule_Create(&kModule);
}

EXPORT(_start) void start(void) {
  // Hosts call it once; the standard has nothing to say about a second call.
  if (guest_is_started()) return;
  __wasm_call_ctors();
  if (PyImport_AppendInittab("_weft_host", make_module) != 0 ||
      !guest_start(
          (struct StartOptions){.hash_seed = -1, .use_environment = true, .folders = kFolders})) {
    return;
  }
  run_function = Py_XNewRef(guest_function("sdk", "_run"));
  plugin_function = Py_XNewRef(run_function != NULL ? guest_function("plugin", "run_e") : NULL);
  if (plugin_function == NULL) load_error = guest_error_text();
  guest_flush();
}

static void answer_error(struct Span text, int32_t ident) {
  host_return_error(1, text.data, text.size, ident);
}

EXPORT(run_e) void run_e(const char* payload, uint32_t size, int32_t ident) {
  static const char kNotStarted[] = "Python did not start: see standard error";
  if (!guest_is_started()) {
    answer_error((struct Span){kNotStarted, sizeof kNotStarted - 1}, ident);
    return;
  }
  if (load_error != NULL) {
    answer_error(
        (struct Span){PyBytes_AS_STRING(load_error), (uint32_t)PyBytes_GET_SIZE(load_error)},
        ident);
    return;
  }
  // Older hosts count the NUL behind a text.
  if (size > 0 && payload[size - 1] == '\0') --size;
  PyObject* const given = guest_text_or_bytes((struct Span){payload, size});
  PyObject* const done =
      given != NULL ? PyObject_CallFunction(run_function, "OOi", plugin_function, given, (int)ident)
                    : NULL;
  Py_XDECREF(given);
  if (done == NULL) {
    PyObject* const text = guest_error_text();
    answer_error((struct Span){PyBytes_AS_STRING(text), (uint32_t)PyBytes_GET_SIZE(text)}, ident);
    Py_DECREF(text);
  }
  Py_XDECREF(done);
  guest_flush();
}
