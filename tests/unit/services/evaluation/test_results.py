"""Evaluations on the disk come back as they were, appear whole or not at all, and are asked together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dmod.errors import AlreadyExists, InputError, NotFoundError, StoreError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Grade, Place, PlaceSeries
from dmod.services.evaluation.merging import merged
from dmod.services.evaluation.results import (
    evaluation_document,
    read_document,
    read_evaluation,
    write_evaluation,
)
from dmod.services.evaluation.score_store import ScoreStore
from dmod.testing.evaluations import example_evaluation, with_ensemble


def frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return pd.DataFrame({name: pd.array(list(columns[name]), dtype=kind) for name, kind in COLUMNS.items()})


def evaluation(configuration: str = "run 'a'", nse: float = 0.5) -> Evaluation:
    nan = float("nan")
    times = np.datetime64("2019-01-01", "s") + 3600 * np.arange(3)
    return Evaluation(
        title="Flüsse",
        unit="m3 s-1",
        configurations=(configuration,),
        metrics=("nse",),
        places=(Place("01", "Fish River", -70.0, 40.0, {"area": 12.5}), Place("02")),
        scores=frame(
            [
                (configuration, "01", "nse", "", "", "", nse, 0.25, 0.75, 3, ""),
                (configuration, "01", "nse", "", "season", "DJF", nse, nan, nan, 3, ""),
                (configuration, "02", "nse", "", "", "", nan, nan, nan, 0, "there is no pair"),
            ]
        ),
        series={
            "01": PlaceSeries(
                times, 3600, np.array([1.0, nan, 3.0]), {configuration: np.array([1.5, 2.0, nan])}
            )
        },
        grades=(Grade(configuration, 0.5, 50.0, {"01": 50.0, "02": nan}, {"01": {"nse": {}}}, ("a note",)),),
        sources={"/data/observed.csv": "ab" * 32},
        notes=("one", "two"),
    )


def test_an_evaluation_comes_back_as_it_was(tmp_path: Path) -> None:
    before = evaluation()
    folder = write_evaluation(tmp_path / "it", before)
    after = read_evaluation(folder)
    pd.testing.assert_frame_equal(after.scores, before.scores)
    assert after.places[0] == before.places[0]
    assert (after.places[1].id, np.isnan(after.places[1].longitude)) == ("02", True)
    ours, theirs = before.series["01"], after.series["01"]
    assert np.array_equal(ours.times, theirs.times)
    assert np.array_equal(ours.observed, theirs.observed, equal_nan=True)
    assert np.array_equal(ours.simulated["run 'a'"], theirs.simulated["run 'a'"], equal_nan=True)
    assert theirs.step == 3600
    assert after.grades[0].details == before.grades[0].details
    assert np.isnan(after.grades[0].locations["02"])
    for name in ("title", "unit", "configurations", "metrics", "sources", "notes"):
        assert getattr(after, name) == getattr(before, name)


def test_ensemble_comes_back_with_its_bands_ranks_and_probabilities(tmp_path: Path) -> None:
    before = with_ensemble(example_evaluation(3, ("run", "fore cast"), steps=30, drawn=2), "fore cast")
    folder = write_evaluation(tmp_path / "it", before)
    after = read_evaluation(folder)
    for place, one in before.series.items():
        assert list(after.series[place].simulated) == ["run", "fore cast"]
        assert list(after.series[place].bands) == ["fore cast"]
        for share, values in one.bands["fore cast"].items():
            np.testing.assert_array_equal(after.series[place].bands["fore cast"][share], values)
    (diagram,) = after.diagrams
    assert diagram.configuration == "fore cast"
    np.testing.assert_array_equal(diagram.ranks, before.diagrams[0].ranks)
    flood, expected = (one.occurrences["Flood"].table for one in (diagram, before.diagrams[0]))
    np.testing.assert_array_equal(flood.frequency, expected.frequency)
    told = evaluation_document(before)["ensembles"]
    assert (told[0]["members"], list(told[0]["occurrences"])) == (10, ["75th percentile", "Flood"])
    json.dumps(told, allow_nan=False)


def test_merged_evaluations_keep_their_ensembles(tmp_path: Path) -> None:
    one = with_ensemble(example_evaluation(3, ("forecast",), steps=30, drawn=1), "forecast")
    found = merged({"old": one, "new": one})
    assert found.configurations == ("old", "new")
    assert [diagram.configuration for diagram in found.diagrams] == ["old", "new"]
    (series,) = found.series.values()
    assert list(series.bands) == ["old", "new"]


def test_the_folder_holds_tables_and_what_they_were_made_of(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path / "it", evaluation())
    names = {path.name for path in folder.iterdir()}
    assert names == {"evaluation.json", "scores.parquet", "scores.csv", "places.parquet", "pairs.parquet"}
    document = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert document["sources"] == {"/data/observed.csv": "ab" * 32}
    assert document["grades"][0]["locations"] == {"01": 50.0, "02": None}
    assert set(document["versions"]) >= {"dmod", "numpy", "duckdb"}
    table = pd.read_csv(folder / "scores.csv", dtype={"location": str})
    assert list(table["location"]) == ["01", "01", "02"]
    assert list(table.columns) == list(COLUMNS)


def test_pairs_are_left_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path / "it", evaluation(), pairs=False)
    assert not (folder / "pairs.parquet").exists()
    assert read_evaluation(folder).series == {}


def test_an_evaluation_is_replaced_only_when_asked_and_nothing_else_ever(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path / "it", evaluation(nse=0.5))
    with pytest.raises(AlreadyExists, match="holds an evaluation"):
        write_evaluation(folder, evaluation(nse=0.9))
    assert read_evaluation(folder).scores["value"][0] == 0.5
    write_evaluation(folder, evaluation(nse=0.9), overwrite=True)
    assert read_evaluation(folder).scores["value"][0] == 0.9
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(AlreadyExists, match="is no evaluation"):
        write_evaluation(other, evaluation(), overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it", "other"]


def test_an_evaluation_that_is_being_replaced_is_there_again_if_that_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_evaluation(tmp_path / "it", evaluation(nse=0.5))
    rename = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        if Path(target) == folder and ".before." not in path.name:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_evaluation(folder, evaluation(nse=0.9), overwrite=True)
    assert read_evaluation(folder).scores["value"][0] == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_folder_that_cannot_be_written_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError):
        write_evaluation(tmp_path / "file" / "it", evaluation())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_no_evaluation_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no evaluation"):
        read_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path)
    for text in ('{"format": 99}', "[]"):
        (tmp_path / "evaluation.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="format 1 is known"):
            read_document(tmp_path)


def test_scores_cut_off_are_told_so(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path / "it", evaluation())
    (folder / "scores.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_evaluation(folder)


def test_many_evaluations_are_one_table(tmp_path: Path) -> None:
    folders = {
        name: write_evaluation(tmp_path / name, evaluation(name, nse))
        for name, nse in (("x", 0.1), ("y", 0.7))
    }
    store = ScoreStore(folders)
    try:
        found = store.query("SELECT evaluation, max(value) AS best FROM scores GROUP BY ALL ORDER BY ALL")
        assert dict(zip(found["evaluation"], found["best"], strict=True)) == {"x": 0.1, "y": 0.7}
        assert len(store.scores()) == 4
        assert len(store.scores(facet=None)) == 6
        assert len(store.scores(facet="season", configurations=["y"])) == 1
        assert store.scores(metrics=["kge"]).empty
        assert store.documents["x"]["title"] == "Flüsse"
        with pytest.raises(InputError, match="query of scores fails"):
            store.query("SELECT nothing FROM nowhere")
    finally:
        store.close()


def test_the_document_of_an_evaluation_is_plain_json(tmp_path: Path) -> None:
    document = evaluation_document(evaluation())
    text = json.dumps(document, allow_nan=False)
    rows = json.loads(text)["scores"]
    assert rows[0]["value"] == 0.5
    assert rows[2]["value"] is None
    assert rows[2]["reason"] == "there is no pair"
