"""Evaluations by specification on a server: names become datasets, and what was found one of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, InputError, NotFoundError, NotPermitted
from dmod.evaluation.specification.template import NO_TEMPLATES
from dmod.hydrofabric import write_geopackage
from dmod.output.routed import RoutedNetcdf
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.evaluation.dataset_files import DatasetFiles
from dmod.services.evaluation.opening import Opening
from dmod.services.evaluation.results import read_evaluation
from dmod.services.evaluation.settling import settled
from dmod.services.evaluation.stored_scores import ScoreQuestion, StoredScores
from dmod.services.jobs.actions.evaluate_specification import evaluate_specification
from dmod.services.jobs.confining import confined
from dmod.testing.fabrics import y_confluence
from dmod.testing.gateway import Gateway, close_gateway, make_gateway

START = 1_443_657_600
"""2015-10-01 00:00 UTC"""
HOURS = 240


@dataclass
class Folder:
    """Where an action works, and what it told."""

    folder: Path
    cpus: int = 1
    told: list[str] = field(default_factory=list)

    def progress(self, text: str, done: float | None = None) -> None:
        self.told.append(text)


@pytest.fixture
def gateway(tmp_path: Path):
    found = make_gateway(tmp_path / "gateway", "memory:")
    yield found
    close_gateway(found)


@pytest.fixture
def data(gateway: Gateway, tmp_path: Path) -> DataService:
    """Return a catalog with a basin, results of two runs and two gauges."""
    service = replace(gateway.services.data, owner="anna")
    fabric = tmp_path / "basin.gpkg"
    write_geopackage(fabric, y_confluence())
    service.add("basin", [fabric])
    for name, factor in (("low", 0.8), ("right", 1.0)):
        results = tmp_path / name
        results.mkdir()
        write_flows(results / "streamflow.nc", factor)
        said = Description(category="OUTPUT", format="GENERIC", came_from=("basin",), step="run")
        service.add(name, [results], said)
    gauges = tmp_path / "gauges.csv"
    rows = "".join(
        f"{gauge},{np.datetime64(START + 3600 * (hour + 1), 's')}Z,{flow(row)[hour]}\n"
        for row, gauge in enumerate(("wb-1", "wb-2"))
        for hour in range(HOURS)
    )
    gauges.write_text("location,time,value[m3/s]\n" + rows)
    service.add("gauges", [gauges], Description(category="OBSERVATION", format="GENERIC"))
    return service


def flow(row: int) -> np.ndarray:
    return 5.0 + row + np.round(np.sin(np.arange(HOURS) / 9.0 + row), 3)


def write_flows(path: Path, factor: float) -> None:
    axis = TimeAxis(datetime.fromtimestamp(START, UTC), 3600, HOURS)
    with RoutedNetcdf.open(path, ["wb-1", "wb-2"], axis, variables=("flow",)) as sink:
        sink.write(0, factor * np.vstack((flow(0), flow(1))))


def document(**more: Any) -> dict[str, Any]:
    runs = {"low": "low", "right": "right"}
    return {"runs": runs, "observations": "gauges", "metrics": ["kge", "percent_bias"], **more}


def settle(data: DataService, said: dict[str, Any], results_of: Callable[[str], str] = str) -> dict[str, Any]:
    return settled(said, data, results_of, NO_TEMPLATES)


def test_datasets_are_named_with_their_versions_and_jobs_by_their_results(data: DataService) -> None:
    said = document(runs={"a": "low", "b": "job:17", "c": "right/streamflow.nc"})
    found = settle(data, said, lambda job: f"results-of-{job}@3")
    assert found["runs"] == {"a": "low@1", "b": "results-of-17@3", "c": "right@1/streamflow.nc"}
    assert found["observations"] == "gauges@1"
    assert said["observations"] == "gauges"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"runs": {"a": "lost"}}, r"specification\.runs\.a: there is no dataset.*lost"),
        ({"observations": {"source": "lost"}}, r"specification\.observations\.source"),
        ({"observations": "usgs"}, "not fetched on the way"),
        ({"runs": {"a": "../../etc/passwd"}}, r"specification\.runs\.a"),
        ({"metrics": {"kge": 1.0}}, "has no bounds"),
        ({"metrics": ["keg"]}, "keg"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_it_is_submitted(
    data: DataService, more: dict[str, Any], words: str
) -> None:
    with pytest.raises((InputError, NotFoundError), match=words):
        settle(data, document(**more))


def test_backends_of_files_in_dmods_form_name_datasets(data: DataService) -> None:
    backend = {"backend_type": "file", "format": "csv", "address": "gauges/gauges.csv"}
    source = {
        "name": "x", "value_field": "value", "backend": backend, "unit": {"value": "m3/s"}, "x_axis": "time",
        "value_selectors": [
            {"name": "value", "where": "column",
             "associated_fields": [{"name": "time", "datatype": "datetime"}]},
        ],
        "locations": {"identify": True, "from_field": "column", "pattern": "location"},
    }  # fmt: skip
    said = {
        "observations": [source],
        "predictions": [source],
        "scheme": {"metrics": [{"name": "Accuracy", "weight": 1}]},
    }
    found = settle(data, said)
    assert found["observations"][0]["backend"]["address"] == "gauges@1/gauges.csv"
    assert found["predictions"][0]["backend"]["address"] == "gauges@1/gauges.csv"


def test_scores_become_a_dataset_with_lineage_places_and_page(data: DataService, tmp_path: Path) -> None:
    context = Folder(tmp_path / "job")
    inputs = {
        "specification": settle(data, document(facets=["season"])),
        "key": "k" * 64,
        "dataset": "scored",
    }
    found = evaluate_specification(data, inputs, context)
    assert found["evaluation"] == "scored@1"
    assert found["summary"]["locations"] == 2
    assert found["summary"]["medians"]["right"]["kge"] == pytest.approx(1.0)
    # 0.8 times the observed flow is 20 % too little
    assert found["summary"]["medians"]["low"]["percent_bias"] == pytest.approx(-20.0)
    assert {"wb-1", "wb-2"} <= set(context.told)
    dataset = data.dataset("scored")
    assert dataset.category is Category.EVALUATION
    assert {item.reference for item in dataset.lineage.inputs} == {"low@1", "right@1", "gauges@1"}
    assert set(dataset.domain.values(DomainIndex.GAGE_ID)) == {"wb-1", "wb-2"}
    placed = tmp_path / "placed"
    data.get("scored", placed)
    evaluation = read_evaluation(placed)
    assert all(np.isfinite(place.longitude) for place in evaluation.places)
    assert "<html" in (placed / "evaluation.html").read_text(encoding="utf-8")
    stored = StoredScores(placed)
    total, rows = stored.rows(ScoreQuestion(metric="percent_bias", configuration="low"))
    assert total == 2
    assert [row["value"] for row in rows] == pytest.approx([-20.0, -20.0])
    assert stored.rows(ScoreQuestion(facet="season"))[0] > 0
    assert {location[0] for location in stored.locations()} == {"wb-1", "wb-2"}


def test_same_step_again_publishes_nothing_new(data: DataService, tmp_path: Path) -> None:
    inputs = {"specification": settle(data, document()), "key": "k" * 64}
    first = evaluate_specification(data, inputs, Folder(tmp_path / "one"))
    again = evaluate_specification(data, inputs, Folder(tmp_path / "two"))
    assert again["identity"] == first["identity"]


def test_nothing_that_could_be_scored_is_an_error_and_no_dataset(data: DataService, tmp_path: Path) -> None:
    said = settle(data, document(start="2020-01-01", end="2020-02-01"))
    with pytest.raises(CoverageError, match="nothing could be scored"):
        evaluate_specification(data, {"specification": said, "key": "k" * 64}, Folder(tmp_path / "job"))
    assert not [dataset for dataset in data.list() if dataset.category is Category.EVALUATION]


def test_files_outside_the_datasets_cannot_be_read(data: DataService, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("time,value\n")
    files = DatasetFiles(data, tmp_path / "work" / "inputs", None)
    for address in ("gauges/../../../secret.csv", "gauges//etc/passwd", "gauges/../low@1/streamflow.nc"):
        with pytest.raises((NotPermitted, NotFoundError, InputError)):
            files(address, "observations")


def test_another_users_dataset_is_not_there(data: DataService) -> None:
    with pytest.raises(InputError, match="there is no dataset"):
        settle(confined(data, "bert"), document())


def test_members_of_an_ensemble_are_datasets_or_what_one_holds(data: DataService, tmp_path: Path) -> None:
    together = tmp_path / "together"
    for name, factor in (("dry", 0.8), ("wet", 1.0)):
        (together / name).mkdir(parents=True)
        write_flows(together / name / "streamflow.nc", factor)
    data.add("together", [together], Description(category="OUTPUT", format="GENERIC"))
    runs = {"listed": {"low": "low", "right": "right"}, "held": "together"}
    said = document(
        runs={name: {"members": members, "statistic": "mean"} for name, members in runs.items()},
        metrics=["crps", "mae"],
    )
    inputs = {"specification": settle(data, said), "key": "e" * 32, "dataset": "scores"}
    made = evaluate_specification(data, inputs, Folder(tmp_path / "work"))
    folder = data.get(made["evaluation"], tmp_path / "out")
    found = read_evaluation(next((tmp_path / "out").rglob("evaluation.json")).parent)
    assert folder
    assert [one.configuration for one in found.diagrams] == ["listed", "held"]
    crps = found.scores[found.scores["metric"] == "crps"]
    # two members at 0.8 y and y: a mean distance of 0.1 y, less a quarter of their difference of 0.2 y
    expected = [0.05 * float(np.mean(flow(row))) for row in (0, 1)] * 2
    assert crps["value"].to_list() == pytest.approx(expected, rel=1e-3)
    assert made["summary"]["medians"]["held"].keys() == {"crps", "mae"}


def test_observations_that_name_no_gauge_are_of_the_one_that_their_dataset_is_of(
    data: DataService, tmp_path: Path
) -> None:
    rows = "".join(f"{np.datetime64(START + 3600 * hour, 's')}Z,{hour}\n" for hour in range(HOURS))
    file = tmp_path / "logan-10109001-flow.csv"
    file.write_text("time,flow[m3/s]\n" + rows)
    data.add("logan", [file])
    with ExitStack() as stack:
        files = DatasetFiles(data, tmp_path / "inputs", stack)
        source = files.open(Opening("logan", "gauges", "observations.source"))
        assert source.locations == ("10109001",)
