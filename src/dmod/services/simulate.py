"""The main job with plain arguments, for people at a Python prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from dmod.errors import InputError
from dmod.services.options import Locations, Moment, RunOptions, parse_days, parse_moment
from dmod.services.result import RunResult


def run(
    package: str | Path,
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    output: str | Path | None = None,
    observed: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    **options: Any,
) -> RunResult:
    """Run a NextGen run package and return its results.

    On success the output folder holds the results, complete. On any error or interrupt it is as it
    was before, and nothing half-written is left.

    Parameters
    ----------
    package : folder of the run package, or its realization document
    start, end : UTC, in place of the realization's; the end is the last step's stamp, included
    output : folder for the results; the package's ``outputs`` if not given
    observed : CSV or NetCDF with the gauge's flow, to score against
    progress : ``(phase, done, total)``, called from any thread
    **options : the fields of `RunOptions` and `Locations` (``csv``, ``fill``, ``outlet``, ``forcing``, …)

    Raises
    ------
    InputError
        an option is unknown, or the input cannot be used; `dmod.check` lists everything at once.
    DmodError
        the run failed, or its results cannot be written.
    """
    from dmod.services.run import run as run_package

    chosen = _options(options)
    chosen = replace(
        chosen,
        start=parse_moment(start, "start"),
        end=parse_moment(end, "end"),
        output=None if output is None else Path(output),
        observed=None if observed is None else Path(observed),
    )
    return run_package(package, chosen, progress=progress)


def _options(given: dict[str, Any]) -> RunOptions:
    places = {item.name for item in fields(Locations)}
    names = {item.name for item in fields(RunOptions)} - {"locations"}
    unknown = sorted(set(given) - places - names)
    if unknown:
        raise InputError(
            f"dmod.run has no option {', '.join(unknown)}",
            hint="allowed: " + ", ".join(sorted(names | places)),
        )
    paths = {"warm_start", "program", "partition_file"} | places
    values: dict[str, Any] = {k: Path(v) if k in paths and v is not None else v for k, v in given.items()}
    if values.get("library_path"):
        values["library_path"] = tuple(Path(folder) for folder in values["library_path"])
    if isinstance(values.get("warm_up"), int | float):
        values["warm_up"] = parse_days(values["warm_up"])
    own = {k: v for k, v in values.items() if k in names}
    return RunOptions(locations=Locations(**{k: v for k, v in values.items() if k in places}), **own)
