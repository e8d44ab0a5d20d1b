"""httpcore, which httpx is made of: its connections on asyncio, by requests of the host. Others are sockets (_weft_socket)."""

import asyncio

from httpcore import _exceptions
from httpcore._backends import auto, base

import _weft_wire
import weft.http


class _Stream(base.AsyncNetworkStream):
    def __init__(self, host, port):
        self._wire = _weft_wire.Wire(host, port)
        self._has_come = False

    async def read(self, max_bytes, timeout=None):
        wire = self._wire
        try:
            if wire.descriptor is not None and not wire.has_bytes():
                async with asyncio.timeout(timeout):
                    await weft.http.readable(wire.descriptor)
            data = wire.receive(max_bytes)
        except TimeoutError as error:
            kind = _exceptions.ConnectTimeout if isinstance(error, weft.http.Error) else _exceptions.ReadTimeout
            raise kind(str(error)) from error
        except OSError as error:
            raise (_exceptions.ReadError if self._has_come else _exceptions.ConnectError)(str(error)) from error
        self._has_come = True
        return data

    async def write(self, buffer, timeout=None):
        try:
            self._wire.send(buffer)
        except OSError as error:
            raise _exceptions.WriteError(str(error)) from error

    async def aclose(self):
        self._wire.close()

    async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self._wire.scheme = "https"
        return self

    def get_extra_info(self, info):
        return (self._wire.host, self._wire.port) if info == "server_addr" else False if info == "is_readable" else None


async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
    return _Stream(host, port)


async def sleep(self, seconds):
    await asyncio.sleep(seconds)


auto.AutoBackend.connect_tcp = connect_tcp
auto.AutoBackend.sleep = sleep
