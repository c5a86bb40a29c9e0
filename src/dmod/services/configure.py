"""Make the configuration of a run from a hydrofabric: module files, realization, routing, record."""

from __future__ import annotations

import filecmp
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from dmod.core.atomic import require_space
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError
from dmod.formulation.generate.documents import realization, routing, routing_columns
from dmod.formulation.generate.generator import File, Settings
from dmod.services.check_routing import has_channels
from dmod.services.configuration_folder import refuse_existing, staged, unit_of
from dmod.services.configuration_plan import (
    STEP,
    Configuration,
    ConfigurationPlan,
    ModulePlan,
    find_configuration,
    plan_configuration,
    require_plan,
)
from dmod.services.configuration_record import record_of
from dmod.services.configured_files import ReadBack
from dmod.services.routing_scheme import has_lakes

__all__ = [
    "ConfigurationPlan",
    "ConfigureResult",
    "ModulePlan",
    "configure",
    "plan_configuration",
]

Progress = Callable[[str], None]

REALIZATION = PurePosixPath("config/realization.json")
ROUTING = PurePosixPath("config/troute.yaml")
RECORD = PurePosixPath("metadata/configuration.json")


@dataclass(frozen=True, slots=True)
class ConfigureResult:
    """What was made.

    Parameters
    ----------
    package : the folder
    hydrofabric : of the package
    routing : None where the fabric has no channels to route
    record : where the values come from, as JSON
    plan : with what stands in for attributes, and warnings
    """

    package: Path
    hydrofabric: Path
    realization: Path
    routing: Path | None
    record: Path
    plan: ConfigurationPlan
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return what was made as JSON data."""
        return self.plan.as_json() | {
            "package": str(self.package),
            "hydrofabric": str(self.hydrofabric),
            "realization": str(self.realization),
            "routing": None if self.routing is None else str(self.routing),
            "record": str(self.record),
        }


def configure(
    hydrofabric: Path,
    package: Path,
    *,
    formulation: str | Path = "cfe",
    start: datetime,
    end: datetime,
    step: int = STEP,
    fallbacks: Sequence[str] = (),
    forcing: str = "./forcings/forcings.nc",
    options: Mapping[str, str] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ConfigureResult:
    """Write module configurations, realization and routing documents into a run package.

    On success the package has all of them, and every file of a native module was read back without a
    complaint; on failure the package is as it was.

    Parameters
    ----------
    hydrofabric : GeoPackage or GeoJSON; copied to ``config`` unless it lies in the package
    package : folder; made if it is not there
    formulation : a name (`dmod.formulation.generate.formulations`), or the user's realization document
    start, end : first and last step, both included; without a time zone they are UTC
    step : [s]; modules and framework know 3600 only
    fallbacks : what stands in for attributes that are missing or impossible: ``basin-median`` for all,
        ``smcmax=basin-median`` for one parameter; several are tried in order
    forcing : as the realization names it: a NetCDF file, or a folder with a CSV file per catchment
    options : for generators, such as ``noah_parameters``
    overwrite : replace documents and folders of module files that are there
    progress : told what is being done

    Raises
    ------
    NotFoundError, HydrofabricError, InputError, RealizationError
        fabric, formulation, template, period or fallback cannot be used, or attributes are missing or
        impossible and nothing stands in for them; the message lists all of them.
    AlreadyExists
        something to be made is there, and is not to be replaced.
    StoreError
        the disk is full, or cannot be written to.
    """
    begin, say = time.perf_counter(), progress or (lambda _: None)
    settings = Settings(_axis(start, end, step), forcing, options or {})
    say("attributes")
    found = find_configuration(hydrofabric, formulation, fallbacks, settings)
    require_plan(found.plan)
    home = _home(found, package)
    if not overwrite:
        refuse_existing(package, _units(found))
    require_space(package, found.plan.size)
    with staged(package) as aside:
        say("module configurations")
        reading = _write_modules(aside, found, settings)
        require_plan(found.plan, tuple(reading.problems()))
        say("documents")
        _write_documents(aside, found, settings, home)
        _bring_fabric(aside, package, found, home)
    routed = has_channels(found.fabric)
    return ConfigureResult(
        package,
        package / home,
        package / REALIZATION,
        package / ROUTING if routed else None,
        package / RECORD,
        found.plan,
        time.perf_counter() - begin,
    )


def _axis(start: datetime, end: datetime, step: int) -> TimeAxis:
    if step != STEP:
        raise InputError(
            f"the step is {step} s; modules and framework know {STEP} s only", hint=f"leave it at {STEP}"
        )
    first, last = (t.replace(tzinfo=UTC) if t.tzinfo is None else t.astimezone(UTC) for t in (start, end))
    if first.minute or first.second or first.microsecond:
        raise InputError(
            f"the period starts at {format_time(first)}, which is no full hour", hint="start on a full hour"
        )
    return TimeAxis.between(first, last, step)


def _home(found: Configuration, package: Path) -> PurePosixPath:
    """Return where the fabric lies in the package, now or later.

    Raises
    ------
    InputError
        the package has another one.
    """
    source, root = found.fabric.source.resolve(), package.resolve()
    if source.is_relative_to(root):
        return PurePosixPath(source.relative_to(root).as_posix())
    others = sorted((root / "config").glob("*.gpkg"))
    if not others:
        return PurePosixPath("config") / source.name
    if len(others) == 1 and filecmp.cmp(source, others[0], shallow=False):
        return PurePosixPath("config") / others[0].name
    raise InputError(
        f"{package} has a hydrofabric of its own, {others[0].name}; {source} is another one",
        hint=f"configure that one: dmod configure {package}",
    )


def _units(found: Configuration) -> set[PurePosixPath]:
    """Return what is to be made: folders of module files, single ones elsewhere, and documents."""
    ids = found.fabric.catchments.ids
    first = (
        part.place(ids[row], part.generator.place / "a file") for part in found.parts for row in part.rows
    )
    return {*map(unit_of, first), REALIZATION, ROUTING, RECORD}


def _write_modules(aside: Path, found: Configuration, settings: Settings) -> ReadBack:
    """Write the files of all modules, and read each one back."""
    made: set[Path] = set()
    reading = ReadBack(settings)
    for file in found.shared_files(settings):
        _write(aside, file, made)
    for part, catchment, files in found.files(settings):
        for file in files:
            _write(aside, file, made)
        path, text = files[0]
        reading.read(part.generator, catchment.id, text, aside / path)
    return reading


def _write(aside: Path, file: File, made: set[Path]) -> None:
    path, text = aside / file[0], file[1]
    if path.parent not in made:
        made.add(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as target:
        target.write(text)


def _write_documents(aside: Path, found: Configuration, settings: Settings, home: PurePosixPath) -> None:
    import yaml

    routed = has_channels(found.fabric)
    made: set[Path] = set()
    if found.template is not None:
        document = found.template.filled(settings, routed=routed)
    elif found.named is not None:
        document = realization(found.named, settings, routed=routed)
    _write(aside, (REALIZATION, _json(document)), made)
    _write(aside, (RECORD, _json(record_of(found, settings))), made)
    if routed:
        channels = routing(
            settings.axis, home, lakes=has_lakes(found.fabric), columns=routing_columns(found.fabric)
        )
        _write(aside, (ROUTING, yaml.safe_dump(channels, sort_keys=False)), made)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _bring_fabric(aside: Path, package: Path, found: Configuration, home: PurePosixPath) -> None:
    """Copy the fabric's files where the package has not got them, and make the usual folders."""
    if not (package / home).exists():
        for source in found.fabric.sources:
            require_space(package, source.stat().st_size)
            shutil.copyfile(source, aside / home.parent / source.name)
    for folder in ("forcings", "outputs"):
        (aside / folder).mkdir(exist_ok=True)
