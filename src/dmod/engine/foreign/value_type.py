"""Names of number types as modules say them, in the words of four languages."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np

_KINDS = {
    "f": ("double", "doubleprecision", "float", "real", "longdouble"),
    "i": (
        "int", "integer", "short", "shortint", "long", "longint", "longlong", "longlongint", "char",
        "signedchar", "signed", "signedint",
    ),
    "u": ("uint", "unsigned", "unsignedint", "unsignedshort", "unsignedlong", "unsignedlonglong",
          "unsignedchar", "sizet"),
    "b": ("bool", "logical", "boolean"),
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_SIZES = {"f": (4, 8), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "b": (1,)}


@cache
def value_type(name: str, itemsize: int) -> np.dtype[Any] | None:
    """Return the type of a variable's values, None where the name is of no number that is known.

    The name says whether values are real or whole, the size of one how wide they are: ``real`` has four
    bytes or eight, ``long`` as many as the platform likes. A logical of four bytes is a whole number.

    Parameters
    ----------
    name : as the module says it, such as ``double``, ``double precision``, ``real*8``, ``float64``, ``<f8``
    itemsize : bytes of one value
    """
    word = re.sub(r"[\s_]+", "", name).lower().removeprefix("std::")
    kind = _KIND_OF.get(word) or _KIND_OF.get(_without_width(word)) or _numpy_kind(name)
    if kind == "b" and itemsize != 1:
        kind = "i"
    if kind is None or itemsize not in _SIZES[kind]:
        return None
    return np.dtype(f"{kind}{itemsize}")


def _without_width(word: str) -> str:
    """Return ``real`` of ``real*8``, ``real8`` and ``real(8)``, ``int`` of ``int32`` and ``int32_t``."""
    return re.sub(r"(\*?\d+|\(\w*=?\w+\))t?$", "", word)


def _numpy_kind(name: str) -> str | None:
    try:
        kind = np.dtype(name.strip()).kind
    except TypeError:
        return None
    return kind if kind in _SIZES else None
