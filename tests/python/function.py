"""Tests of one module of Python's own, as a function and as a script: what both answer has to be equal."""

import io
import json
import sys
import unittest

sys.path.append("/usr/local/lib/tests")
MODULE = "@MODULE@"

from test import support

# As regrtest has it: nothing that takes minutes.
support.use_resources = ()
tests = __import__("test." + MODULE, fromlist=["*"])


def handler(event):
    suite = unittest.TestLoader().loadTestsFromModule(tests)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    failed = sorted(test.id() for test, _ in result.failures + result.errors)
    return {"run": result.testsRun, "skipped": len(result.skipped), "failed": failed}


if __name__ == "__main__":
    print("result: " + json.dumps(handler(None)))
