"""Names of variables that dmod knows, names that are near to them, and units that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from dmod.core.units import canonical, conversion
from dmod.core.variables import FORCING_VARIABLES
from dmod.errors import UnitError

NEAR, SLIP = 0.72, 0.9
"""How much of two names has to be alike for one to be suggested for the other, and to be taken for a slip."""
WORDS = {
    "rain": 0, "precip": 0, "prcp": 0, "longwave": 2, "lwdown": 2, "shortwave": 3, "swdown": 3, "solar": 3,
    "pressure": 4, "psfc": 4, "humidity": 5, "temp": 6, "tair": 6, "t2": 6, "wind_u": 7, "u_wind": 7,
    "wind_v": 8, "v_wind": 8,
}  # fmt: skip
"""Parts of names that people give → the forcing variable that they mostly mean, by its position."""
EVAPORATION = "water_potential_evaporation_flux"


_learnt: dict[str, str] = {}


def learn_units(units: Mapping[str, str]) -> None:
    """Know the units of names from elsewhere, in a process that has no native modules."""
    _learnt.update(units)


@cache
def known_units() -> dict[str, str]:
    """Return the unit of every variable that has a name of its own, by name.

    These are forcing variables and columns, and what native modules take and give. Where several modules
    have one name, the first one counts; their units measure the same.
    """
    if _learnt:
        return _learnt
    from dmod.engine.models.registry import modules

    found = {v.name: v.unit for v in FORCING_VARIABLES}
    found |= {column: v.unit for v in FORCING_VARIABLES for column in v.columns}
    for module in modules().values():
        for variable in (*module.inputs, *module.outputs):
            found.setdefault(variable.name, variable.unit)
    return found


def suggestions(name: str) -> tuple[str, ...]:
    """Return names that dmod knows and that are probably meant by one that it does not know."""
    lower = name.lower()
    meant = [FORCING_VARIABLES[at].name for word, at in WORDS.items() if word in lower]
    if lower in {"pet", "et0", "e0"} or "potential_e" in lower:
        meant.append(EVAPORATION)
    near = {known.lower(): known for known in known_units()}
    meant += [near[found] for found in get_close_matches(lower, near, 2, NEAR)]
    return tuple(dict.fromkeys(meant))[:3]


def nearly(name: str) -> str:
    """Return the known name that one is but for a slip, "" where it is known or far from all."""
    if name in known_units():
        return ""
    return next(iter(get_close_matches(name, known_units(), 1, SLIP)), "")


def unit_fault(unit: str) -> str:
    """Return what is wrong with a unit, "" where it can be read and converted."""
    import pint

    try:
        # a unit that nothing else is converted to: either it is that, or it measures another thing
        conversion(unit, "cd mol")
    except UnitError as error:
        if isinstance(error.__cause__, pint.DimensionalityError):
            return ""
        if isinstance(error.__cause__, pint.UndefinedUnitError):
            return f"unit {unit!r} is unknown"
        return f"unit {unit!r} cannot be read"
    return ""


def measures(unit: str, other: str) -> bool:
    """Return whether a unit can be converted to another one."""
    try:
        conversion(unit, other)
    except UnitError:
        return False
    return True


def is_dimensionless(unit: str) -> bool:
    """Return whether a unit is that of a number."""
    try:
        return canonical(unit) == "1" or measures(unit, "1")
    except UnitError:
        return False
