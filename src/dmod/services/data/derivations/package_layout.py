"""How the parts of a run package are laid out: each where the others look for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from dmod.core.atomic import storing
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError
from dmod.formulation.formulation import ID_PATTERN

CONFIG = PurePosixPath("config")
HYDROFABRIC = CONFIG / "hydrofabric.gpkg"
REALIZATION = CONFIG / "realization.json"
ROUTING = CONFIG / "troute.yaml"
OUTPUTS = PurePosixPath("outputs")
KEEP = ".keep"
"""Datasets hold files only: this one keeps the folder that the framework writes its results into."""


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's bytes."""
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def copy_folder(source: Path, target: Path, catchments: Collection[str] = ()) -> None:
    """Copy all files below a folder.

    Parameters
    ----------
    catchments : files that are named after another catchment are left out; none is where this is empty
    """
    from dmod.services.data.detect.forcing_csv import identifier_in

    for path in sorted(source.rglob("*")):
        whose = identifier_in(path.name) if catchments else ""
        if path.is_file() and (not whose or whose in catchments):
            copy_file(path, target / path.relative_to(source))


def place_modules(source: Path, package: Path, catchments: Sequence[str]) -> None:
    """Copy the module files of some catchments to where the package's realization looks for them.

    Parameters
    ----------
    source : folder of a dataset; how deep in it the files lie is found out by the end of the paths

    Raises
    ------
    InputError
        no file is where a module of the realization could look for it.
    """
    document = json.loads((package / REALIZATION).read_text(encoding="utf-8"))
    patterns = list(dict.fromkeys(_patterns(document)))
    targets: dict[PurePosixPath, None] = {}
    for pattern in patterns:
        found = _root_for(source, PurePosixPath(pattern))
        if found is None:
            raise InputError(
                f"the module configurations have nothing that fits {pattern}, which the realization names",
                hint="take realization and module configurations that were made for each other",
            )
        targets[found] = None
    for target in targets or {CONFIG: None}:
        copy_folder(source, package / target, frozenset(catchments))


def _patterns(document: Any) -> Iterator[str]:
    """Yield where modules look for their files, in the order of the document."""
    if isinstance(document, list):
        for item in document:
            yield from _patterns(item)
    if isinstance(document, dict):
        here = document.get("init_config")
        if isinstance(here, str) and here not in {"", "/dev/null"}:
            yield here
        for name, item in document.items():
            if name != "init_config":
                yield from _patterns(item)


def _root_for(source: Path, pattern: PurePosixPath) -> PurePosixPath | None:
    """Return the folder of the package that a dataset's folder must become so that a path leads into it."""
    parts = [part for part in pattern.parts if part not in {"/", "."}]
    for start in range(len(parts)):
        tail = "/".join(parts[start:]).replace(ID_PATTERN, "*")
        if next((path for path in source.glob(tail) if path.is_file()), None) is not None:
            # an absolute path is sought in the package by its end
            return CONFIG if pattern.is_absolute() else PurePosixPath(*parts[:start])
    return None


def place_routing(source: Path, target: Path, axis: TimeAxis) -> None:
    """Copy a routing configuration, its hydrofabric and period those of the package, all else as it was.

    Raises
    ------
    InputError
        it cannot be read.
    """
    import yaml

    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
        network = document.setdefault("network_topology_parameters", {})
        compute = document.setdefault("compute_parameters", {})
        network.setdefault("supernetwork_parameters", {})["geo_file_path"] = f"./{HYDROFABRIC}"
        compute.setdefault("restart_parameters", {})["start_datetime"] = format_time(axis.start)
        forcing = compute.setdefault("forcing_parameters", {})
        steps = axis.count * int(forcing.get("qts_subdivisions", 12))
        forcing["nts"] = steps
        if "max_loop_size" in forcing:
            forcing["max_loop_size"] = steps
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{source.name} is no routing configuration: {error}") from error
    with storing(target):
        target.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
