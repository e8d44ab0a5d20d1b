"""A part of Python's own tests, cold and in instances that began with an image; script/python-tests runs all of them."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/python"))
import run as python_tests

pytestmark = pytest.mark.skipif(not (python_tests.PROGRAM / "python.wasm").exists(),
                                reason="guests/python/build --oracle makes what is tested here")

COLD = ["test_json", "test_re", "test_os", "test_posix", "test_fileio", "test_tempfile", "test_zipimport", "test_time", "test_struct",
        "test_zlib"]
RESTORED = ["test_base64", "test_copy", "test_enum", "test_json", "test_re"]
LINE = re.compile(r"^(\w+) (\S+) \((\d+), (\d+)\)", re.MULTILINE)


def ended(*arguments):
    done = subprocess.run([sys.executable, ROOT / "tests/python/run.py", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted((outcome, module) for outcome, module, *_ in LINE.findall(done.stdout))


def test_programs_of_weft_pass_pythons_own_tests():
    assert ended(*COLD) == sorted(("pass", module) for module in COLD)


def test_functions_of_weft_pass_pythons_own_tests():
    assert ended("--restored", *RESTORED) == sorted(("pass", module) for module in RESTORED)


def test_what_is_expected_to_fail_is_documented():
    document = (ROOT / "docs/conformance.md").read_text()
    for module, names in python_tests.Expected().failures.items():
        for cause in set(names.values()):
            assert f"| `{module}` | {cause} |" in document
