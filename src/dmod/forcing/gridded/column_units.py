"""From the units that stores state to those of the columns."""

from __future__ import annotations

from dmod.core.units import Conversion, canonical, conversion
from dmod.errors import UnitError
from dmod.forcing.gridded.cf_names import AMOUNTS, PRECIPITATION, UNITS

_PLAIN_UNITS = {"%": "percent", "g/g": "1", "g g-1": "1", "kg/kg": "1", "(0 - 1)": "1"}


def change_of(column: str, unit: str, where: str) -> tuple[Conversion, bool]:
    """Return the conversion to a column's unit, or an amount's to millimetres or J m-2; whether it is one.

    Raises
    ------
    UnitError
        the unit is not stated, or measures something else.
    """
    target = UNITS[column]
    if not unit and target != "1" and canonical(target) != "1":
        raise UnitError(f"{where} states no unit", hint=f"add the attribute units, such as {target!r}")
    plain = _PLAIN_UNITS.get(unit, unit).replace("**", "^")
    plain = canonical(plain) if plain not in {"percent"} else plain
    water = plain.replace("kg m-2", "mm", 1) if column == PRECIPITATION else plain
    for goal, amount in ((target, False), (AMOUNTS.get(column, ""), True)):
        if not goal:
            continue
        try:
            return conversion(water, goal), amount
        except UnitError:
            continue
    raise UnitError(
        f"{where} is in {unit!r}, which cannot be brought to {target!r}",
        hint=f"correct its units; {column} is in {target!r}"
        + (f", or an amount in {AMOUNTS[column]!r}" if column in AMOUNTS else ""),
    )
