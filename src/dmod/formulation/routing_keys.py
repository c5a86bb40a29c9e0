"""The keys of a routing configuration: which are acted on, which change nothing, which are wishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal

from dmod.core.problem import Problem, Severity
from dmod.formulation.document import JsonPath, show_path
from dmod.formulation.yaml_document import YamlDocument

DEFAULT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "key": "id",
        "downstream": "toid",
        "dx": "Length_m",
        "n": "n",
        "ncc": "nCC",
        "s0": "So",
        "bw": "BtmWdth",
        "waterbody": "WaterbodyID",
        "gages": "gage",
        "tw": "TopWdth",
        "twcc": "TopWdthCC",
        "musk": "MusK",
        "musx": "MusX",
        "cs": "ChSlp",
        "alt": "alt",
    }
)

NETWORK = "network_topology_parameters"
SUPER = f"{NETWORK}.supernetwork_parameters"
COMPUTE = "compute_parameters"
RESTART = f"{COMPUTE}.restart_parameters"
FORCING = f"{COMPUTE}.forcing_parameters"
ASSIMILATION = f"{COMPUTE}.data_assimilation_parameters"
STREAM = "output_parameters.stream_output"
COLUMNS = f"{SUPER}.columns."
HYBRID = f"{COMPUTE}.hybrid_parameters"

ACTED_ON = (
    f"{SUPER}.geo_file_path",
    f"{NETWORK}.waterbody_parameters.break_network_at_waterbodies",
    f"{COMPUTE}.compute_kernel",
    f"{COMPUTE}.assume_short_ts",
    f"{RESTART}.start_datetime",
    f"{FORCING}.dt",
    f"{FORCING}.qts_subdivisions",
    f"{FORCING}.nts",
    f"{STREAM}.stream_output_directory",
    f"{STREAM}.stream_output_time",
    f"{STREAM}.stream_output_type",
    f"{STREAM}.stream_output_internal_frequency",
)

IMMATERIAL: Mapping[str, str] = MappingProxyType(
    {
        "log_parameters.*": "messages are chosen on the command line",
        f"{SUPER}.title_string": "a label",
        f"{SUPER}.geo_file_type": "the file itself tells",
        f"{COMPUTE}.parallel_compute_method": "how the work is divided changes no result",
        f"{COMPUTE}.subnetwork_target_size": "how the work is divided changes no result",
        f"{COMPUTE}.cpu_pool": "how the work is divided changes no result",
        f"{FORCING}.qlat_input_folder": "the inflow comes from the same run",
        f"{FORCING}.qlat_file_*": "the inflow comes from the same run",
        f"{FORCING}.binary_nexus_file_folder": "the inflow comes from the same run",
        f"{FORCING}.max_loop_size": "the period is not cut into files",
    }
)

UNFULFILLED: Mapping[str, str] = MappingProxyType(
    {
        f"{NETWORK}.preprocessing_parameters.*": "preprocessed networks are not read",
        f"{SUPER}.mask_*": "the whole network is routed",
        f"{SUPER}.synthetic_wb_*": "corrections for one national network are not applied",
        f"{SUPER}.duplicate_wb_segments": "corrections for one national network are not applied",
        f"{NETWORK}.waterbody_parameters.level_pool.*": "reservoirs are taken from the hydrofabric",
        f"{COMPUTE}.return_courant": "Courant numbers are not written",
        f"{COMPUTE}.hybrid_parameters.*": "there is no diffusive wave routing",
        f"{RESTART}.*": "this restart file is not read",
        f"{FORCING}.qlat_forcing_sets*": "the inflow comes from the same run",
        f"{FORCING}.coastal_boundary_input_file": "there is no coastal boundary",
        f"{ASSIMILATION}.*": "observations are not assimilated",
        f"{STREAM}.mask_output": "every flowpath is written",
        "output_parameters.*": "this output is not written",
        "bmi_parameters.*": "this coupling is not used",
    }
)

# of what stands below data assimilation only what is switched on asks for something
SWITCHES = (
    "streamflow_nudging",
    "diffusive_streamflow_nudging",
    "reservoir_persistence_usgs",
    "reservoir_persistence_usace",
    "reservoir_persistence_greatLake",
    "reservoir_rfc_forecasts",
    "run_hybrid_routing",
)

_SECTIONS = {part for pattern in (*ACTED_ON, *IMMATERIAL, *UNFULFILLED) for part in pattern.split(".")[:-1]}


@dataclass(frozen=True, slots=True)
class SortedKeys:
    """Every key of a file that carries a value and is not acted on."""

    ignored: Mapping[str, str]
    unfulfilled: Mapping[str, str]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]


def sort_keys(document: YamlDocument) -> SortedKeys:
    """Sort the keys into those that change nothing, unfulfilled wishes, and unknown ones."""
    ignored: dict[str, str] = {}
    unfulfilled: dict[str, str] = {}
    unknown: list[str] = []
    problems: list[Problem] = []
    for path, value in _leaves(document.tree, ()):
        key = show_path(path)
        kind, reason = _sort(key, value)
        if kind == "ignored":
            ignored[key] = reason
        elif kind == "unfulfilled":
            unfulfilled[key] = reason
            severity: Severity = "error" if key.startswith(RESTART) else "warning"
            hint = "remove the key to start from dry channels" if severity == "error" else ""
            message = f"{key}: {reason}"
            where = document.place(path)
            problems.append(Problem(severity, "routing-unfulfilled", message, where=where, hint=hint))
        elif kind == "unknown":
            unknown.append(key)
            problems.append(_unknown_key(document, path))
    return SortedKeys(ignored, unfulfilled, tuple(unknown), tuple(problems))


def _sort(key: str, value: object) -> tuple[Literal["acted on", "ignored", "unfulfilled", "unknown"], str]:
    name = key.rsplit(".", 1)[-1]
    if key.startswith(COLUMNS):
        return ("acted on", "") if name in DEFAULT_COLUMNS else ("unknown", "")
    if key in ACTED_ON:
        return "acted on", ""
    reason = _reason(key, IMMATERIAL)
    if reason:
        return "ignored", reason
    reason = _reason(key, UNFULFILLED)
    if reason is None or (key.startswith(STREAM) and name != "mask_output"):
        return "unknown", ""
    if value is None or value is False:
        return "ignored", "it is switched off"
    if key.startswith((ASSIMILATION, HYBRID)) and name not in SWITCHES:
        return "ignored", f"it matters only where it is switched on, and {reason}"
    return "unfulfilled", reason


def _unknown_key(document: YamlDocument, path: JsonPath) -> Problem:
    names = [key.rsplit(".", 1)[1] for key in ACTED_ON]
    if show_path(path).startswith(COLUMNS):
        names = list(DEFAULT_COLUMNS)
    close = get_close_matches(str(path[-1]), names, n=1, cutoff=0.7)
    hint = f"did you mean {close[0]!r}?" if close else ""
    message = f"{show_path(path)}: unknown key, without effect"
    return Problem("warning", "unknown-key", message, where=document.place(path), hint=hint)


def _reason(key: str, table: Mapping[str, str]) -> str | None:
    return next((reason for pattern, reason in table.items() if _fits(key, pattern)), None)


def _fits(key: str, pattern: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern


def _leaves(node: Any, path: JsonPath) -> Iterator[tuple[JsonPath, Any]]:
    """Yield every key that holds no section, with its value; an empty section asks for nothing."""
    for key, value in node.items():
        here = (*path, str(key))
        if isinstance(value, dict):
            yield from _leaves(value, here)
        elif value is not None or here[-1] not in _SECTIONS:
            yield here, value
