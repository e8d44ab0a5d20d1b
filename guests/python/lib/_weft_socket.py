"""What socket lacks here: names, of which only addresses and this machine's own are known, and said to be so. Where the host
makes requests (weft.http), names are left to it, and sockets speak HTTP through it."""

import _socket
import errno
import socket

try:
    import _weft_http
except ImportError:
    _weft_http = None


def _address(host):
    """(family, text) of an address, or of what stands for this machine."""
    import ipaddress
    try:
        address = ipaddress.ip_address("127.0.0.1" if host in (None, "", "localhost") else host)
    except ValueError:
        raise socket.gaierror(_socket.EAI_FAIL, f"a guest resolves no names: {host!r} is not an address") from None
    return _socket.AF_INET if address.version == 4 else _socket.AF_INET6, str(address)


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    host = host.decode() if isinstance(host, bytes) else host
    try:
        # Who connects names a server to the host, in the words of the request's own header and of the rule.
        if host == "localhost" and _weft_http is not None and not flags & _socket.AI_PASSIVE:
            raise socket.gaierror
        found, text = _address(host)
    except socket.gaierror:
        if _weft_http is None:
            raise
        # The host resolves it when a request is made: connect() takes what is said here.
        found, text = _socket.AF_INET, host
    if family not in (0, found):
        raise socket.gaierror(_socket.EAI_FAIL, f"{host!r} is an address of another family")
    place = (text, int(port or 0)) if found == _socket.AF_INET else (text, int(port or 0), 0, 0)
    return [(found, kind, proto, "", place) for kind in (_socket.SOCK_STREAM, _socket.SOCK_DGRAM) if type in (0, kind)]


def gethostbyname(host):
    return _address(host.decode() if isinstance(host, bytes) else host)[1]


def gethostname():
    return "localhost"


for _function in (getaddrinfo, gethostbyname, gethostname):
    if not hasattr(_socket, _function.__name__):
        setattr(_socket, _function.__name__, _function)
        # socket has copies of most of what is in _socket, and a getaddrinfo of its own.
        if not hasattr(socket, _function.__name__):
            setattr(socket, _function.__name__, _function)


_System = socket.socket


class _Kind(type):
    """A socket of the system, which listens, is a socket too."""

    def __instancecheck__(cls, one):
        return isinstance(one, _System) if cls is Socket else type.__instancecheck__(cls, one)


class Socket(_System, metaclass=_Kind):
    """One that connects: to servers of HTTP, by requests of the host."""

    # Also of one whose making failed.
    _wire = None

    def __new__(cls, family=-1, type=-1, proto=-1, fileno=None):
        if fileno is not None and cls is Socket:
            return _System(family, type, proto, fileno)
        return super().__new__(cls)

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        if type not in (-1, _socket.SOCK_STREAM):
            raise OSError(errno.EPROTONOSUPPORT, "a guest sends no datagrams")
        self._io_refs = 0
        self._closed = False
        self._timeout = socket.getdefaulttimeout()
        self._family = _socket.AF_INET if family == -1 else family

    family = property(lambda self: socket.AddressFamily(self._family))
    type = property(lambda self: socket.SOCK_STREAM)
    proto = property(lambda self: _socket.IPPROTO_TCP)
    timeout = property(lambda self: self._timeout)

    def connect(self, address):
        import _weft_wire
        self._wire = _weft_wire.Wire(*address[:2])

    def connect_ex(self, address):
        self.connect(address)
        return 0

    def _connected(self):
        if self._wire is None:
            raise OSError(errno.ENOTCONN, "the socket is not connected")
        return self._wire

    def _begin_tls(self):
        self._connected().scheme = "https"
        return self

    def sendall(self, data, flags=0):
        self._connected().send(memoryview(data).cast("B"))

    def send(self, data, flags=0):
        self.sendall(data)
        return memoryview(data).nbytes

    def recv(self, count, flags=0):
        wire = self._connected()
        if self._timeout is not None and wire.descriptor is not None and not wire.has_bytes():
            import _weft_wire
            _weft_wire.wait(wire.descriptor, self._timeout)
        return wire.receive(count)

    def recv_into(self, buffer, count=0, flags=0):
        view = memoryview(buffer).cast("B")
        data = self.recv(count or len(view))
        view[:len(data)] = data
        return len(data)

    def settimeout(self, timeout):
        self._timeout = None if timeout is None else float(timeout)

    def gettimeout(self):
        return self._timeout

    def setblocking(self, blocks):
        if not blocks:
            raise OSError(errno.ENOTSUP, "asyncio has no connections in a guest: use weft.http.fetch or httpx.AsyncClient")
        self._timeout = None

    def getblocking(self):
        return True

    def setsockopt(self, *option):
        pass

    def getsockopt(self, *option):
        return 0

    def getpeername(self):
        wire = self._connected()
        return wire.host, wire.port

    def getsockname(self):
        return "0.0.0.0", 0

    def fileno(self):
        return -1 if self._wire is None or self._wire.descriptor is None else self._wire.descriptor

    def shutdown(self, how):
        self._connected()

    def _real_close(self):
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def detach(self):
        raise OSError(errno.ENOTSUP, "this socket has no descriptor of its own")

    def __del__(self):
        self._real_close()

    def __repr__(self):
        return f"<weft socket to {self._wire.host}:{self._wire.port}>" if self._wire else "<weft socket>"

    # What sockets with TLS have.

    def getpeercert(self, binary_form=False):
        # The host has verified that the server is who it says.
        kind = "IP Address" if ":" in self._connected().host or self._wire.host.replace(".", "").isdigit() else "DNS"
        return b"" if binary_form else {"subjectAltName": ((kind, self._wire.host),)}

    def selected_alpn_protocol(self):
        return None

    selected_npn_protocol = cipher = compression = shared_ciphers = get_channel_binding = selected_alpn_protocol

    def version(self):
        return "TLSv1.3"

    def do_handshake(self):
        pass

    def unwrap(self):
        return self


if _weft_http is not None:
    socket.socket = Socket
