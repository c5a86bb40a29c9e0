"""Read the configuration of the NextGen routing (t-route, version 4) into what routing here needs.

Every key of the file is either acted on, or known to change no result here, or reported: as a
wish that is not fulfilled, or as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dmod.core.problem import Problem, Severity
from dmod.core.time_axis import TimeAxis, format_time, parse_time
from dmod.errors import InputError
from dmod.formulation.routing_keys import (
    COMPUTE,
    DEFAULT_COLUMNS,
    FORCING,
    NETWORK,
    RESTART,
    STREAM,
    SUPER,
    sort_keys,
)
from dmod.formulation.yaml_document import YamlDocument, parse_yaml, read_yaml


@dataclass(frozen=True, slots=True)
class StreamOutput:
    """How flow, velocity and depth are to be written.

    Parameters
    ----------
    directory : folder, as written
    file_type : ``.nc``, ``.csv`` or ``.pkl``
    hours_per_file : -1 for one file
    interval : [min] between the values that are written
    """

    directory: str = ""
    file_type: str = ".nc"
    hours_per_file: int = 1
    interval: int = 5


@dataclass(frozen=True, slots=True)
class RoutingConfig:
    """What a routing configuration asks for.

    Parameters
    ----------
    geo_file_path : hydrofabric whose flowpaths are routed, as written
    columns : role → column of the flowpath attributes
    dt : [s], routing step
    qts_subdivisions : routing steps per step of lateral inflow
    nts : routing steps in all; None where the file does not say
    channel_restart, waterbody_restart : initial state files, as written; None for a cold start
    assume_short_ts : upstream flow of the step before is used, so that reaches are independent
    break_network_at_waterbodies : whether reservoirs are simulated
    ignored : keys that change no result here, with the reason
    unfulfilled : keys that ask for something that is not done here, with the reason
    unknown : keys that have no meaning
    problems : what is wrong with it, unfulfilled and unknown keys included
    """

    source: str
    geo_file_path: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: DEFAULT_COLUMNS)
    dt: int = 300
    qts_subdivisions: int = 12
    nts: int | None = None
    start: datetime | None = None
    channel_restart: str | None = None
    waterbody_restart: str | None = None
    compute_kernel: str = "V02-structured"
    assume_short_ts: bool = False
    break_network_at_waterbodies: bool = False
    stream_output: StreamOutput | None = None
    ignored: Mapping[str, str] = field(default_factory=dict)
    unfulfilled: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_routing_config(path: str | Path) -> RoutingConfig:
    """Read a routing configuration.

    Raises
    ------
    NotFoundError
        the file does not exist.
    RealizationError
        the file is not YAML, or a value is of the wrong type; with file, line and key.
    """
    return _interpret(read_yaml(Path(path)))


def read_routing_config_text(text: str, source: str = "routing") -> RoutingConfig:
    """Read a routing configuration from text; ``source`` names it in messages."""
    return _interpret(parse_yaml(text, source))


def find_routing_config_problems(config: RoutingConfig, time: TimeAxis) -> list[Problem]:
    """Check a routing configuration against the run's period."""
    problems = list(config.problems)

    def report(code: str, message: str, hint: str, severity: Severity = "warning") -> None:
        problems.append(Problem(severity, code, message, where=config.source, hint=hint))

    inflow_step = config.dt * config.qts_subdivisions
    if time.step % config.dt:
        report(
            "routing-dt",
            f"dt = {config.dt} s does not divide the time step of {time.step} s",
            "give a dt that does, as 300 s, and qts_subdivisions to match",
            "error",
        )
    elif inflow_step != time.step:
        report(
            "routing-step",
            f"dt = {config.dt} s times qts_subdivisions = {config.qts_subdivisions} is {inflow_step} s, "
            f"but the inflow comes every {time.step} s",
            f"set qts_subdivisions to {time.step // config.dt}",
            "error",
        )
    if config.start is not None and config.start != time.start:
        report(
            "routing-start",
            f"start_datetime is {format_time(config.start)}, the run starts {format_time(time.start)}",
            "the run's start is used",
        )
    # programs that write these files leave out the last hour, so one step of inflow is no surprise
    if config.nts is not None and abs(config.nts * config.dt - time.count * time.step) > time.step:
        hours = config.nts * config.dt / 3600
        report(
            "routing-period",
            f"nts = {config.nts} steps of {config.dt} s are {hours:g} h, the run takes "
            f"{time.count * time.step / 3600:g} h",
            "the whole run is routed",
        )
    return problems


def _interpret(document: YamlDocument) -> RoutingConfig:
    if not isinstance(document.tree, dict):
        raise document.error((), "no routing configuration", hint="sections with keys are expected")
    reader = _Reader(document)
    keys = sort_keys(document)
    problems = list(keys.problems)
    kernel = reader.text(f"{COMPUTE}.compute_kernel", "V02-structured")
    if kernel != "V02-structured":
        message = f"compute_kernel {kernel!r} is not available"
        hint = "Muskingum-Cunge (V02-structured) is used instead"
        problems.append(Problem("warning", "routing-kernel", message, where=document.source, hint=hint))
    return RoutingConfig(
        source=document.source,
        geo_file_path=reader.text(f"{SUPER}.geo_file_path"),
        columns=reader.columns(),
        dt=reader.whole(f"{FORCING}.dt", 300),
        qts_subdivisions=reader.whole(f"{FORCING}.qts_subdivisions", 12),
        nts=reader.whole(f"{FORCING}.nts", 0) or None,
        start=reader.time(f"{RESTART}.start_datetime"),
        channel_restart=reader.text(f"{RESTART}.lite_channel_restart_file") or None,
        waterbody_restart=reader.text(f"{RESTART}.lite_waterbody_restart_file") or None,
        compute_kernel=kernel,
        assume_short_ts=reader.flag(f"{COMPUTE}.assume_short_ts"),
        break_network_at_waterbodies=reader.flag(
            f"{NETWORK}.waterbody_parameters.break_network_at_waterbodies"
        ),
        stream_output=reader.stream_output(),
        ignored=keys.ignored,
        unfulfilled=keys.unfulfilled,
        unknown=keys.unknown,
        problems=tuple(problems),
    )


class _Reader:
    """Typed access to the values of a YAML document by dotted path."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document

    def value(self, key: str) -> Any:
        """Return a value; None where the key or a section above it is absent or empty."""
        node = self.document.tree
        for part in key.split("."):
            if not isinstance(node, dict):
                return None
            node = node.get(part)
        return node

    def fail(self, key: str, expected: str, found: object) -> Exception:
        return self.document.error(tuple(key.split(".")), f"{expected} is expected, not {found!r}")

    def text(self, key: str, default: str = "") -> str:
        found = self.value(key)
        if found is None:
            return default
        if not isinstance(found, str):
            raise self.fail(key, "text", found)
        return found

    def flag(self, key: str) -> bool:
        found = self.value(key)
        if found is None:
            return False
        if not isinstance(found, bool):
            raise self.fail(key, "True or False", found)
        return found

    def whole(self, key: str, default: int) -> int:
        """Return a whole number above zero."""
        found = self.value(key)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, int) or found <= 0:
            raise self.fail(key, "a whole number above zero", found)
        return found

    def time(self, key: str) -> datetime | None:
        found = self.value(key)
        if found is None:
            return None
        if isinstance(found, datetime):
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day, tzinfo=UTC)
        try:
            return parse_time(str(found).replace("_", " "), what=key)
        except InputError as error:
            raise self.fail(key, "a time", found) from error

    def columns(self) -> Mapping[str, str]:
        key = f"{SUPER}.columns"
        found = self.value(key)
        if found is None:
            return DEFAULT_COLUMNS
        if not isinstance(found, dict):
            raise self.fail(key, "a section of roles and columns", found)
        return {**DEFAULT_COLUMNS} | {str(role): self.text(f"{key}.{role}") for role in found}

    def stream_output(self) -> StreamOutput | None:
        if self.value(STREAM) is None:
            return None
        plain = StreamOutput()
        hours = self.value(f"{STREAM}.stream_output_time")
        return StreamOutput(
            directory=self.text(f"{STREAM}.stream_output_directory"),
            file_type=self.text(f"{STREAM}.stream_output_type", plain.file_type),
            hours_per_file=-1 if hours == -1 else self.whole(f"{STREAM}.stream_output_time", 1),
            interval=self.whole(f"{STREAM}.stream_output_internal_frequency", plain.interval),
        )
