"""A configuration of t-route made ready for a run: paths, period, inflow and output.

The framework calls t-route in its own process, from the folder in which it was started, when all steps are
done. It reads the flow at nexuses that the framework wrote.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError
from dmod.formulation.routing_config import RoutingConfig
from dmod.formulation.routing_keys import FORCING, RESTART, SUPER

MINUTES = 5
"""t-route writes in multiples of this."""
TABLES = ".csv"
NEXUSES = "nex-*"
LAST_OBSERVED = "lastobs_output_folder"
_ENDINGS = ("_file", "_path", "_folder", "_directory", "_domain", "_xsections")


@dataclass(frozen=True, slots=True)
class RoutingPlaces:
    """Files and folders of a run that is routed by the framework.

    Parameters
    ----------
    hydrofabric : GeoPackage whose flowpaths are routed
    inflow : folder with the flow at nexuses
    scratch : folder, there and empty, for the same flow as t-route likes it better
    output : folder, there, for what it writes
    resolve : path as the configuration has it → where that is, or None where there is no such thing
    """

    hydrofabric: Path
    inflow: Path
    scratch: Path
    output: Path
    resolve: Callable[[str], Path | None]


def rewrite_routing(
    tree: Mapping[str, Any], config: RoutingConfig, axis: TimeAxis, places: RoutingPlaces
) -> dict[str, Any]:
    """Return a configuration by which t-route routes a run and writes what can be read.

    Choices of method (step, scheme, reservoirs, data assimilation) stay as they are. Of outputs flow,
    velocity and depth of every flowpath are kept, once a step.

    Parameters
    ----------
    tree, config : the configuration as read, and what it means
    axis : steps of the run

    Raises
    ------
    InputError
        the run's step is no multiple of t-route's, or t-route cannot write at such a step.
    """
    if axis.step % config.dt or axis.step % (MINUTES * 60):
        raise InputError(
            f"{config.source}: the run's step of {axis.step} s is no multiple of dt = {config.dt} s and of "
            f"{MINUTES} minutes, in which t-route writes",
            hint="give a dt that divides the step, such as 300, or have dmod route",
        )
    document = copy.deepcopy(dict(tree))
    _rebase(document, places.resolve)
    _section(document, SUPER)["geo_file_path"] = str(places.hydrofabric)
    _section(document, RESTART)["start_datetime"] = format_time(axis.start)
    each = axis.step // config.dt
    _section(document, FORCING).update(
        qts_subdivisions=each, dt=config.dt, nts=axis.count * each, max_loop_size=axis.count * each,
        qlat_input_folder=str(places.inflow), qlat_file_pattern_filter=NEXUSES,
        binary_nexus_file_folder=str(places.scratch),
    )  # fmt: skip
    _keep_inside(document, places.output)
    asked = config.stream_output.file_type if config.stream_output is not None else ""
    document["output_parameters"] = {
        "stream_output": {
            "stream_output_directory": str(places.output),
            "stream_output_time": -1,
            "stream_output_type": TABLES if asked == TABLES else ".nc",
            "stream_output_internal_frequency": axis.step // 60,
        }
    }
    return document


def _section(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a section by its dotted path; one that is absent or empty is made."""
    for name in path.split("."):
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    return document


def _keep_inside(node: dict[str, Any], output: Path) -> None:
    """Have what data assimilation writes beside the rest: the package stays as it is."""
    for key, value in node.items():
        if isinstance(value, dict):
            _keep_inside(value, output)
        elif key == LAST_OBSERVED and value:
            node[key] = str(output)


def _rebase(node: dict[str, Any], resolve: Callable[[str], Path | None]) -> None:
    """Make paths absolute of what is there: in the configuration they may be relative to its own folder."""
    for key, value in node.items():
        if isinstance(value, dict):
            _rebase(value, resolve)
        elif isinstance(value, str) and str(key).endswith(_ENDINGS):
            found = resolve(value)
            if found is not None:
                node[key] = str(found)
