"""The folder in which the C++ framework runs a package.

realization.json   as it is run: paths absolute, period and outputs as asked for
partitions.json    where there are several ranks
troute.yaml        where the framework routes
work/              where it is started: links to what the package has, for paths inside module configurations
output/            what it writes
inflow/, routed/   where it routes: flow at nexuses in the form that t-route prefers, and what t-route writes
ngen.log           what it prints
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.core.atomic import remove, require_space, storing
from dmod.engine.ngen import FrameworkColumns, FrameworkProgram, Places, columns_of, rewrite
from dmod.engine.ngen.rewriting import Wish
from dmod.errors import InputError
from dmod.formulation.document import read_document
from dmod.formulation.package import RunPackage
from dmod.services.framework_library import find_library
from dmod.services.framework_routing import RoutingFolder, prepare_routing, require_routing
from dmod.services.framework_settings import FrameworkSettings
from dmod.services.plan import RunPlan

ALL = "all"
"""In the place of a list of ids."""
GEOPACKAGE = ".gpkg"
STAMPED = 24
"""Bytes of a row before its numbers."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A folder in which the framework can be started.

    Parameters
    ----------
    command : of each rank
    before : what stands before it where a launcher of this machine starts the ranks
    variables : of the environment, beside those that are there
    realization, work, output, log : see the module
    partitions : the partition file, where there are several ranks
    routing : what is ready for t-route, where the framework routes
    """

    command: tuple[str, ...]
    before: tuple[str, ...]
    variables: Mapping[str, str]
    realization: Path
    partitions: tuple[Path, ...]
    work: Path
    output: Path
    log: Path
    routing: RoutingFolder | None = None

    def tables(self, catchments: Sequence[str]) -> list[Path]:
        """Return files with a row per step, some of which the framework may write."""
        last = len(catchments) - 1
        some = dict.fromkeys(catchments[last * part // 3] for part in range(4))
        return [self.output / f"{catchment}.csv" for catchment in some]


def prepare(
    folder: Path,
    plan: RunPlan,
    columns: Sequence[FrameworkColumns],
    settings: FrameworkSettings,
    program: FrameworkProgram,
    *,
    has_launcher: bool = True,
) -> Prepared:
    """Write all that the framework needs into a folder; what an earlier run left in it is replaced.

    Parameters
    ----------
    has_launcher : whether ranks are started by the launcher of this machine

    Raises
    ------
    InputError
        there cannot be so many ranks, or the partition file is of another fabric or number of ranks; or the
        framework is to route, and the package has no configuration for that.
    PluginError
        the framework is to route, and was built without routing.
    StoreError
        the folder cannot be written, or has not even room for a zero per value.
    """
    folder = folder.absolute()
    package = plan.package
    work, output, log = folder / "work", folder / "output", folder / "ngen.log"
    config = require_routing(package, program) if settings.routes else None
    with storing(folder):
        for path in (work, output, log):
            remove(path)
        require_space(output, _least_bytes(plan, columns))
        output.mkdir(parents=True)
        _link(package.root, work, folder)
        routing = prepare_routing(folder, plan, config, output) if config is not None else None
        document, python_path = _document(plan, columns, settings, output, routing)
        realization = folder / "realization.json"
        realization.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    fabric = str(_recognised(package.hydrofabric, folder))
    nexus = str(package.nexus.absolute()) if package.nexus is not None else fabric
    command = [str(program.path), fabric, ALL, nexus, ALL, str(realization)]
    before: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    if python_path:
        inherited = settings.environment.get("PYTHONPATH")
        variables["PYTHONPATH"] = ":".join([*python_path, *([inherited] if inherited else [])])
    partitions: tuple[Path, ...] = ()
    if settings.ranks > 1:
        partitions = (_partitions(package, settings, folder),)
        command += map(str, partitions)
        if has_launcher:
            before, told = _launcher(settings.ranks)
            variables |= told
    return Prepared(tuple(command), before, variables, realization, partitions, work, output, log, routing)


def _link(root: Path, work: Path, folder: Path) -> None:
    """Make the folder to start in look as the package does, as far as reading goes."""
    work.mkdir()
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") or folder.is_relative_to(path):
            continue
        (work / path.name).symlink_to(path)


def _recognised(hydrofabric: Path, folder: Path) -> Path:
    """Return a path of the hydrofabric by whose end the framework sees what it is."""
    if hydrofabric.suffix.lower() != GEOPACKAGE or hydrofabric.suffix == GEOPACKAGE:
        return hydrofabric.absolute()
    link = folder / f"hydrofabric{GEOPACKAGE}"
    remove(link)
    link.symlink_to(hydrofabric.absolute())
    return link


def _least_bytes(plan: RunPlan, columns: Sequence[FrameworkColumns]) -> int:
    """Return the size of what is written if every number is a zero."""
    sizes = (
        len(chain.rows) * (STAMPED + 2 * len(written.variables))
        for chain, written in zip(plan.chains, columns, strict=True)
    )
    return sum(sizes) * plan.axis.count


def _launcher(ranks: int) -> tuple[tuple[str, ...], dict[str, str]]:
    from dmod.jobs.executor.ranks.launcher import find_launcher

    launcher = find_launcher()
    return tuple(launcher.command(ranks, (), "")), launcher.variables("", "", "")


def _partitions(package: RunPackage, settings: FrameworkSettings, folder: Path) -> Path:
    from dmod.services.partition import partition, read_partitions

    if settings.partitions is None:
        path = folder / "partitions.json"
        partition(package.hydrofabric, path, settings.ranks, nexus=package.nexus, overwrite=True)
        return path
    found = read_partitions(settings.partitions, package.hydrofabric)
    if found.parts != settings.ranks:
        raise InputError(
            f"{settings.partitions} has {found.parts} parts, and there are {settings.ranks} ranks",
            hint=f"run it on {found.parts} ranks, or cut the hydrofabric anew",
        )
    return settings.partitions.absolute()


def _document(
    plan: RunPlan, columns: Sequence[FrameworkColumns], settings: FrameworkSettings, output: Path,
    routing: RoutingFolder | None,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Return the document to run, and the folders from which modules in Python are imported."""
    package, realization = plan.package, plan.realization
    nexuses = routing is not None or any(written.to_depth is None for written in columns)
    wish = Wish(output, "per_feature", nexuses, None if routing is None else routing.config)
    if settings.ranks == 1 and not realization.catchments and not wish.nexuses:
        wish = Wish(output, realization.output.catchment.grouping)
    document = rewrite(
        read_document(package.realization_file).tree,
        realization,
        lambda catchment: columns_of(
            realization.catchments[catchment] if catchment is not None else realization.formulation_for("")
        ),
        places=_places(package, settings),
        wish=wish,
    )
    folders = {
        str(package.resolve(spec.python_path))
        for formulation in realization.formulations
        for spec in formulation.modules
        if spec.python_path
    }
    return document, sorted(folders)


def _places(package: RunPackage, settings: FrameworkSettings) -> Places:
    def library(text: str) -> str:
        return str(find_library(text, package, settings.library_path))

    def forcing(text: str, is_global: bool) -> str:
        path = package.forcing if is_global and package.forcing is not None else package.resolve(text)
        # a folder is put before the names of its files as it stands
        return f"{path.absolute()}/" if path.is_dir() else str(path.absolute())

    return Places(package.resolve_pattern, library, forcing)
