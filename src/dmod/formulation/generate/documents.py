"""The documents of a run: realization, and the configuration of t-route."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from dmod.core.time_axis import TimeAxis, format_time
from dmod.formulation.generate.generator import Document, Settings
from dmod.formulation.generate.registry import Link, NamedFormulation, find_generator
from dmod.formulation.routing_keys import DEFAULT_COLUMNS
from dmod.hydrofabric import Hydrofabric

ROUTING_FILE = "./config/troute.yaml"
OUTPUTS = "./outputs/"
ROUTING_STEP = 300

# spellings of the routing attributes that differ in older fabrics
_OLDER: Mapping[str, tuple[str, ...]] = {
    "dx": ("Length_m", "length_m"),
    "waterbody": ("WaterbodyID", "rl_NHDWaterbodyComID"),
    "gages": ("gage", "rl_gages"),
}


def realization(formulation: NamedFormulation, settings: Settings, *, routed: bool = True) -> Document:
    """Return the realization document of a formulation; ``routed`` says whether the run routes."""
    chain: Document = {
        "model_type_name": "bmi_multi",
        "forcing_file": "",
        "init_config": "",
        "allow_exceed_end_time": True,
        "main_output_variable": formulation.main,
        "modules": [_entry(link, settings) for link in formulation.links],
        "uses_forcing_file": False,
        "output_variables": list(formulation.outputs),
    }
    formulations = [{"name": "bmi_multi", "params": chain}]
    document: Document = {
        "global": {"formulations": formulations, "forcing": forcing_block(settings.forcing)},
        "time": time_block(settings.axis),
        "output": {"root": OUTPUTS, "precision": 9},
    }
    return document | ({"routing": routing_block()} if routed else {})


def time_block(axis: TimeAxis) -> Document:
    """Return the document's ``time``."""
    return {
        "start_time": format_time(axis.start),
        "end_time": format_time(axis.end),
        "output_interval": axis.step,
    }


def forcing_block(path: str) -> Document:
    """Return the document's ``forcing``: one NetCDF file, or a folder with a CSV file per catchment."""
    if path.endswith((".nc", ".nc4")):
        return {"provider": "NetCDF", "path": path}
    return {"provider": "CsvPerFeature", "path": path, "file_pattern": "{{id}}.csv"}


def routing_block() -> Document:
    """Return the document's ``routing``."""
    return {"t_route_config_file_with_path": ROUTING_FILE}


def _entry(link: Link, settings: Settings) -> Document:
    """Return one module's entry in the chain."""
    generator = find_generator(link.generator)
    params = generator.module(settings)
    if link.aliases:
        params |= {"variables_names_map": dict(link.aliases)}
    shared = {"allow_exceed_end_time": True, "uses_forcing_file": False}
    return {"name": generator.language, "params": {**params, **link.params, **shared}}


def routing(
    axis: TimeAxis, fabric: PurePosixPath, *, lakes: bool, columns: Mapping[str, str] = DEFAULT_COLUMNS
) -> Document:
    """Return t-route's configuration (version 4): Muskingum–Cunge in steps of 300 s.

    Parameters
    ----------
    fabric : GeoPackage, as a path inside the package
    lakes : whether reservoirs are simulated
    columns : role → column of the flowpath attributes
    """
    steps = axis.step // ROUTING_STEP
    return {
        "log_parameters": {"showtiming": True, "log_level": "INFO"},
        "network_topology_parameters": {
            "supernetwork_parameters": {
                "geo_file_path": f"./{fabric}",
                "columns": dict(columns),
            },
            "waterbody_parameters": {"break_network_at_waterbodies": lakes},
        },
        "compute_parameters": {
            "parallel_compute_method": "by-subnetwork-jit-clustered",
            "compute_kernel": "V02-structured",
            "assume_short_ts": True,
            "subnetwork_target_size": 10000,
            "cpu_pool": 1,
            "restart_parameters": {"start_datetime": format_time(axis.start)},
            "forcing_parameters": {
                "qts_subdivisions": steps,
                "dt": ROUTING_STEP,
                "qlat_input_folder": OUTPUTS,
                "qlat_file_pattern_filter": "nex-*",
                "nts": axis.count * steps,
                "max_loop_size": axis.count * steps,
            },
        },
        "output_parameters": {
            "stream_output": {
                "stream_output_directory": OUTPUTS,
                "stream_output_time": -1,
                "stream_output_type": ".nc",
                "stream_output_internal_frequency": 60,
            }
        },
    }


def routing_columns(fabric: Hydrofabric) -> dict[str, str]:
    """Return role → column of a fabric's flowpath attributes, in the fabric's own spelling."""
    known: Mapping[str, Any] = {}
    if "flowpath_attributes" in fabric.places:
        known = fabric.table(fabric.places["flowpath_attributes"].rpartition("table ")[2])
    columns = {}
    for role, usual in DEFAULT_COLUMNS.items():
        spellings = (usual, *_OLDER.get(role, ()))
        columns[role] = next((name for name in spellings if name in known), usual)
    return columns
