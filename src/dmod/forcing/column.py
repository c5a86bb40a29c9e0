"""A column of forcing as a file names it: its standard name, its unit, its physically possible range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dmod.core.units import Conversion, canonical, conversion
from dmod.core.variables import BY_COLUMN, BY_NAME, PRECIPITATION_DEPTH, ForcingVariable
from dmod.errors import InputError, UnitError

HOUR = 3600
LARGEST = 1.7976931348623157e308  # so that infinities lie outside every range
_WITH_UNIT = re.compile(r"(?P<name>[^\[(]+?)\s*[\[(](?P<unit>[^\])]*)[\])]")
_DEPTH_UNITS = frozenset({"kg m-2", "mm"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column or variable of a forcing file.

    Parameters
    ----------
    name : as the file has it, without its unit
    stated_unit : unit that the file states, "" where it states none
    variable : what it is; None where the name is not a well-known one
    """

    name: str
    stated_unit: str = ""
    variable: ForcingVariable | None = None

    @property
    def file_unit(self) -> str:
        """Return the unit of the numbers in the file."""
        return self.stated_unit or (self.variable.unit if self.variable else "")

    @property
    def is_depth(self) -> bool:
        """Whether the values are water that fell during a step, rather than a rate."""
        return self.variable is PRECIPITATION_DEPTH and canonical(self.file_unit) in _DEPTH_UNITS

    @property
    def unit(self) -> str:
        """Return the unit in which the column is offered: a depth per step is offered as a rate."""
        return "mm h-1" if self.is_depth else self.file_unit

    def conversion_to(self, wanted: str, step: int) -> Conversion:
        """Return how the file's numbers become numbers in unit ``wanted``.

        A column whose unit nobody knows, or a wish without a unit, passes numbers as they are, as
        the framework does.

        Raises
        ------
        UnitError
            the units measure different things.
        """
        if not self.unit or not wanted:
            return Conversion(1.0)
        if not self.is_depth:
            return conversion(self.file_unit, wanted)
        if canonical(wanted) in _DEPTH_UNITS:
            return Conversion(1.0)
        rate = conversion("mm h-1", wanted)
        return Conversion(rate.scale * (HOUR / step), rate.offset)

    def limits(self) -> tuple[float, float]:
        """Return the physically possible range of the file's numbers."""
        if self.variable is None:
            return -LARGEST, LARGEST
        change = conversion(self.variable.unit, self.file_unit)
        return change(self.variable.minimum), change(self.variable.maximum)


def parse_column(text: str, names: Mapping[str, str] = MappingProxyType({}), unit: str = "") -> Column:
    """Read a column's title: ``T2D``, ``T2D[degC]``, ``T2D (degC)``.

    Parameters
    ----------
    names : titles of the user's own → standard names or well-known columns
    unit : stated elsewhere (a NetCDF attribute)
    """
    text = text.strip().strip('"')
    match = _WITH_UNIT.fullmatch(text)
    name = match["name"].strip() if match else text
    stated = unit or (match["unit"].strip() if match else "")
    return Column(name, stated, BY_COLUMN.get(names.get(name, name)))


def by_any_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns under their own and their standard names; the first of two wins."""
    found: dict[str, Column] = {}
    for column in columns:
        found.setdefault(column.name, column)
        if column.variable is not None:
            found.setdefault(column.variable.name, column)
    return found


def find_column(columns: Mapping[str, Column], name: str, where: str) -> Column:
    """Return the column called ``name``, or that carries what is called so elsewhere.

    Raises
    ------
    InputError
        there is none; the message lists what there is.
    """
    found = columns.get(name)
    if found is None and name in BY_COLUMN:
        found = columns.get(BY_COLUMN[name].name)
    if found is not None:
        return found
    present = ", ".join(dict.fromkeys(column.name for column in columns.values()))
    raise InputError(
        f"{where}: there is no forcing variable {name}", hint=missing_hint(name, columns, present)
    )


def missing_hint(name: str, columns: Mapping[str, Column], present: str) -> str:
    """Return what to do about a variable that is not there."""
    if PRECIPITATION_DEPTH.name in columns and "precipitation_rate" in name:
        depth = columns[PRECIPITATION_DEPTH.name].name
        return (
            f"the file has a depth per hour, {depth}, which is not taken for a rate by itself; map the "
            f'module\'s variable to it with variables_names_map: {{"{name}": "{depth}"}}'
        )
    variable = BY_NAME.get(name)
    spelled = f" (written {' or '.join(variable.columns)})" if variable else ""
    return f"add {name}{spelled}, or map another one to it with variables_names_map; there is {present}"


def unit_problem(column: Column) -> str:
    """Return what is wrong with the unit that a file states for a well-known column, or ""."""
    if column.variable is None or not column.stated_unit or column.is_depth:
        return ""
    try:
        conversion(column.stated_unit, column.variable.unit)
    except UnitError as error:
        return error.message
    return ""


def diagnose(column: Column, lowest: float, highest: float) -> str:
    """Return what values out of range look like, as a hint."""
    if column.variable is None:
        return "correct the values"
    looks = _SUSPECTS.get(column.variable.long_name, ())
    for low, high, text, unit in looks:
        if low <= lowest and highest <= high:
            state = f"; state it, {column.name}[{unit}], or convert the values" if unit else ""
            return f"{text}{state}"
    kind = column.variable.long_name
    return f"{kind} is expected in {column.file_unit}; correct the values or state their unit"


# long name → (lowest, highest, what it looks like, unit to state)
_SUSPECTS: Mapping[str, tuple[tuple[float, float, str, str], ...]] = MappingProxyType(
    {
        "air temperature": (
            (-90.0, 65.0, "these look like degrees Celsius where kelvin are due", "degC"),
            (-130.0, 150.0, "these look like degrees Fahrenheit where kelvin are due", "degF"),
        ),
        "air pressure": (
            (300.0, 1150.0, "these look like hectopascals where pascals are due", "hPa"),
            (30.0, 115.0, "these look like kilopascals where pascals are due", "kPa"),
        ),
        "specific humidity": (
            (0.1, 40.0, "these look like g/kg, where kg/kg is due", "g kg-1"),
            (0.1, 100.0, "these look like relative humidity, where specific humidity (kg/kg) is due", ""),
        ),
        "precipitation rate": (
            (-1e9, 0.0, "precipitation cannot be negative; set such values to 0 or mark them missing", ""),
            (0.0, 500.0, "these look like mm per hour where mm per second is due", "mm h-1"),
        ),
        "precipitation depth in one hour": (
            (-1e9, 0.0, "precipitation cannot be negative; set such values to 0 or mark them missing", ""),
        ),
    }
)
