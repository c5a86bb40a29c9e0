"""A preparation with plain arguments, for people at a Python prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from dmod.errors import InputError
from dmod.services.options import Moment, parse_moment
from dmod.services.prepare.options import PrepareOptions
from dmod.services.prepare.package import PreparedPackage, prepare
from dmod.services.prepare.plan import PreparationPlan, plan_preparation
from dmod.services.prepare.steps import Progress
from dmod.services.subset import Region

PATHS = ("noah_parameters",)
SEQUENCES = ("fallbacks", "variables")


def prepare_package(
    output: str | Path,
    *,
    hydrofabric: str | Path,
    region: Region | str | Sequence[str],
    start: Moment,
    end: Moment,
    map_file: str | Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> PreparedPackage:
    """Make the run package of a basin.

    On success ``output`` is a package that `dmod.run` accepts. On failure it is as it was; what was read
    from the forcing store by then is kept beside it, hidden, and the same call goes on from there.

    Parameters
    ----------
    output : folder to make
    hydrofabric : GeoPackage or GeoJSON to cut the basin out of
    region : a place ("gage-10109001", "cat-7", "nex-7", "41.74,-111.79", …), several, or a `Region`
    start, end : first and last hour, UTC, both included
    map_file : a map of what was selected, ``.html`` or ``.png``
    progress : told what is being done, and the share of it that is done
    **options : the other fields of `PrepareOptions` (``forcing``, ``formulation``, ``fallbacks``, …)

    Raises
    ------
    InputError
        an option is unknown.
    DmodError
        as `dmod.services.prepare.package.prepare`.
    """
    return prepare(
        hydrofabric,
        output,
        _region(region),
        _options(start, end, options),
        map_file=None if map_file is None else Path(map_file),
        progress=progress,
    )


def plan_package(
    output: str | Path,
    *,
    hydrofabric: str | Path,
    region: Region | str | Sequence[str],
    start: Moment,
    end: Moment,
    map_file: str | Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> PreparationPlan:
    """Say what `prepare_package` would make, read and need; nothing but a map is written.

    Parameters
    ----------
    output, hydrofabric, region, start, end, map_file, progress, **options : as `prepare_package` has them

    Raises
    ------
    DmodError
        the region cannot be found, or an option is unknown. What else is wrong is in the plan.
    """
    return plan_preparation(
        hydrofabric,
        output,
        _region(region),
        _options(start, end, options),
        map_file=None if map_file is None else Path(map_file),
        progress=progress,
    )


def _region(given: Region | str | Sequence[str]) -> Region:
    if isinstance(given, Region):
        return given
    return Region(places=(given,) if isinstance(given, str) else tuple(given))


def _options(start: Moment, end: Moment, given: Mapping[str, Any]) -> PrepareOptions:
    names = {item.name for item in fields(PrepareOptions)} - {"start", "end"}
    unknown = sorted(set(given) - names)
    if unknown:
        raise InputError(
            f"dmod.prepare has no option {', '.join(unknown)}", hint="allowed: " + ", ".join(sorted(names))
        )
    values = dict(given)
    for name in SEQUENCES:
        if isinstance(values.get(name), str):
            values[name] = (values[name],)
        elif name in values:
            values[name] = tuple(values[name])
    for name in PATHS:
        values |= {name: Path(values[name])} if values.get(name) is not None else {}
    for name in ("forcing", "observations"):
        values |= {name: str(values[name])} if name in values else {}
    first, last = parse_moment(start, "start"), parse_moment(end, "end")
    if first is None or last is None:
        raise InputError("a preparation needs a period", hint="give start and end")
    return PrepareOptions(first, last, **values)
