from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import NotFoundError, RealizationError
from dmod.formulation.routing_config import (
    RoutingConfig,
    find_routing_config_problems,
    read_routing_config,
    read_routing_config_text,
)

TEXT = """
log_parameters:
    showtiming: True
network_topology_parameters:
    supernetwork_parameters:
        geo_file_path: ./config/basin.gpkg
        columns:
            key: "id"
            dx: "length_m"
    waterbody_parameters:
        break_network_at_waterbodies: True
compute_parameters:
    parallel_compute_method: by-network
    assume_short_ts: True
    restart_parameters:
        start_datetime: "2010-04-01 00:00:00"
    forcing_parameters:
        dt: 300
        qts_subdivisions: 12
        nts: 288
        qlat_input_folder: ./outputs/
    data_assimilation_parameters:
        streamflow_da:
            streamflow_nudging: False
output_parameters:
    stream_output:
        stream_output_directory: out/
        stream_output_time: -1
        stream_output_internal_frequency: 60
"""
START = datetime(2010, 4, 1, tzinfo=UTC)


def read(text: str = TEXT) -> RoutingConfig:
    return read_routing_config_text(text, "troute.yaml")


def test_routing_config_is_read() -> None:
    config = read()
    assert config.geo_file_path == "./config/basin.gpkg"
    assert (config.columns["dx"], config.columns["n"]) == ("length_m", "n")
    assert (config.dt, config.qts_subdivisions, config.nts) == (300, 12, 288)
    assert config.start == START
    assert config.assume_short_ts
    assert config.break_network_at_waterbodies
    assert config.stream_output is not None
    assert (config.stream_output.hours_per_file, config.stream_output.interval) == (-1, 60)
    assert (config.unknown, config.problems) == ((), ())


def test_routing_config_every_key_without_effect_is_listed_with_a_reason() -> None:
    ignored = read().ignored
    assert set(ignored) == {
        "log_parameters.showtiming",
        "compute_parameters.parallel_compute_method",
        "compute_parameters.forcing_parameters.qlat_input_folder",
        "compute_parameters.data_assimilation_parameters.streamflow_da.streamflow_nudging",
    }
    assert all(ignored.values())


def test_routing_config_defaults_stand_in_for_absent_sections() -> None:
    config = read("compute_parameters:\n    forcing_parameters:\n")
    assert (config.dt, config.qts_subdivisions, config.nts, config.start) == (300, 12, None, None)
    assert config.stream_output is None
    assert config.problems == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "severity", "said"),
    [
        (
            "streamflow_nudging: False",
            "streamflow_nudging: True",
            "routing-unfulfilled",
            "warning",
            "assimilated",
        ),
        ("showtiming: True", "showtiming: True\nhybrid: 1", "unknown-key", "warning", "hybrid: unknown key"),
        ("dt: 300", "dt: 300\n        qts_subdivision: 12", "unknown-key", "warning", "qts_subdivision"),
        ("stream_output_time", "stream_output_tyme", "unknown-key", "warning", "stream_output_tyme"),
        ('dx: "length_m"', 'dx: "length_m"\n            mana: "n"', "unknown-key", "warning", "columns.mana"),
        (
            "start_datetime:",
            "lite_channel_restart_file: a.pkl\n        start_datetime:",
            "routing-unfulfilled",
            "error",
            "lite_channel_restart_file: this restart file is not read",
        ),
        (
            "assume_short_ts: True",
            "compute_kernel: diffusive",
            "routing-kernel",
            "warning",
            "'diffusive' is not available",
        ),
    ],
)
def test_routing_config_what_is_not_done_is_reported(
    old: str, new: str, code: str, severity: str, said: str
) -> None:
    assert old in TEXT
    (problem,) = read(TEXT.replace(old, new)).problems
    assert (problem.code, problem.severity) == (code, severity)
    assert said in problem.message


def test_routing_config_unknown_key_has_its_line_and_the_nearest_key() -> None:
    (problem,) = read(TEXT.replace("nts: 288", "ntss: 288")).problems
    assert problem.where == "troute.yaml:20"
    assert problem.hint == "did you mean 'nts'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", r"troute.yaml:1:5: not YAML: mapping values"),
        ("a:\n\t- 1", r"troute.yaml:2:1: not YAML"),
        ("a: 1\nb:\n  c: 1\n  c: 2", r"troute.yaml:4: b.c: the key stands here again \(first in line 3\)"),
        ("start: 2015-02-30 00:00:00", r"troute.yaml: not YAML: day is out of range for month"),
        ("[" * 3000, r"troute.yaml: nested too deep"),
        ("- 1", r"no routing configuration"),
        ("", r"no routing configuration"),
        (TEXT.replace("dt: 300", "dt: fast"), r"troute.yaml:18: .*forcing_parameters.dt: a whole number"),
        (TEXT.replace("dt: 300", "dt: -1"), r"whole number above zero is expected, not -1"),
        (TEXT.replace("assume_short_ts: True", "assume_short_ts: maybe"), r"True or False is expected"),
        (TEXT.replace('"2010-04-01 00:00:00"', "soon"), r"start_datetime: a time is expected, not 'soon'"),
        (TEXT.replace("./config/basin.gpkg", "5"), r"geo_file_path: text is expected, not 5"),
    ],
)
def test_routing_config_wrong_value_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(RealizationError, match=said):
        read(text)


@pytest.mark.parametrize("stamp", ["2010-04-01", "2010-04-01 00:00:00", '"2010-04-01_00:00:00"'])
def test_routing_config_start_is_read_in_every_spelling(stamp: str) -> None:
    assert read(TEXT.replace('"2010-04-01 00:00:00"', stamp)).start == START


def test_routing_config_that_fits_the_run_has_no_problems() -> None:
    assert find_routing_config_problems(read(), TimeAxis(START, 3600, 24)) == []
    assert find_routing_config_problems(read(), TimeAxis(START, 3600, 25)) == []


def test_routing_config_that_does_not_fit_the_run_is_reported() -> None:
    other = TimeAxis(datetime(2011, 1, 1, tzinfo=UTC), 3600, 100)
    config = read(TEXT.replace("qts_subdivisions: 12", "qts_subdivisions: 6"))
    problems = find_routing_config_problems(config, other)
    assert [(p.severity, p.code) for p in problems] == [
        ("error", "routing-step"),
        ("warning", "routing-start"),
        ("warning", "routing-period"),
    ]
    assert problems[0].hint == "set qts_subdivisions to 12"


def test_routing_config_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_routing_config(tmp_path / "troute.yaml")


def test_routing_config_details_of_assimilation_that_is_off_ask_for_nothing() -> None:
    config = read(TEXT.replace("streamflow_da:", "timeslice_lookback_hours: 48\n        streamflow_da:"))
    assert config.problems == ()
    assert "compute_parameters.data_assimilation_parameters.timeslice_lookback_hours" in config.ignored
