"""A realization made ready for the framework to be run anywhere: paths, period, outputs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.core.time_axis import TimeAxis, format_time
from dmod.engine.ngen.columns import FrameworkColumns
from dmod.formulation.formulation import MULTI
from dmod.formulation.realization import Grouping, Realization

DIGITS = 17
"""Significant digits in which numbers are asked for: with these they are read back unchanged."""
OWN_KEYS = ("revision", "python_path")
"""Of dmod: the framework has no use for them."""
ROUTING_FILE = "t_route_config_file_with_path"
DEPRECATED = ("output_root", "disable_catchment_output", "per_formulation_nexus_files")


@dataclass(frozen=True, slots=True)
class Places:
    """How paths of a package become absolute; the framework takes them from where it was started.

    Parameters
    ----------
    pattern : of a path in which ``{{id}}`` may stand
    library : of a module's library
    forcing : of a file, or of a folder of forcing; of the global forcing where the flag is set
    """

    pattern: Callable[[str], str]
    library: Callable[[str], str]
    forcing: Callable[[str, bool], str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written.

    Parameters
    ----------
    root : folder
    nexuses : whether flow at nexuses is written
    routing : configuration by which the framework routes; None where it does not
    """

    root: Path
    grouping: Grouping = "per_feature"
    nexuses: bool = False
    routing: Path | None = None


def rewrite(
    tree: Mapping[str, Any],
    realization: Realization,
    columns: Callable[[str | None], FrameworkColumns],
    *,
    places: Places,
    wish: Wish,
) -> dict[str, Any]:
    """Return a realization document that the framework runs from any folder.

    Parameters
    ----------
    tree : the document as read
    realization : what it means, with the period to run
    columns : catchment with a formulation of its own, or None for the global one → what it writes

    Notes
    -----
    Routing is left out, unless the wish has a configuration: dmod routes after the framework has ended.
    """
    document = copy.deepcopy(dict(tree))
    routing = document.get("routing")
    for key in (*DEPRECATED, "output", "routing"):
        document.pop(key, None)
    if wish.routing is not None:
        own = routing if isinstance(routing, dict) else {}
        document["routing"] = {**own, ROUTING_FILE: str(wish.routing)}
    axis: TimeAxis = realization.time
    document["time"] = {
        "start_time": format_time(axis.start),
        "end_time": format_time(axis.end),
        "output_interval": axis.step,
    }
    for catchment, section in _sections(document, realization):
        _rewrite_formulation(section["formulations"][0], columns(catchment), places)
        if "forcing" not in section and "forcing" in document.get("global", {}):
            # the framework refuses a formulation of its own without a forcing of its own
            section["forcing"] = dict(document["global"]["forcing"])
        elif "forcing" in section:
            _rewrite_forcing(section["forcing"], places, is_global=catchment is None)
    for layer in document.get("layers", ()):
        for entry in layer.get("formulations", ()):
            _rewrite_paths(entry, places)
        if "forcing" in layer:
            _rewrite_forcing(layer["forcing"], places, is_global=False)
    root = f"{wish.root}/"
    document["output"] = {
        "root": root,
        "precision": DIGITS,
        "catchment": {"enable": True, "format": "csv", "grouping": wish.grouping, "rank_subdir": False},
        "nexus": {"enable": wish.nexuses, "format": "csv", "grouping": "per_feature", "rank_subdir": False},
    }
    document["output_root"] = root  # for releases that know no output block; the others pass over it
    return document


def _sections(
    document: dict[str, Any], realization: Realization
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Yield the parts with a formulation: the global one, and those of catchments."""
    if "global" in document:  # before the others, which may take its forcing
        yield None, document["global"]
    for catchment in realization.catchments:
        yield catchment, document["catchments"][catchment]


def _rewrite_formulation(entry: dict[str, Any], columns: FrameworkColumns, places: Places) -> None:
    _rewrite_paths(entry, places)
    params = entry["params"]
    params["output_variables"] = list(columns.variables)
    params.pop("output_header_fields", None)  # headings are given to what is read from the files


def _rewrite_paths(entry: dict[str, Any], places: Places) -> None:
    params = entry["params"]
    for key in OWN_KEYS:
        params.pop(key, None)
    if params.get("init_config"):
        params["init_config"] = places.pattern(params["init_config"])
    if params.get("library_file"):
        params["library_file"] = places.library(params["library_file"])
    for module in params.get("modules", ()) if entry["name"] == MULTI else ():
        _rewrite_paths(module, places)


def _rewrite_forcing(forcing: dict[str, Any], places: Places, *, is_global: bool) -> None:
    if forcing.get("path"):
        forcing["path"] = places.forcing(forcing["path"], is_global)
