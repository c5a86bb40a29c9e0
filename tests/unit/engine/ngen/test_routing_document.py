"""A routing configuration keeps its method, and gets the period, inflow and output of the run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.routing_document import RoutingPlaces, rewrite_routing
from dmod.errors import InputError
from dmod.formulation.routing_config import read_routing_config_text
from dmod.formulation.yaml_document import parse_yaml

AXIS = TimeAxis(datetime(2010, 4, 1, 6, tzinfo=UTC), 3600, 48)
TEXT = """
log_parameters: {showtiming: True}
network_topology_parameters:
  supernetwork_parameters:
    geo_file_path: ../old.gpkg
    columns: {key: id, alt: some_file}
  waterbody_parameters: {break_network_at_waterbodies: True}
compute_parameters:
  assume_short_ts: True
  restart_parameters: {lite_channel_restart_file: restart/channel.pkl}
  forcing_parameters:
    dt: 900
    nts: 7
    qlat_input_folder: ./outputs
    qlat_file_pattern_filter: "*NEXOUT.parquet"
  data_assimilation_parameters:
    usgs_timeslices_folder: slices/
    streamflow_da: {streamflow_nudging: True, lastobs_output_folder: lastobs/}
output_parameters:
  test_output: outputs/all.pkl
  stream_output: {stream_output_type: TYPE, stream_output_directory: ./outputs, mask_output: m.yaml}
"""


def rewritten(text: str = TEXT, kind: str = ".nc", axis: TimeAxis = AXIS) -> dict[str, Any]:
    text = text.replace("TYPE", kind)
    here = {"restart/channel.pkl": Path("/package/restart/channel.pkl"), "slices/": Path("/package/slices")}
    places = RoutingPlaces(
        Path("/package/basin.gpkg"), Path("/run/output"), Path("/run/inflow"), Path("/run/routed"), here.get
    )
    config = read_routing_config_text(text, "troute.yaml")
    return rewrite_routing(parse_yaml(text, "troute.yaml").tree, config, axis, places)


def test_method_stays_as_it_is() -> None:
    document = rewritten()
    topology, compute = document["network_topology_parameters"], document["compute_parameters"]
    assert topology["waterbody_parameters"] == {"break_network_at_waterbodies": True}
    assert topology["supernetwork_parameters"]["columns"] == {"key": "id", "alt": "some_file"}
    assert compute["assume_short_ts"] is True
    assert compute["data_assimilation_parameters"]["streamflow_da"]["streamflow_nudging"] is True
    assert document["log_parameters"] == {"showtiming": True}


def test_period_inflow_and_fabric_are_those_of_the_run() -> None:
    document = rewritten()
    compute = document["compute_parameters"]
    fabric = document["network_topology_parameters"]["supernetwork_parameters"]["geo_file_path"]
    assert fabric == "/package/basin.gpkg"
    assert compute["restart_parameters"]["start_datetime"] == "2010-04-01 06:00:00"
    assert compute["forcing_parameters"] == {
        "dt": 900, "qts_subdivisions": 4, "nts": 192, "max_loop_size": 192,
        "qlat_input_folder": "/run/output", "qlat_file_pattern_filter": "nex-*",
        "binary_nexus_file_folder": "/run/inflow",
    }  # fmt: skip


def test_paths_of_what_is_there_are_absolute_and_what_is_written_stays_in_the_run() -> None:
    compute = rewritten()["compute_parameters"]
    assert compute["restart_parameters"]["lite_channel_restart_file"] == "/package/restart/channel.pkl"
    assimilation = compute["data_assimilation_parameters"]
    assert assimilation["usgs_timeslices_folder"] == "/package/slices"
    assert assimilation["streamflow_da"]["lastobs_output_folder"] == "/run/routed"


@pytest.mark.parametrize(("kind", "written"), [(".nc", ".nc"), (".csv", ".csv"), (".pkl", ".nc")])
def test_flow_of_every_flowpath_is_written_in_a_form_that_can_be_read(kind: str, written: str) -> None:
    assert rewritten(kind=kind)["output_parameters"] == {
        "stream_output": {
            "stream_output_directory": "/run/routed", "stream_output_time": -1,
            "stream_output_type": written, "stream_output_internal_frequency": 60,
        }
    }  # fmt: skip


def test_sections_that_are_empty_are_filled() -> None:
    document = rewritten("compute_parameters:\nnetwork_topology_parameters: {}\n")
    assert document["compute_parameters"]["forcing_parameters"]["dt"] == 300
    assert "data_assimilation_parameters" not in document["compute_parameters"]


@pytest.mark.parametrize(("step", "dt"), [(3600, 700), (60, 60)])
def test_step_that_does_not_fit_is_refused(step: int, dt: int) -> None:
    text = f"compute_parameters: {{forcing_parameters: {{dt: {dt}}}}}"
    with pytest.raises(InputError, match=f"step of {step} s is no multiple"):
        rewritten(text, axis=TimeAxis(AXIS.start, step, 48))
