// The modules of the library that are part of the guest.
#ifndef GUESTS_PYTHON_FROZEN_H_
#define GUESTS_PYTHON_FROZEN_H_

#include <Python.h>

extern const struct _frozen kFrozenModules[];

#endif  // GUESTS_PYTHON_FROZEN_H_
