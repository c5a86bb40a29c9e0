"""What a package's routing configuration asks for that the run's routing does otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis
from dmod.errors import NotFoundError
from dmod.formulation.package import RunPackage
from dmod.formulation.routing_config import RoutingConfig, find_routing_config_problems
from dmod.formulation.routing_keys import DEFAULT_COLUMNS

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric


def has_channels(fabric: Hydrofabric) -> bool:
    """Whether the flowpaths have the attributes that routing needs."""
    return fabric.flowpaths is not None and fabric.flowpaths.has_routing_attributes


def config_problems(package: RunPackage, time: TimeAxis, config: RoutingConfig) -> Iterator[Problem]:
    """Yield what is wrong with a package's routing configuration, and what of it is done otherwise."""
    place = str(package.routing)
    yield from find_routing_config_problems(config, time)
    yield from _fabric_problems(package, config, place)
    for role, column in config.columns.items():
        usual = DEFAULT_COLUMNS.get(role, column)
        if column.lower() != usual.lower():
            message = f"columns.{role} is {column!r}; routing reads {usual!r}"
            yield Problem("warning", "routing-columns", message, where=place)


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
