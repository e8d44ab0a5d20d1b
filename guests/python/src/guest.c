#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "frozen.h"

// Where pack.py says that the library is; a host shows the zip there.
#define LIBRARY_ZIP L"/usr/local/lib/python313.zip"

static bool is_started = false;
// Kept, because a file may change what imports find.
static PyObject* describe_function = NULL;
static PyObject* text_function = NULL;

static void set_text(PyConfig* config, wchar_t** member, const wchar_t* text, PyStatus* status) {
  if (!PyStatus_Exception(*status)) *status = PyConfig_SetString(config, member, text);
}

static void append_path(PyConfig* config, const wchar_t* path, PyStatus* status) {
  if (!PyStatus_Exception(*status)) {
    *status = PyWideStringList_Append(&config->module_search_paths, path);
  }
}

static void append_folders(PyConfig* config, const char* const* folders, PyStatus* status) {
  for (; folders != NULL && *folders != NULL && !PyStatus_Exception(*status); ++folders) {
    wchar_t* wide = Py_DecodeLocale(*folders, NULL);
    if (wide == NULL) {
      *status = PyStatus_NoMemory();
      return;
    }
    append_path(config, wide, status);
    PyMem_RawFree(wide);
  }
}

// PYTHONPATH comes before the library, as everywhere.
static void append_environment_path(PyConfig* config, PyStatus* status) {
  const char* const all = getenv("PYTHONPATH");
  if (all == NULL) return;
  char* const copy = strdup(all);
  if (copy == NULL) {
    *status = PyStatus_NoMemory();
    return;
  }
  char* rest = NULL;
  for (char* part = strtok_r(copy, ":", &rest); part != NULL; part = strtok_r(NULL, ":", &rest)) {
    const char* const one[] = {part, NULL};
    append_folders(config, one, status);
  }
  free(copy);
}

static PyStatus configure(PyConfig* config, struct StartOptions options) {
  PyStatus status = PyStatus_Ok();
  config->install_signal_handlers = 0;
  config->parse_argv = 0;
  config->pathconfig_warnings = 0;
  config->site_import = 0;
  config->user_site_directory = 0;
  config->write_bytecode = 0;
  config->use_environment = 0;
  config->module_search_paths_set = 1;
  config->use_hash_seed = options.hash_seed >= 0;
  config->hash_seed = options.hash_seed >= 0 ? (unsigned long)options.hash_seed : 0;
  set_text(config, &config->prefix, L"/usr/local", &status);
  set_text(config, &config->exec_prefix, L"/usr/local", &status);
  set_text(config, &config->base_prefix, L"/usr/local", &status);
  set_text(config, &config->base_exec_prefix, L"/usr/local", &status);
  set_text(config, &config->program_name, L"python3", &status);
  set_text(config, &config->executable, L"", &status);
  set_text(config, &config->base_executable, L"", &status);
  // Frozen packages find their other modules there.
  set_text(config, &config->stdlib_dir, LIBRARY_ZIP, &status);
  set_text(config, &config->stdio_encoding, L"utf-8", &status);
  // A log takes whatever is printed.
  set_text(config, &config->stdio_errors, L"backslashreplace", &status);
  if (options.use_environment) append_environment_path(config, &status);
  append_path(config, LIBRARY_ZIP, &status);
  append_folders(config, options.folders, &status);
  return status;
}

static PyStatus initialize(struct StartOptions options) {
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  before.utf8_mode = 1;
  PyStatus status = Py_PreInitialize(&before);
  if (PyStatus_Exception(status)) return status;
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  status = configure(&config, options);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return status;
}

bool guest_start(struct StartOptions options) {
  if (is_started) return true;
  PyImport_FrozenModules = kFrozenModules;
  const PyStatus status = initialize(options);
  if (PyStatus_Exception(status)) {
    fprintf(stderr, "Python does not start: %s\n",
            status.err_msg != NULL ? status.err_msg : "no reason given");
    return false;
  }
  is_started = true;
  describe_function = Py_XNewRef(guest_function("_weft_errors", "describe"));
  text_function = Py_XNewRef(guest_function("_weft_errors", "text"));
  PyObject* const install = guest_function("_weft_repairs", "install");
  PyObject* const done = install != NULL ? PyObject_CallNoArgs(install) : NULL;
  if (done == NULL || PyErr_Occurred()) PyErr_Print();
  Py_XDECREF(done);
  return done != NULL && describe_function != NULL && text_function != NULL;
}

bool guest_is_started(void) {
  return is_started;
}

PyObject* guest_function(const char* module_name, const char* name) {
  PyObject* const module = PyImport_ImportModule(module_name);
  if (module == NULL) return NULL;
  PyObject* const function = PyObject_GetAttrString(module, name);
  Py_DECREF(module);
  // The module keeps it.
  Py_XDECREF(function);
  return function;
}

static void flush_stream(const char* name) {
  // Each call ends here: the name of the method is made once.
  static PyObject* flush = NULL;
  if (flush == NULL) flush = PyUnicode_InternFromString("flush");
  PyObject* const stream = PySys_GetObject(name);
  if (flush == NULL || stream == NULL || stream == Py_None) return;
  PyObject* const done = PyObject_CallMethodNoArgs(stream, flush);
  if (done == NULL) PyErr_Clear();
  Py_XDECREF(done);
}

void guest_flush(void) {
  PyObject* const raised = PyErr_GetRaisedException();
  flush_stream("stdout");
  flush_stream("stderr");
  fflush(NULL);
  PyErr_SetRaisedException(raised);
}

static PyObject* describe_with(PyObject* describe, const char* otherwise) {
  PyObject* const raised = PyErr_GetRaisedException();
  PyObject* told = NULL;
  if (describe != NULL && raised != NULL) told = PyObject_CallOneArg(describe, raised);
  Py_XDECREF(raised);
  if (told != NULL && PyBytes_Check(told)) return told;
  PyErr_Clear();
  Py_XDECREF(told);
  told = PyBytes_FromString(otherwise);
  // Not even some bytes: an instance without memory is of no more use.
  if (told == NULL) abort();
  return told;
}

#define UNKNOWN "an error that could not be described: memory ran out, or Python itself was changed"

PyObject* guest_describe_error(void) {
  return describe_with(describe_function,
                       "{\"kind\":\"exception\",\"type\":\"Error\",\"message\":\"" UNKNOWN
                       "\",\"frames\":[],\"text\":\"\"}");
}

PyObject* guest_error_text(void) {
  return describe_with(text_function, UNKNOWN);
}

void* guest_allocate(uint32_t size) {
  return malloc(size > 0 ? size : 1);
}

EXPORT(allocate) void* allocate(uint32_t size) {
  return guest_allocate(size);
}

EXPORT(deallocate) void deallocate(void* data, uint32_t size) {
  (void)size;
  free(data);
}

PyObject* guest_text_or_bytes(struct Span span) {
  PyObject* const text = PyUnicode_DecodeUTF8(span.data, (Py_ssize_t)span.size, NULL);
  if (text != NULL || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) return text;
  PyErr_Clear();
  return PyBytes_FromStringAndSize(span.data, (Py_ssize_t)span.size);
}
