"""What a package's routing configuration asks for that the run's routing does otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dmod.core.problem import Problem
from dmod.errors import DmodError, NotFoundError
from dmod.formulation.package import RunPackage
from dmod.formulation.realization import Realization
from dmod.formulation.routing_config import (
    RoutingConfig,
    find_routing_config_problems,
    read_routing_config,
)
from dmod.formulation.routing_keys import DEFAULT_COLUMNS
from dmod.services.check_report import problem_of
from dmod.services.streamflow import ROUTING_DT

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric


def has_channels(fabric: Hydrofabric) -> bool:
    """Whether the flowpaths have the attributes that routing needs."""
    return fabric.flowpaths is not None and fabric.flowpaths.has_routing_attributes


def find_routing_problems(
    package: RunPackage, realization: Realization, fabric: Hydrofabric
) -> Iterator[Problem]:
    """Yield what is wrong with the routing configuration, and what of it is done otherwise.

    All of it is a warning: a run takes channels from the hydrofabric and its own routing step.
    """
    for problem in _find_problems(package, realization, fabric):
        yield replace(problem, severity="warning")


def _find_problems(package: RunPackage, realization: Realization, fabric: Hydrofabric) -> Iterator[Problem]:
    if package.routing is None or not package.routing.exists():
        return
    place = str(package.routing)
    try:
        config = read_routing_config(package.routing)
    except DmodError as error:
        yield problem_of(error, "routing-unreadable", place)
        return
    yield from find_routing_config_problems(config, realization.time)
    yield from _method_problems(config, fabric, place)
    yield from _fabric_problems(package, config, place)
    for role, column in config.columns.items():
        usual = DEFAULT_COLUMNS.get(role, column)
        if column.lower() != usual.lower():
            message = f"columns.{role} is {column!r}; routing reads {usual!r}"
            yield Problem("warning", "routing-columns", message, where=place)


def _method_problems(config: RoutingConfig, fabric: Hydrofabric, place: str) -> Iterator[Problem]:
    if config.dt != ROUTING_DT:
        message = f"dt is {config.dt} s; routing runs at {ROUTING_DT} s"
        yield Problem("warning", "routing-dt", message, where=place)
    if not config.assume_short_ts:
        message = (
            "assume_short_ts is off; routing takes the upstream flow of the step before, as if it were on"
        )
        yield Problem("warning", "routing-short-step", message, where=place)
    lakes = fabric.flowpaths is not None and any(fabric.flowpaths.waterbody)
    if lakes and fabric.lakes is not None and not config.break_network_at_waterbodies:
        message = (
            "break_network_at_waterbodies is off, but the hydrofabric has reservoirs: they are simulated"
        )
        yield Problem("warning", "routing-reservoirs", message, where=place)


def _fabric_problems(package: RunPackage, config: RoutingConfig, place: str) -> Iterator[Problem]:
    if not config.geo_file_path:
        return
    try:
        other = package.resolve(
            config.geo_file_path, package.routing.parent if package.routing else package.root
        )
    except NotFoundError:
        other = None
    if other is None or not other.samefile(package.hydrofabric):
        message = f"geo_file_path {config.geo_file_path!r} is not the run's hydrofabric"
        hint = f"{package.hydrofabric} is routed"
        yield Problem("warning", "routing-fabric", message, where=place, hint=hint)
