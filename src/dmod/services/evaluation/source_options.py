"""What has to be said of a source of values beside its address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dmod.core.units import conversion
from dmod.errors import UnitError

FLOW_UNIT = "m3 s-1"
_SPELLED = {
    "m3s": "m3 s-1", "m3_s": "m3 s-1", "cumecs": "m3 s-1", "cms": "m3 s-1", "m^3/s": "m3 s-1",
    "ft3s": "ft3 s-1", "ft3_s": "ft3 s-1", "cusecs": "ft3 s-1", "cfs": "ft3 s-1", "ft^3/s": "ft3 s-1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is read.

    Parameters
    ----------
    unit : that values are brought to
    stated_unit : of the source, where it does not state it itself or states it wrongly
    variable : column or variable, where it cannot be told; of tables in TEEHR's schema the variable's name
    zone : of times that carry none, such as ``America/Denver``; UTC without
    name : of the source in results; the end of its address if not given
    configuration : of tables in TEEHR's schema that hold several
    member : of an ensemble in such a table
    hydrofabric : of a run, where it lies elsewhere than the run's record says
    gauge : of observations that name none, as the dataset has it that they are of
    """

    unit: str = FLOW_UNIT
    stated_unit: str = ""
    variable: str = ""
    zone: str = ""
    name: str = ""
    configuration: str = ""
    member: str = ""
    hydrofabric: Path | None = None
    gauge: str = ""


def scale_of(unit: str, options: SourceOptions, where: str) -> float:
    """Return by what values in the source's unit are multiplied.

    Raises
    ------
    UnitError
        it is not stated, unknown, or measures something else.
    """
    stated = options.stated_unit or unit
    if not stated:
        raise UnitError(
            f"{where}: the unit is not stated",
            hint="state it by the option for units, or in the header, as in flow[ft3/s]",
        )
    return _scale(stated, options.unit, where)


@lru_cache(maxsize=256)
def _scale(stated: str, wanted: str, where: str) -> float:
    plain = stated.strip().lower().replace("³", "3")
    try:
        found = conversion(_SPELLED.get(plain, stated), _SPELLED.get(wanted.lower(), wanted))
    except UnitError as error:
        raise UnitError(
            f"{where}: values in {stated!r} cannot be brought to {wanted!r}", hint=error.message
        ) from error
    if found.offset:
        raise UnitError(f"{where}: {stated!r} and {wanted!r} differ by more than a factor")
    return found.scale
