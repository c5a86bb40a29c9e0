"""What the attributes of a variable say by the conventions for climate and forecast metadata (CF 1.11)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import IDENTITY, Conversion
from dmod.errors import InputError
from dmod.forcing.netcdf_forcing import TIME_UNITS

CALENDARS = frozenset({"standard", "gregorian", "proleptic_gregorian", ""})
GEOGRAPHIC = "EPSG:4326"
SYSTEM_KEYS = ("crs_wkt", "spatial_ref", "esri_pe_string", "proj4", "crs")


@dataclass(frozen=True, slots=True)
class Packing:
    """How numbers of a store become values: ``number * scale + offset``; some numbers mark what is missing.

    Parameters
    ----------
    fills : numbers that mark what is missing
    lowest, highest : valid range, in stored numbers; what lies outside is missing
    unsigned : whether stored integers are to be read as unsigned ones of the same size
    """

    scale: float = 1.0
    offset: float = 0.0
    fills: tuple[float, ...] = ()
    lowest: float = -np.inf
    highest: float = np.inf
    unsigned: bool = False

    def decode(self, raw: NDArray[Any], change: Conversion = IDENTITY) -> NDArray[np.floating[Any]]:
        """Return values after a further conversion: single precision where 16 bits or single are stored."""
        from dmod.forcing.gridded.unpacking_kernel import unpack

        if self.unsigned and raw.dtype.kind == "i":
            raw = raw.view(raw.dtype.str.replace("i", "u"))
        small = raw.dtype.itemsize <= 2 or raw.dtype.newbyteorder("=") == np.float32
        raw = np.ascontiguousarray(raw, raw.dtype.newbyteorder("="))
        values: NDArray[Any] = np.empty(raw.shape, np.float32 if small else np.float64)
        scale, offset = self.scale * change.scale, self.offset * change.scale + change.offset
        fill, other, *more = (*self.fills, np.nan, np.nan)
        unpack(raw.ravel(), scale, offset, fill, other, self.lowest, self.highest, values.ravel())
        for further in more:
            values[raw == further] = np.nan
        return values


def packing(attributes: Mapping[str, Any], dtype: np.dtype[Any], where: str) -> Packing:
    """Return how a variable is packed.

    Raises
    ------
    InputError
        an attribute of it is no number.
    """

    def number(key: str, default: float) -> float:
        found = _numbers(attributes.get(key), f"{where}: {key}")
        return found[0] if found else default

    marks = [*_numbers(attributes.get("_FillValue"), f"{where}: _FillValue")]
    marks += _numbers(attributes.get("missing_value"), f"{where}: missing_value")
    if dtype.kind == "f":  # as the values have it, whatever precision the attribute is written in
        marks = [float(dtype.type(mark)) for mark in marks]
    span = _numbers(attributes.get("valid_range"), f"{where}: valid_range")
    lowest, highest = (span[0], span[1]) if len(span) == 2 else (-np.inf, np.inf)
    unsigned = str(attributes.get("_Unsigned", "false")).lower() == "true"
    if unsigned and dtype.kind == "i":
        marks = [mark + 2.0 ** (8 * dtype.itemsize) if mark < 0 else mark for mark in marks]
    return Packing(
        number("scale_factor", 1.0),
        number("add_offset", 0.0),
        tuple(dict.fromkeys(mark for mark in marks if mark == mark)),  # noqa: PLR0124 - NaN is missing anyhow
        number("valid_min", lowest),
        number("valid_max", highest),
        unsigned,
    )


def _numbers(value: Any, where: str) -> list[float]:
    if value is None:
        return []
    try:
        return [float(part) for part in np.atleast_1d(np.asarray(value)).tolist()]
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} is {value!r}, which is no number", hint="correct the attribute") from error


def seconds_since_1970(values: NDArray[Any], attributes: Mapping[str, Any], where: str) -> NDArray[np.int64]:
    """Return the times of a time coordinate, rounded to whole seconds.

    Raises
    ------
    InputError
        its units or calendar cannot be read, or a value is missing.
    """
    calendar = str(attributes.get("calendar", "standard")).lower()
    if calendar not in CALENDARS:
        raise InputError(
            f"{where}: the calendar {calendar!r} does not hold the days that really were",
            hint="standard, gregorian and proleptic_gregorian can be read; convert the times first",
        )
    unit = str(attributes.get("units", ""))
    match = re.fullmatch(r"\s*(\w+)\s+since\s+(.+)", unit)
    factor = TIME_UNITS.get(match[1].lower()) if match else None
    if match is None or factor is None:
        raise InputError(
            f"{where}: units {unit!r} are none of a time",
            hint="'<unit> since YYYY-MM-DD HH:MM:SS' with seconds, minutes, hours or days",
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(f"{where}: a time is missing", hint="correct the time coordinate")
    exact = np.asarray(values, np.longdouble) * np.longdouble(factor)
    return np.asarray(np.rint(exact).astype(np.int64) + _origin(match[2], calendar, where), np.int64)


def _origin(text: str, calendar: str, where: str) -> int:
    import cftime  # type: ignore[import-untyped]

    known = calendar or "standard"
    try:
        date = cftime.num2date(0, f"seconds since {re.sub(r'(UTC|Z)$', '', text.strip())}", known)
        return int(cftime.date2num(date, "seconds since 1970-01-01 00:00:00", known))
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{where}: {text!r} is no time to count from: {error}", hint="YYYY-MM-DD HH:MM:SS"
        ) from error


def projection(candidates: Sequence[Mapping[str, Any]], where: str) -> str | None:
    """Return the reference system that the first of some attribute sets states, or None if none does.

    Parameters
    ----------
    candidates : attributes of the grid mapping, of the variable, of the whole file

    Raises
    ------
    InputError
        what is stated cannot be read.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    for attributes in candidates:
        for key in SYSTEM_KEYS:
            text = attributes.get(key)
            if isinstance(text, str) and text.strip():
                return _readable(_first_wkt(text), f"{where}: {key}")
        if "grid_mapping_name" in attributes:
            try:
                return str(CRS.from_cf(dict(attributes)).to_wkt())
            except (CRSError, KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{where}: the grid mapping {attributes['grid_mapping_name']!r} cannot be read: {error}",
                    hint="add its projection as crs_wkt, or give the option crs",
                ) from error
    return None


def _readable(text: str, where: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"{where}: {text[:80]!r} is no reference system that can be read",
            hint="WKT, a PROJ string or an authority's code; or give the option crs",
        ) from error
    return text


def _first_wkt(text: str) -> str:
    """Return the text up to where its brackets close: what Esri appends is about precision, not place."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "]" and depth == 0:
            return text[: place + 1].strip()
    return text.strip()
