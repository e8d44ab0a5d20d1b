"""Python as a program: site imports this one."""

import _weft_repairs

_weft_repairs.install()
