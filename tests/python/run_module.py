"""`python3 -m test`, for `weft run`, which wants a file."""

import runpy

runpy.run_module("test", run_name="__main__", alter_sys=True)
