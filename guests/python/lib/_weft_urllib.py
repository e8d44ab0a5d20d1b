"""urllib.request expects that connecting fails before it reads the response: here it fails then (_weft_socket)."""

from urllib.error import URLError
from urllib.request import AbstractHTTPHandler

_do_open = AbstractHTTPHandler.do_open


def do_open(self, http_class, req, **options):
    try:
        return _do_open(self, http_class, req, **options)
    except OSError as error:
        # Of weft.http.Error, where nothing came at all.
        if getattr(error, "kind", None) is None or isinstance(error, (URLError, TimeoutError)):
            raise
        raise URLError(error) from error


AbstractHTTPHandler.do_open = do_open
