"""Modules that this platform wants otherwise. Imports nothing itself, for each start of Python waits for it."""

import sys

# What is imported behind a module, because the platform wants it otherwise.
_REPAIRS = {"asyncio": "_weft_asyncio", "hashlib": "_weft_hashlib", "httpcore._backends.auto": "_weft_httpcore",
            "socket": "_weft_socket", "urllib.request": "_weft_urllib"}


class _Finder:
    """Finds nothing itself, but has modules repaired when they are imported."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in _REPAIRS:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not cls else None
            if spec is not None:
                spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader:
    """Another loader, and what is to be done behind it."""

    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        __import__(_REPAIRS[module.__name__])


def install():
    """Once, when Python has started."""
    sys.meta_path.insert(0, _Finder)
