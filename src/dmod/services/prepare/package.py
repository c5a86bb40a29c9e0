"""Make a run package: subset, configuration, observations, forcing, check; interrupted, it goes on later."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dmod.core.atomic import hidden_path, move, remove, replacing, storing
from dmod.core.holding import LOCK, clear, held
from dmod.core.problem import Problem
from dmod.core.time_axis import format_time
from dmod.errors import AlreadyExists, InputError
from dmod.evaluation.report.selection_page import require_map
from dmod.services.check import check
from dmod.services.check_report import CheckReport
from dmod.services.prepare.ledger import LEDGER, Facts, step_key, work_folder
from dmod.services.prepare.options import PrepareOptions
from dmod.services.prepare.plan import PreparationPlan, draw_plan, observations_wanted, require_plan, survey
from dmod.services.prepare.steps import (
    FORCING_WORK,
    Making,
    Progress,
    configure_modules,
    cut_out,
    derive_means,
    fetch_observed,
    folder_name,
    lay_out,
    package_name,
)
from dmod.services.subset import Region

RECORD = Path("metadata") / "prepare.json"
MAP = Path("metadata") / "map.html"


@dataclass(frozen=True, slots=True)
class PreparedPackage:
    """A run package that was made.

    Parameters
    ----------
    forcing : None where no store was named
    observed : series by gauge
    steps : what each step noted
    resumed : steps that an earlier attempt had completed
    problems : what `dmod.check` has to say about the package
    notes : what the user should know about the selection
    native : whether the native engine runs its modules; else the C++ framework does
    """

    path: Path
    hydrofabric: Path
    map: Path
    catchments: int
    area_km2: float
    start: datetime
    end: datetime
    forcing: Path | None = None
    observed: Mapping[str, Path] = field(default_factory=dict)
    steps: Mapping[str, Facts] = field(default_factory=dict)
    resumed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    native: bool = True
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "path": str(self.path),
            "hydrofabric": str(self.hydrofabric),
            "map": str(self.map),
            "catchments": self.catchments,
            "area_km2": round(self.area_km2, 3),
            "start": format_time(self.start),
            "end": format_time(self.end),
            "forcing": None if self.forcing is None else str(self.forcing),
            "observed": {gauge: str(path) for gauge, path in self.observed.items()},
            "resumed": list(self.resumed),
            "problems": [str(problem) for problem in self.problems],
            "notes": list(self.notes),
            "native": self.native,
            "seconds": round(self.seconds, 3),
            "steps": dict(self.steps),
        }


def prepare(
    hydrofabric: str | Path,
    output: str | Path,
    region: Region,
    options: PrepareOptions,
    *,
    map_file: Path | None = None,
    progress: Progress | None = None,
) -> PreparedPackage:
    """Make the run package of a region.

    On success ``output`` is a package that `dmod.run` accepts. On failure it is as it was; what was read
    from the forcing store by then is kept beside it, hidden, and the same call goes on from there.

    Parameters
    ----------
    hydrofabric : fabric to cut the region out of
    output : folder to make
    map_file : a further map of what was selected, ``.html`` or ``.png``
    progress : told what is being done and the share of it that is done

    Raises
    ------
    AlreadyExists
        the folder exists and is not empty, or was not prepared and is not to be overwritten.
    ConflictError
        another process prepares the same folder.
    NotFoundError, InputError, CoverageError, HydrofabricError
        region, period, attributes or store do not fit; all that could be found out is listed.
    StoreError
        the store cannot be reached or the disk is full; the same call goes on later.
    """
    begin, target = time.perf_counter(), Path(output)
    options.axis  # noqa: B018 - refuses an impossible period before anything is made
    if map_file is not None:
        require_map(map_file)
    _require_free(target, overwrite=options.overwrite)
    folder = work_folder(target)
    with held(folder, "prepares this package"):
        if options.fresh:
            clear(folder)
        name = package_name(region, target)
        making = Making(Path(hydrofabric), region, options, folder, name, progress or (lambda *_: None))
        complete = False
        try:
            plan = _make(making)
            found = _finish(making, plan, map_file)
            _publish(folder, target)
            complete = True
        finally:
            if not complete and not making.worth_keeping():
                remove(folder)
    return _made(making, target, plan, found, time.perf_counter() - begin)


def prepare_each(
    hydrofabric: str | Path,
    output: str | Path,
    region: Region,
    options: PrepareOptions,
    *,
    progress: Progress | None = None,
) -> list[PreparedPackage]:
    """Make one package for each place of a region, in folders named after them; see `prepare`.

    Packages that an earlier call with the same request has made are left as they are and not returned, so
    that the same call goes on after a failure.

    Raises
    ------
    InputError
        the region names no place, or an area.
    """
    if not region.places or region.bbox is not None or region.polygon is not None:
        raise InputError(
            "one package for each place needs places, and no area",
            hint="name them with --gage, --catchment, --places-from, or leave --split out",
        )
    made = []
    for place in dict.fromkeys(region.places):
        part, target = replace(region, places=(place,)), Path(output) / folder_name(place)
        if not options.overwrite and _request_of(target) == _request(Path(hydrofabric), part, options):
            continue
        made.append(prepare(hydrofabric, target, part, options, progress=progress))
    return made


def _require_free(target: Path, *, overwrite: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise AlreadyExists(f"{target} is a file", hint="name a folder that is not there yet")
    if not any(target.iterdir()):
        return
    if not overwrite:
        raise AlreadyExists(
            f"{target} exists and is not empty", hint="name another folder, or replace it with --overwrite"
        )
    if not (target / RECORD).is_file():
        raise AlreadyExists(
            f"{target} was not made by dmod prepare, and is not overwritten",
            hint="name another folder, or remove this one yourself",
        )


def _make(making: Making) -> PreparationPlan:
    """Go through the steps: what is cheap and can fail comes before what is costly."""
    lay_out(making)
    selected = cut_out(making)
    observations = observations_wanted(making.region, making.options)
    plan = survey(
        making.fabric, making.folder, making.options, selected, observations, progress=making.progress
    )
    require_plan(plan)
    configure_modules(making)
    fetch_observed(making)
    derive_means(making)
    return plan


def _finish(making: Making, plan: PreparationPlan, map_file: Path | None) -> CheckReport:
    """Write map and record, take the scaffolding away, and check the package as a user would."""
    making.progress("checking the package", 0.0)
    remove(making.folder / FORCING_WORK)
    (making.folder / MAP).parent.mkdir(exist_ok=True)
    for target in [making.folder / MAP, *([] if map_file is None else [map_file])]:
        draw_plan(plan, making.fabric, target)
    _write_record(making)
    found = check(making.folder)
    errors = [problem for problem in found.errors if not _is_expected(problem, plan)]
    if errors:
        listed = "\n".join(f"  - {problem}".replace("\n", "\n    ") for problem in errors)
        listed = listed.replace(f"{making.folder}/", "")
        raise InputError(
            f"the package that was made cannot be run:\n{listed}",
            hint="correct what is named in fabric, formulation or store, and prepare it again",
        )
    return found


def _is_expected(problem: Problem, plan: PreparationPlan) -> bool:
    """Tell whether an error is what was asked for: no forcing yet, modules for the C++ framework only."""
    if plan.forcing is None and "forcing" in problem.code:
        return True
    return not plan.native and problem.code == "unknown-module"


def _request(hydrofabric: Path, region: Region, options: PrepareOptions) -> str:
    """Return a hash of everything that decides what a package holds."""
    plain = replace(options, workers=0, overwrite=False, fresh=False)
    return step_key(hydrofabric=hydrofabric.resolve(), region=region, options=plain)


def _request_of(target: Path) -> str | None:
    """Return the request that a package was made for; None if it was not."""
    try:
        content = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content.get("request") if isinstance(content, dict) else None


def _write_record(making: Making) -> None:
    region, options = making.region, making.options
    record = {
        "request": _request(making.source, region, options),
        "made_by": f"dmod {version('dmod')} prepare",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "hydrofabric": str(making.source.resolve()),
        "region": {
            "places": list(region.places),
            "bbox": region.bbox,
            "polygon": None if region.polygon is None else str(region.polygon),
            "domain": region.domain,
        },
        "options": {
            "start": format_time(options.start),
            "end": format_time(options.end),
            "forcing": options.forcing,
            "layout": options.layout,
            "formulation": str(options.formulation),
            "fallbacks": list(options.fallbacks),
            "partial": options.partial,
            "missing": options.missing,
            "method": options.method,
            "observations": options.observations,
        },
        "keys": making.keys,
        "steps": making.facts,
    }
    with replacing(making.folder / RECORD) as hidden:
        hidden.write_text(json.dumps(record, indent=1, default=str) + "\n", encoding="utf-8")


def _publish(folder: Path, target: Path) -> None:
    """Put the package in its place; one that was there before goes only when the new one is there."""
    for name in (LEDGER, LOCK):
        remove(folder / name)
    before = hidden_path(target.absolute())
    with storing(target):
        replaced = target.exists()
        if replaced:
            target.replace(before)
        move(folder, target)
    if replaced:
        remove(before)


def _made(
    making: Making, target: Path, plan: PreparationPlan, found: CheckReport, seconds: float
) -> PreparedPackage:
    forcing = target / making.forcing.relative_to(making.folder) if making.options.forcing else None
    observed = making.facts.get("observations", {})
    return PreparedPackage(
        target,
        target / making.fabric.relative_to(making.folder),
        target / MAP,
        len(plan.selected.catchments),
        plan.selected.area_km2,
        making.options.start,
        making.options.end,
        forcing=forcing,
        observed={gauge: target / facts["path"] for gauge, facts in observed.items()},
        steps=making.facts,
        resumed=tuple(making.resumed),
        problems=found.problems,
        notes=plan.selected.notes,
        native=plan.native,
        seconds=seconds,
    )
