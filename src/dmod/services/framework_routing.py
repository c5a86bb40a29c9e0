"""Routing by the C++ framework: its own t-route, as the package configures it, in the place of dmod's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from dmod.core.atomic import remove
from dmod.core.problem import name_some
from dmod.engine.ngen import FrameworkProgram, RoutedFlow, RoutingPlaces, rewrite_routing
from dmod.errors import InputError, NotFoundError, PluginError
from dmod.formulation.package import RunPackage
from dmod.formulation.routing_config import RoutingConfig, read_routing_config
from dmod.formulation.yaml_document import read_yaml
from dmod.output.routed import VARIABLES
from dmod.services.streamflow import ChunkFlow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dmod.services.plan import RunPlan

NAME = "t-route"
FILE = "troute.yaml"
GEOPACKAGE = ".gpkg"
LET_DMOD = "or have dmod route: leave routed_by (--routed-by) out"
DISTRIBUTIONS = ("nwm_routing", "troute_nwm", "troute_routing", "troute_network", "troute")
"""Under which t-route's parts are installed."""
_SITE = re.compile(r"^\s*Site Library: (\S.*)$", re.M)
_SAID = re.compile(r"t-?route\W{1,3}(?:version\W{0,2})?v?(\d+\.\d+[\w.+-]*)", re.I)


@dataclass(frozen=True, slots=True)
class RoutingFolder:
    """What is made ready for t-route in the folder of a run.

    Parameters
    ----------
    config : its configuration as it is run
    output : folder that it writes into
    dt : its step [s]
    """

    config: Path
    output: Path
    dt: int


def require_routing(package: RunPackage, program: FrameworkProgram) -> RoutingConfig:
    """Return the configuration by which the framework routes a package.

    Raises
    ------
    InputError, NotFoundError, RealizationError
        the package has none, or it is not there, or it cannot be read.
    PluginError
        the framework was built without routing.
    """
    if package.routing is None:
        raise InputError(
            f"{package.realization_file}: the package has no routing configuration, by which the framework "
            "could route",
            hint="name t-route's YAML file as routing.t_route_config_file_with_path in the realization, or "
            f"with --routing; {LET_DMOD}",
        )
    if not package.routing.is_file():
        raise NotFoundError(
            f"the routing configuration {package.routing} does not exist",
            hint=f"correct the path in the realization; {LET_DMOD}",
        )
    if program.can_route is False:
        raise PluginError(
            f"{program.path} was built without routing",
            hint=f"build it with NGEN_WITH_ROUTING and NGEN_WITH_PYTHON; {LET_DMOD}",
        )
    return read_routing_config(package.routing)


def prepare_routing(folder: Path, plan: RunPlan, config: RoutingConfig, inflow: Path) -> RoutingFolder:
    """Write what t-route needs into the folder of a run; what an earlier run left there is replaced.

    Parameters
    ----------
    inflow : folder into which the framework writes the flow at nexuses

    Raises
    ------
    InputError
        there is no GeoPackage to route, or the run's step does not fit.
    """
    package = plan.package
    assert package.routing is not None
    beside = package.routing.parent

    def resolve(text: str) -> Path | None:
        try:
            return package.resolve(text, beside).absolute()
        except NotFoundError:
            return None

    places = RoutingPlaces(
        _geopackage(package, config, resolve(config.geo_file_path) if config.geo_file_path else None),
        inflow, folder / "inflow", folder / "routed", resolve,
    )  # fmt: skip
    document = rewrite_routing(read_yaml(package.routing).tree, config, plan.axis, places)
    for path in (places.scratch, places.output):
        remove(path)
        path.mkdir()
    path = folder / FILE
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return RoutingFolder(path, places.output, config.dt)


def _geopackage(package: RunPackage, config: RoutingConfig, named: Path | None) -> Path:
    """Return the fabric to route: the run's; where that is GeoJSON, what the configuration names."""
    for path in (package.hydrofabric, named):
        if path is not None and path.suffix.lower() == GEOPACKAGE:
            return path.absolute()
    raise InputError(
        f"{config.source}: t-route reads channels from a GeoPackage, and there is none: the run's "
        f"hydrofabric is {package.hydrofabric.name}, geo_file_path is {config.geo_file_path or 'not given'}",
        hint=f"name a GeoPackage as geo_file_path; {LET_DMOD}",
    )


@dataclass(slots=True)
class FrameworkStreamflow:
    """Flow in flowpaths as t-route wrote it; `open` comes before the first chunk.

    Parameters
    ----------
    plan : of the run
    folder : of t-route
    program : the framework's
    """

    plan: RunPlan
    folder: RoutingFolder
    program: FrameworkProgram
    variables: tuple[str, ...] = tuple(VARIABLES)
    record: dict[str, Any] = field(default_factory=lambda: {"program": NAME})
    """Which t-route it was and what it wrote, for the record of the run; complete once it is opened."""
    _routed: RoutedFlow | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the flowpaths."""
        return self.plan.fabric.flowpath_network.ids

    @property
    def delay(self) -> int:
        """Return the time from the start of a step to the moment that its value is for [s]."""
        return self.plan.axis.step

    @property
    def method(self) -> str:
        """Name what routed."""
        version = f" {self.record['version']}" if self.record.get("version") else ""
        return f"{NAME}{version} of {self.program.title}, {self.folder.dt} s steps"

    def open(self, log: Path, variables: Mapping[str, str]) -> None:
        """Open what t-route wrote.

        Parameters
        ----------
        log : all that the framework printed
        variables : of its environment

        Raises
        ------
        BackendError
            there is nothing, or it is not complete.
        """
        flowpaths = self.plan.fabric.flowpaths
        lakes = frozenset[str]()
        if flowpaths is not None:
            pairs = zip(flowpaths.ids, flowpaths.waterbody, strict=True)
            lakes = frozenset(name for name, lake in pairs if lake)
        self._routed = RoutedFlow(self.folder.output, self.ids, self.plan.axis, optional=lakes)
        version = self._routed.version or find_version(self.program, log, variables)
        self.record |= {"version": version, "files": [path.name for path in self._routed.files]}

    def advance(self, first: int, nexus_flow: NDArray[np.float64]) -> ChunkFlow:
        """Return the next chunk."""
        assert self._routed is not None
        return ChunkFlow(first, **self._routed.read(first, nexus_flow.shape[1]))

    def notes(self) -> list[str]:
        """Say what differs from routing by dmod."""
        missing = () if self._routed is None else self._routed.missing
        notes = ["t-route was given the flow at nexuses in the six digits that the framework writes"]
        if missing:
            notes.append(
                f"{len(missing)} flowpaths in lakes have no flow of their own ({name_some(missing)})"
            )
        return notes

    def close(self) -> None:
        """Close files."""
        if self._routed is not None:
            self._routed.close()


def find_version(program: FrameworkProgram, log: Path, variables: Mapping[str, str]) -> str:
    """Return t-route's version, as far as the log or the framework's Python says; "" where neither does."""
    try:
        said = _SAID.search(log.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        said = None
    if said:
        return said[1]
    sites = [Path(found) for found in _SITE.findall(program.description)]
    if variables.get("VIRTUAL_ENV"):
        sites += Path(variables["VIRTUAL_ENV"]).glob("lib/python3*/site-packages")
    for name in DISTRIBUTIONS:
        for site in sites:
            for path in site.glob(f"{name}-*.dist-info"):
                return path.name.removesuffix(".dist-info").partition("-")[2]
    return ""
