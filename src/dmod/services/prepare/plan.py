"""What a preparation will take: said before it starts, with everything that forbids it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.core.problem import Problem, errors_of
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import CoverageError, DmodError, InputError, StoreError
from dmod.evaluation.report.selection_page import require_map
from dmod.services.check_report import problem_of
from dmod.services.configure import ConfigurationPlan, plan_configuration
from dmod.services.derive_forcing import plan_forcing
from dmod.services.forcing_result import ForcingPlan, megabytes
from dmod.services.forcing_target import free_bytes
from dmod.services.prepare.options import PrepareOptions
from dmod.services.prepare.selection_map import map_selection
from dmod.services.prepare.steps import (
    Progress,
    configuration_facts,
    gauges_asked,
    package_name,
)
from dmod.services.subset import Region, Selected, subset

LISTED = 20


@dataclass(frozen=True, slots=True)
class PreparationPlan:
    """What a preparation will take; only descriptions were read.

    Parameters
    ----------
    selected : what belongs to the region
    configuration : None where it could not be planned; the reason is among the problems
    forcing : None without a store, or where it could not be opened
    observations : where observed streamflow would come from, and for which gauges
    disk : bytes that the package and its making take at most
    free : bytes that are free where it would be
    problems : what forbids it, and what the user should know
    failures : errors that kept configuration or forcing from being planned; among the problems, too
    """

    selected: Selected
    axis: TimeAxis
    formulation: str
    configuration: ConfigurationPlan | None
    forcing: ForcingPlan | None
    observations: str
    disk: int
    free: int
    problems: tuple[Problem, ...]
    failures: tuple[DmodError, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing forbids it."""
        return not errors_of(self.problems)

    @property
    def native(self) -> bool:
        """Whether the native engine runs the modules."""
        return self.configuration is None or self.configuration.native

    @property
    def title(self) -> str:
        """What it is about."""
        count = len(self.selected.catchments)
        names = ", ".join(place.asked for place in self.selected.places[:3])
        more = len(self.selected.places) - 3
        return f"{names}{f' and {more} more' if more > 0 else ''}: {count} catchment{'s' * (count != 1)}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return (*self.selected.notes, *(problem.message for problem in self.problems))

    def rows(self) -> list[tuple[str, str]]:
        """Return name and value of everything worth knowing, in order."""
        selected, axis = self.selected, self.axis
        rows = [
            ("region", ", ".join(f"{place.asked} ({place.description})" for place in selected.places)),
            ("catchments", f"{len(selected.catchments):,} of {selected.hydrofabric.name}"),
            ("flowpaths", f"{len(selected.flowpaths):,}, {len(selected.nexuses):,} nexuses"),
            ("area", f"{selected.area_km2:,.1f} km²"),
            ("outlet", _some(selected.outlets)),
            (
                "period",
                f"{format_time(axis.start)} to {format_time(axis.end)} UTC, {axis.count:,} hourly steps",
            ),
            ("formulation", self.formulation),
        ]
        if self.configuration is not None:
            rows.append(("configuration", _described(self.configuration)))
        rows += _forcing_rows(self.forcing)
        if self.observations:
            rows.append(("observations", self.observations))
        return [*rows, ("disk", f"at most {megabytes(self.disk)}; free {megabytes(self.free)}")]

    def as_text(self) -> str:
        """Return the plan for people."""
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {value}" for name, value in rows]
        notes = [f"note: {note}" for note in self.selected.notes]
        problems = [f"{problem.severity}: {problem}" for problem in self.problems]
        return "\n".join([*lines, *notes, *problems])

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON data."""
        return {
            "ok": self.ok,
            "region": self.selected.as_json(),
            "period": {"start": format_time(self.axis.start), "end": format_time(self.axis.end)},
            "steps": self.axis.count,
            "formulation": self.formulation,
            "configuration": None if self.configuration is None else configuration_facts(self.configuration),
            "forcing": None if self.forcing is None else self.forcing.summary(),
            "observations": self.observations,
            "disk": self.disk,
            "free": self.free,
            "problems": [
                {"severity": p.severity, "code": p.code, "message": p.message, "hint": p.hint}
                for p in self.problems
            ],
        }


def plan_preparation(
    hydrofabric: str | Path,
    output: str | Path,
    region: Region,
    options: PrepareOptions,
    *,
    map_file: Path | None = None,
    progress: Progress | None = None,
) -> PreparationPlan:
    """Say what `prepare` would make and take; nothing but the fabric's index and a map is written.

    Parameters
    ----------
    output : where the package would be, for the space that is free there
    map_file : ``.html`` or ``.png`` to draw the selection to

    Raises
    ------
    NotFoundError, InputError, CoverageError, HydrofabricError
        the region cannot be found. What is wrong with configuration and forcing is in the plan.
    """
    target, tell = Path(output), progress or (lambda *_: None)
    if map_file is not None:
        require_map(map_file)
    with tempfile.TemporaryDirectory(prefix="dmod-prepare-") as folder:
        fabric = Path(folder) / f"{package_name(region, target)}.gpkg"
        made = subset(hydrofabric, fabric, region, progress=lambda phase: tell(phase, 0.0))
        (selected,) = made.selected
        plan = survey(fabric, target, options, selected, observations_wanted(region, options), progress=tell)
        if map_file is not None:
            draw_plan(plan, fabric, map_file)
    return plan


def draw_plan(plan: PreparationPlan, fabric: Path, target: Path) -> None:
    """Draw what was selected, with the cells of the forcing's grid.

    Parameters
    ----------
    fabric : the subset
    target : ``.html`` or ``.png``
    """
    grid = None if plan.forcing is None else plan.forcing.cells
    map_selection(fabric, target, plan.title, facts=plan.rows(), notes=plan.notes, grid=grid)


def survey(
    fabric: Path,
    target: Path,
    options: PrepareOptions,
    selected: Selected,
    observations: str,
    *,
    progress: Progress,
) -> PreparationPlan:
    """Look at what configuration and forcing of a subset would take.

    Parameters
    ----------
    fabric : the subset
    selected : what it holds
    """
    problems: list[Problem] = []
    failures: list[DmodError] = []
    progress("looking at attributes", 0.0)
    configuration = forcing = None
    try:
        configuration = plan_configuration(
            fabric, formulation=options.formulation, fallbacks=options.fallbacks
        )
        problems += configuration.problems
    except InputError as error:
        failures.append(error)
        problems.append(problem_of(error, "configuration", "--formulation, --fallback"))
    if options.forcing:
        progress("looking at the forcing store", 0.0)
        try:
            forcing = _plan_forcing(fabric, target, options, progress)
            problems += forcing.problems
        except DmodError as error:
            failures.append(error)
            problems.append(problem_of(error, "forcing", options.forcing))
    disk = fabric.stat().st_size + (0 if configuration is None else configuration.size)
    disk += 0 if forcing is None else forcing.disk_work + forcing.disk_output
    return PreparationPlan(
        selected,
        options.axis,
        str(options.formulation),
        configuration,
        forcing,
        observations,
        disk,
        free_bytes(target),
        tuple(problems),
        tuple(failures),
    )


def require_plan(plan: PreparationPlan) -> None:
    """Refuse a preparation that is known to fail.

    Raises
    ------
    DmodError
        it is: of the kind that forbids it, or where there are several things an error that lists them.
    """
    errors = errors_of(plan.problems)
    if plan.disk > plan.free:
        raise StoreError(
            f"the package needs up to {megabytes(plan.disk)}, and {megabytes(plan.free)} are free",
            hint="free some space, name a folder on another disk, or shorten the period",
            retryable=True,
        )
    if not errors:
        return
    if len(errors) == 1 and plan.failures:
        raise plan.failures[0]
    listed = "\n".join(f"  - {problem}".replace("\n", "\n    ") for problem in errors[:LISTED])
    more = f"\n  - and {len(errors) - LISTED} more" if len(errors) > LISTED else ""
    kind = CoverageError if all(error.code.startswith("grid") for error in errors) else InputError
    raise kind(f"the package cannot be prepared:\n{listed}{more}")


def _plan_forcing(fabric: Path, target: Path, options: PrepareOptions, progress: Progress) -> ForcingPlan:
    return plan_forcing(
        options.forcing,
        fabric,
        start=options.start,
        end=options.end,
        output=target,
        layout=options.layout,
        variables=options.variables or None,
        partial=options.partial,
        missing=options.missing,
        method=options.method,
        options=options.store_options,
        workers=options.workers,
        csv=options.csv,
        progress=progress,
    )


def _described(plan: ConfigurationPlan) -> str:
    parts = ", ".join(f"{module.title} {module.files:,}" for module in plan.modules if module.files)
    engine = "" if plan.native else "; not for the native engine: run it with the C++ framework"
    return f"{plan.files:,} files ({parts}), {megabytes(plan.size)}{engine}"


def _forcing_rows(plan: ForcingPlan | None) -> list[tuple[str, str]]:
    if plan is None:
        return [("forcing", "none: name a store with --forcing")]
    whole = plan.covered_minimum > 1.0 - 1e-6
    covered = "covers every catchment"
    if not whole:
        covered = f"covers catchments in part, one to {100 * plan.covered_minimum:.3g} %"
    return [
        ("forcing", f"{plan.store} ({plan.layout}), {covered}"),
        ("to read", f"{megabytes(plan.bytes_to_read)} in {plan.blocks:,} blocks"),
        ("memory", f"about {megabytes(plan.memory)}"),
    ]


def observations_wanted(region: Region, options: PrepareOptions) -> str:
    """Return which observations are wanted from where, in words.

    Raises
    ------
    InputError
        they are, but no gauge is asked for.
    """
    if not options.observations:
        return ""
    gauges = gauges_asked(region)
    if not gauges:
        raise InputError(
            "observations are wanted, but the region is not named by a gauge",
            hint="name the gauge with --gage, or fetch them with: dmod observations GAGE FILE",
        )
    return f"{options.observed_kind} values of {', '.join(gauges)} from {options.observations}"


def _some(names: tuple[str, ...], shown: int = 4) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
