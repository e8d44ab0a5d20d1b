// _weft_http.start(request) -> descriptor: what the host has for lib/weft/http.py
// (docs/formats/python-guest.md).
#include "http.h"

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdint.h>

__attribute__((import_module("weft"), import_name("http_start"))) int32_t weft_http_start(
    const void* request, uint32_t size, uint32_t* descriptor);

static PyObject* start(PyObject* module, PyObject* request) {
  Py_buffer bytes;
  uint32_t descriptor = 0;
  (void)module;
  if (PyObject_GetBuffer(request, &bytes, PyBUF_SIMPLE) != 0) return NULL;
  // The host's numbers of errors are those of the C library.
  const int32_t error = weft_http_start(bytes.buf, (uint32_t)bytes.len, &descriptor);
  PyBuffer_Release(&bytes);
  if (error == 0) return PyLong_FromUnsignedLong(descriptor);
  errno = error;
  return PyErr_SetFromErrno(PyExc_OSError);
}

static PyMethodDef functions[] = {
    {"start", start, METH_O, "Begins a request, and returns the descriptor of its response."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_weft_http",
    .m_size = 0,
    .m_methods = functions,
};

static PyObject* make_module(void) {
  return PyModuleDef_Init(&module);
}

void http_add_module(void) {
  PyImport_AppendInittab("_weft_http", make_module);
}
