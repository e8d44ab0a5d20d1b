// The modules of CPython that only its own tests import, beside those that libpython has.
#include <Python.h>

#define EACH_MODULE(use)    \
  use(_testbuffer);         \
  use(_testcapi);           \
  use(_testclinic);         \
  use(_testclinic_limited); \
  use(_testinternalcapi);   \
  use(_testlimitedcapi);    \
  use(_testsinglephase);    \
  use(_xxtestfuzz);         \
  use(xxsubtype)

#define DECLARE(name) PyMODINIT_FUNC PyInit_##name(void)
#define ADD(name) failed |= PyImport_AppendInittab(#name, PyInit_##name)

EACH_MODULE(DECLARE);

// python.wasm is the guests' own, with these linked to it, so this comes before its main.
__attribute__((constructor)) static void add_modules(void) {
  int failed = 0;
  EACH_MODULE(ADD);
  if (failed != 0) abort();
}
