"""Unit conversion: ``value_in_target = scale * value + offset``.

Units are written as the field writes them (UDUNITS style: ``mm s^-1``, ``kg m-2``, ``W m-2``).
The conversions that every run needs stand in a table, so that a run does not load a unit library;
anything else is looked up with pint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dmod.errors import UnitError

DIMENSIONLESS = frozenset({"", "1", "-", "none", "[]", "m/m", "m m-1", "kg/kg", "kg kg-1"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """A linear conversion between two units."""

    scale: float
    offset: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether values stay as they are."""
        return self.scale == 1.0 and self.offset == 0.0

    def __call__(self, value: float) -> float:
        """Convert a number or an array."""
        return value * self.scale + self.offset


IDENTITY = Conversion(1.0)

_TABLE = {
    ("mm s-1", "mm h-1"): Conversion(3600.0),
    ("mm s-1", "m h-1"): Conversion(3.6),
    ("mm s-1", "m s-1"): Conversion(1e-3),
    ("mm h-1", "mm s-1"): Conversion(1 / 3600.0),
    ("m s-1", "m h-1"): Conversion(3600.0),
    ("m s-1", "mm h-1"): Conversion(3.6e6),
    ("m s-1", "mm s-1"): Conversion(1e3),
    ("ft3 s-1", "m3 s-1"): Conversion(0.3048**3),
    ("degC", "K"): Conversion(1.0, 273.15),
    ("K", "degC"): Conversion(1.0, -273.15),
    ("hPa", "Pa"): Conversion(100.0),
    ("kPa", "Pa"): Conversion(1000.0),
    ("mm", "m"): Conversion(1e-3),
    ("m", "mm"): Conversion(1e3),
    # one kilogram of liquid water per square metre is one millimetre
    ("kg m-2 s-1", "mm s-1"): IDENTITY,
    ("kg m-2", "mm"): IDENTITY,
}

_ALIASES = {
    "cfs": "ft3 s-1",
    "cms": "m3 s-1",
    "celsius": "degC",
    "c": "degC",
    "°c": "degC",
    "deg_c": "degC",
    "kelvin": "K",
    "mb": "hPa",
    "mbar": "hPa",
    "meters": "m",
    "meter": "m",
}


@lru_cache(maxsize=512)
def canonical(unit: str) -> str:
    """Return the unit with exponents written plainly: ``mm s^-1`` and ``mm/s`` become ``mm s-1``."""
    text = unit.strip()
    text = _ALIASES.get(text.lower(), text)
    if text.lower() in DIMENSIONLESS:
        return "1"
    text = text.replace("**", "").replace("^", "").replace("·", " ").replace("*", " ").replace(".", " ")
    text = re.sub(r"(?<=\w)hr\b|\bhr\b|\bhour\b", "h", text)
    text = re.sub(r"\bsec(ond)?s?\b", "s", text)
    head, *rest = text.split("/")
    for part in rest:
        match = re.fullmatch(r"\s*([A-Za-z]+)(\d*)\s*(.*)", part)
        if match is None:
            raise UnitError(f"unit {unit!r} cannot be read", hint="write it as in 'mm s-1' or 'W m-2'")
        head += f" {match[1]}-{match[2] or '1'} {match[3]}"
    return " ".join(head.split())


@lru_cache(maxsize=512)
def conversion(source: str, target: str) -> Conversion:
    """Return the conversion from unit ``source`` to unit ``target``.

    Raises
    ------
    UnitError
        a unit is unknown, or the two measure different things.
    """
    a, b = canonical(source), canonical(target)
    if a == b:
        return IDENTITY
    known = _TABLE.get((a, b))
    return known if known is not None else _look_up(a, b)


def require_unit(unit: str) -> None:
    """Refuse a unit that nothing can be converted to.

    Raises
    ------
    UnitError
        it is unknown, or cannot be read.
    """
    import pint

    plain = canonical(unit)
    if any(plain in known for known in _TABLE):
        return
    try:
        _registry().parse_units(_expression(plain))
    except (pint.PintError, ValueError, TypeError, AttributeError, AssertionError) as error:
        raise UnitError(
            f"unit {unit!r} is not known", hint="write it as in 'm3 s-1', 'ft3/s' or 'mm h-1'"
        ) from error


def _look_up(source: str, target: str) -> Conversion:
    import pint

    registry = _registry()
    try:
        one = registry.Quantity(1.0, _expression(source)).to(_expression(target)).magnitude
        zero = registry.Quantity(0.0, _expression(source)).to(_expression(target)).magnitude
    except (pint.UndefinedUnitError, pint.DimensionalityError, pint.OffsetUnitCalculusError) as error:
        raise UnitError(f"cannot convert {source!r} to {target!r}: {error}") from error
    except (pint.PintError, ValueError, TypeError, AttributeError, AssertionError) as error:
        raise UnitError(f"unit {source!r} or {target!r} cannot be read") from error
    return Conversion(float(one - zero), float(zero))


@lru_cache(maxsize=1)
def _registry():  # type: ignore[no-untyped-def]
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def _expression(unit: str) -> str:
    return re.sub(r"([A-Za-z])(-?\d+)", r"\1**\2", unit).replace(" ", "*")
