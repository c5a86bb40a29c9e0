"""How an object of C++ lies in memory, by the names of its virtual functions."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

_DESTRUCTORS = ("D0Ev", "D1Ev", "D2Ev")
_DESTRUCTOR_SLOTS = 2
"""A virtual destructor takes two places in the table: one that frees the object and one that does not."""


@dataclass(frozen=True, slots=True)
class CppLayout:
    """What the table of an object's virtual functions says.

    Parameters
    ----------
    virtual_destructor : whether a destructor stands first; None where nothing tells
    complaint : why it cannot be called, "" if it can
    alien : whether it is no module at all, and not to be ended as one
    """

    virtual_destructor: bool | None
    complaint: str = ""
    alien: bool = False


class _Found(ctypes.Structure):
    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def layout_of(made: int) -> CppLayout:
    """Return the layout of an object at an address that has virtual functions."""
    table = _word(made)
    first = _symbol(_word(table))
    if first.endswith(_DESTRUCTORS):
        return _judged(True, _symbol(_word(table + _DESTRUCTOR_SLOTS * ctypes.sizeof(ctypes.c_void_p))))
    if "Initialize" in first:
        return _judged(False, first)
    if first:
        return CppLayout(None, f"its first virtual function is {first}, and not Initialize", alien=True)
    return CppLayout(None)


def _judged(virtual_destructor: bool, initialize: str) -> CppLayout:
    """Judge by the decorated name of ``Initialize``, which holds the type of its argument."""
    complaint = ""
    if initialize and "Initialize" not in initialize:
        complaint = f"its virtual function {initialize} stands where Initialize is due"
        return CppLayout(virtual_destructor, complaint, alien=True)
    if initialize.endswith("InitializeESs"):
        complaint = "it was compiled with the old strings of GNU's C++ library (_GLIBCXX_USE_CXX11_ABI=0)"
    elif "St3__1" in initialize or "St6__ndk1" in initialize:
        complaint = "it was compiled with LLVM's C++ library, whose strings are others"
    elif initialize.endswith("InitializeEPKc"):
        complaint = "it follows an older interface, whose names are plain characters"
    return CppLayout(virtual_destructor, complaint)


def _word(address: int) -> int:
    return ctypes.c_void_p.from_address(address).value or 0


def _symbol(address: int) -> str:
    """Return the decorated name of the function at an address, "" where the library keeps it hidden."""
    found = _Found()
    look_up: Any = ctypes.CDLL(None).dladdr
    if not address or not look_up(ctypes.c_void_p(address), ctypes.byref(found)):
        return ""
    return found.name.decode() if found.name and found.address == address else ""
