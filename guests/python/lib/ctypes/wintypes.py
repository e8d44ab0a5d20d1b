"""C types of other systems, for the names."""

from ctypes import c_byte as BYTE, c_long as LONG, c_uint as UINT, c_ulong as DWORD, c_ushort as WORD  # noqa
