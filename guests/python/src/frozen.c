// The modules that start-up needs, as pack.py compiled them.
#include "frozen.h"

#include <stddef.h>

static const unsigned char kFrozen[] = {
#embed "frozen.bin"
};

const struct _frozen kFrozenModules[] = {
#include "frozen_table.h"
    {NULL, NULL, 0, 0},
};
