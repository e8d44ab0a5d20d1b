"""The part of ctypes that needs no foreign code: sizes of types and simple values. A guest cannot load libraries."""

import struct as _struct

__version__ = "1.1.0"
DEFAULT_MODE = RTLD_LOCAL = 0
RTLD_GLOBAL = 256


class ArgumentError(Exception):
    pass


class _SimpleCData:
    _type_ = "i"

    def __init__(self, value=0):
        self.value = value

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"

    def __bool__(self):
        return bool(self.value)

    def __class_getitem__(cls, item):
        return cls


def _simple(name, code, default=0):
    return type(name, (_SimpleCData,), {"_type_": code, "__module__": "ctypes", "__init__": lambda self, value=default: setattr(self, "value", value)})


c_bool = _simple("c_bool", "?", False)
c_char = _simple("c_char", "c", b"\0")
c_byte = c_int8 = _simple("c_byte", "b")
c_ubyte = c_uint8 = _simple("c_ubyte", "B")
c_short = c_int16 = _simple("c_short", "h")
c_ushort = c_uint16 = _simple("c_ushort", "H")
c_int = c_int32 = _simple("c_int", "i")
c_uint = c_uint32 = _simple("c_uint", "I")
c_long = _simple("c_long", "l")
c_ulong = _simple("c_ulong", "L")
c_longlong = c_int64 = _simple("c_longlong", "q")
c_ulonglong = c_uint64 = _simple("c_ulonglong", "Q")
c_size_t = _simple("c_size_t", "N")
c_ssize_t = _simple("c_ssize_t", "n")
c_float = _simple("c_float", "f", 0.0)
c_double = c_longdouble = _simple("c_double", "d", 0.0)
c_void_p = c_voidp = _simple("c_void_p", "P", None)
c_char_p = _simple("c_char_p", "P", None)
c_wchar_p = _simple("c_wchar_p", "P", None)
c_wchar = _simple("c_wchar", "i", "\0")
c_time_t = c_int64
py_object = _simple("py_object", "P", None)


def sizeof(value):
    """The size of a type or value, in bytes."""
    code = getattr(value, "_type_", None)
    if not isinstance(code, str):
        _refuse()
    return _struct.calcsize(code)


alignment = sizeof


class Structure:
    """Can be declared, as libraries do when they are imported; not made."""

    def __init__(self, *arguments, **options):
        _refuse()


class Union(Structure):
    pass


class Array(Structure):
    pass


BigEndianStructure = LittleEndianStructure = Structure
BigEndianUnion = LittleEndianUnion = Union


def _refuse(*arguments, **options):
    raise OSError("a guest cannot load libraries or call foreign code")


class CDLL:
    def __init__(self, *arguments, **options):
        _refuse()


PyDLL = CDLL


class LibraryLoader:
    def __init__(self, kind):
        self._kind = kind

    def LoadLibrary(self, name):
        return self._kind(name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        _refuse()


cdll = LibraryLoader(CDLL)
pydll = LibraryLoader(PyDLL)


class _FunctionType:
    def __init__(self, *arguments, **options):
        _refuse()


def CFUNCTYPE(restype, *argtypes, **options):
    return _FunctionType


PYFUNCTYPE = CFUNCTYPE


def POINTER(kind):
    return c_void_p


pointer = byref = addressof = cast = memmove = memset = string_at = wstring_at = create_string_buffer = _refuse
create_unicode_buffer = resize = _refuse


def get_errno():
    return 0


def set_errno(value):
    return 0
