"""SLoTH: constants that stand in for inputs which no module of a chain computes.

They are declared by keys of ``model_params`` of the form ``name(count,type,units,location)``. The
engine makes them available to the chain; nothing is stepped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from dmod.engine.models.module import Config, Module, Prepared
from dmod.errors import RealizationError

TYPES = ("double", "float", "int", "long", "short", "unsigned int")
LOCATIONS = ("node", "edge", "face", "none")

_DECLARATION = re.compile(r"([^()\s]+)\s*\(([^()]*)\)")
_FORM = "write name(count,type,units,location), for instance ice_fraction(1,double,m,node)"


def read_sloth_params(model_params: Mapping[str, object]) -> tuple[tuple[str, str, float], ...]:
    """Read the constants that a realization declares for SLoTH, in their order.

    Parameters
    ----------
    model_params : declaration → value; a list of one number counts as that number

    Returns
    -------
    constants : one (name, unit, value) each

    Raises
    ------
    RealizationError
        a declaration is malformed or stands for more than one value, a value is not a finite number, or
        a name is declared twice.
    """
    constants: dict[str, tuple[str, str, float]] = {}
    for key, value in model_params.items():
        name, unit = _declaration(key)
        if name in constants:
            raise RealizationError(
                f"SLoTH model_params {key!r}: {name} is declared twice", hint="keep one of them"
            )
        constants[name] = (name, unit, _constant(key, value))
    return tuple(constants.values())


def _declaration(key: str) -> tuple[str, str]:
    match = _DECLARATION.fullmatch(key.strip())
    fields = [part.strip() for part in match[2].split(",")] if match else []
    if match is None or len(fields) != 4:
        raise RealizationError(f"SLoTH model_params {key!r} is not a declaration", hint=_FORM)
    count, kind, unit, location = fields
    if count != "1":
        raise RealizationError(
            f"SLoTH model_params {key!r}: count {count!r} cannot be used",
            hint="only single values (count 1) can be passed to another module",
        )
    if kind not in TYPES:
        raise RealizationError(f"SLoTH model_params {key!r}: unknown type {kind!r}", hint=_allowed(TYPES))
    if location not in LOCATIONS:
        raise RealizationError(
            f"SLoTH model_params {key!r}: unknown location {location!r}", hint=_allowed(LOCATIONS)
        )
    return match[1], unit


def _allowed(words: Sequence[str]) -> str:
    return "allowed: " + ", ".join(words)


def _constant(key: str, value: object) -> float:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RealizationError(
            f"SLoTH model_params {key!r}: {value!r} is not a number", hint="write a finite number"
        )
    return float(value)


def _read_config(text: str, source: str) -> Config:
    """Return an empty configuration: SLoTH reads no file (its ``init_config`` is ``/dev/null``)."""
    ignored = {"file": "SLoTH is configured by model_params alone"} if text.strip() else {}
    return Config({}, source, ignored=ignored)


def _check(config: Config) -> list[str]:
    return []


def _prepare(configs: Sequence[Config]) -> Prepared:
    return Prepared(np.zeros((len(configs), 0)), np.zeros((len(configs), 0)), ())


SLOTH = Module(
    name="sloth",
    revision="",
    title="Simple Logical Tautology Handler: constant inputs",
    references=("https://github.com/NOAA-OWP/SLoTH",),
    parameters=(),
    states=(),
    inputs=(),
    outputs=(),
    read_config=_read_config,
    check=_check,
    prepare=_prepare,
    kernel=None,
    uses_water=False,
)
