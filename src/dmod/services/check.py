"""Check a run package before it is run: everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.core.problem import Problem
from dmod.core.time_axis import format_time
from dmod.errors import DmodError, InputError
from dmod.formulation.checks import find_realization_problems
from dmod.formulation.package import RunPackage, find_package
from dmod.formulation.realization import Realization
from dmod.hydrofabric import find_problems, read_hydrofabric
from dmod.services.check_forcing import ForcingCheck
from dmod.services.check_modules import check_modules
from dmod.services.check_report import CheckReport, Fact, problem_of
from dmod.services.check_routing import has_channels
from dmod.services.choosing import with_model_params, with_revisions
from dmod.services.options import RunOptions
from dmod.services.plan import attribute_names
from dmod.services.routing_scheme import choose_scheme, has_lakes

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric


def check(path: str | Path, options: RunOptions | None = None) -> CheckReport:
    """Find a run package and check it.

    Raises
    ------
    NotFoundError, InputError, RealizationError
        there is no package to check: no hydrofabric or realization, several of them, or a
        realization that is not sound JSON.
    """
    options = options or RunOptions()
    places = options.locations
    package = find_package(
        path,
        hydrofabric=places.hydrofabric,
        realization=places.realization,
        forcing=places.forcing,
        routing=places.routing,
        nexus=places.nexus,
    )
    return check_package(package, options)


def check_package(package: RunPackage, options: RunOptions | None = None) -> CheckReport:
    """Check everything that a run of the package would read; writes nothing.

    Parameters
    ----------
    options : period, revisions, routing and fill as a run would take them

    Returns
    -------
    report : every error and warning, and what would be run
    """
    options = options or RunOptions()
    options.require_meaning()
    facts: dict[str, Fact] = {}
    problems = list(package.problems)
    realization = _as_run(package.realization, options, problems)
    fabric = _fabric(package, options, problems, facts)
    catchments = fabric.catchments.ids if fabric is not None else _catchments_without_fabric(realization)
    _period_facts(realization, facts)
    known = None if fabric is None else attribute_names(fabric)
    problems += find_realization_problems(realization, catchments, known)
    forcing = ForcingCheck.open(package, realization, catchments)
    findings = check_modules(package, realization, catchments, forcing.units, fabric, options)
    problems += findings.problems
    problems += forcing.problems(realization.time, list(findings.forcing), fill=options.fill)
    facts["forcing"] = forcing.described()
    facts["modules"] = {name: f"({count})" for name, count in findings.modules.items()}
    routed = options.route is not False and fabric is not None and has_channels(fabric)
    facts["routing"] = "none, flow is summed downstream"
    if fabric is not None and routed:
        scheme, found = choose_scheme(package, realization.time)
        facts["routing"] = scheme.describe(lakes=has_lakes(fabric))
        problems += found
    return CheckReport(str(package.root), tuple(problems), facts)


def _as_run(realization: Realization, options: RunOptions, problems: list[Problem]) -> Realization:
    """Return the realization with the options' period, revisions and parameters."""
    try:
        realization = realization.with_period(options.start, options.end)
    except InputError as error:
        problems.append(problem_of(error, "period", "--start, --end"))
    changes = (
        ("--revision", options.revisions, partial(with_revisions, revisions=options.revisions)),
        ("--set", options.model_params, partial(with_model_params, values=options.model_params)),
    )
    for option, given, change in changes:
        if given:
            try:
                realization = change(realization)
            except DmodError as error:
                problems.append(problem_of(error, option.strip("-"), option))
    return realization


def _fabric(
    package: RunPackage, options: RunOptions, problems: list[Problem], facts: dict[str, Fact]
) -> Hydrofabric | None:
    try:
        fabric = read_hydrofabric(package.hydrofabric, package.nexus, validate=False)
    except DmodError as error:
        problems.append(problem_of(error, "hydrofabric-unreadable", str(package.hydrofabric)))
        return None
    insisted = options.route is True
    problems += find_problems(
        fabric, routing=insisted or (options.route is not False and has_channels(fabric))
    )
    facts["hydrofabric"] = f"{package.hydrofabric.name} (version {fabric.version})"
    facts["catchments"] = len(fabric.catchments)
    facts["nexuses"] = len(fabric.nexuses)
    facts["flowpaths"] = 0 if fabric.flowpaths is None else len(fabric.flowpaths)
    facts["lakes"] = 0 if fabric.lakes is None else len(fabric.lakes)
    return fabric


def _catchments_without_fabric(realization: Realization) -> Sequence[str]:
    """Return the catchments to check where the fabric cannot be read: those of the realization."""
    return tuple(realization.catchments)


def _period_facts(realization: Realization, facts: dict[str, Fact]) -> None:
    time = realization.time
    facts["period"] = f"{format_time(time.start)} to {format_time(time.end)} UTC"
    facts["steps"] = f"{time.count} of {time.step} s"
