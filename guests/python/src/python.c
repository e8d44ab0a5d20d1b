// python3 as a program of WASI: `weft run script.py`.
#include <Python.h>
#include <sys/stat.h>

#define Py_BUILD_CORE
#include <internal/pycore_pystate.h>

#include "frozen.h"
#include "http.h"

#define LIBRARY_ZIP L"/usr/local/lib/python313.zip"

// Python's own folder of sources goes before our zip, for those who show it to the program: its
// test suite does.
static bool has_source_folder(void) {
  struct stat told;
  return stat("/usr/local/lib/python3.13/os.py", &told) == 0;
}

static PyStatus use_zip(PyConfig* config) {
  PyImport_FrozenModules = kFrozenModules;
  PyStatus status = PyConfig_SetString(config, &config->prefix, L"/usr/local");
  if (!PyStatus_Exception(status))
    status = PyConfig_SetString(config, &config->exec_prefix, L"/usr/local");
  // Frozen packages find their other modules there.
  if (!PyStatus_Exception(status))
    status = PyConfig_SetString(config, &config->stdlib_dir, LIBRARY_ZIP);
  return status;
}

// Python has made the script's path absolute, below a working directory that is only the program's.
// Errors are to show it as whoever gave it knows it: sys.argv has it still.
static PyStatus keep_script_path(void) {
  PyConfig* config = (PyConfig*)_Py_GetConfig();
  if (config->run_filename == NULL || config->argv.length == 0) return PyStatus_Ok();
  return PyConfig_SetString(config, &config->run_filename, config->argv.items[0]);
}

int main(int argc, char** argv) {
  http_add_module();
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.user_site_directory = 0;
  PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
  if (!PyStatus_Exception(status) && !has_source_folder()) status = use_zip(&config);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  if (!PyStatus_Exception(status)) status = keep_script_path();
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  return Py_RunMain();
}
