"""Scores of several evaluations beside one another: what they share, facets, runs in pairs, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Place
from dmod.services.evaluation.comparing import compare_scores, open_scores
from dmod.services.evaluation.results import write_evaluation
from dmod.services.evaluation.score_comparison import Aspect
from dmod.services.evaluation.score_set import ScoreSet
from dmod.services.evaluation.stored_scores import StoredScores
from dmod.testing.evaluations import example_evaluation

NAN = float("nan")
Rows = Sequence[tuple[str, str, str, Mapping[str, float]]]


def evaluation(rows: Rows, *, unit: str = "m3 s-1", known: bool = True) -> Evaluation:
    """Return an evaluation of rows (configuration, metric, part of the season, location → value)."""
    table = pd.DataFrame(
        [
            (run, location, metric, "", "season" if part else "", part, value, NAN, NAN, 10, "")
            for run, metric, part, values in rows
            for location, value in values.items()
        ],
        columns=list(COLUMNS),
    ).astype(COLUMNS)
    locations = dict.fromkeys(table["location"])
    return Evaluation(
        title="Small",
        unit=unit,
        configurations=tuple(dict.fromkeys(table["configuration"])),
        metrics=tuple(dict.fromkeys(table["metric"])),
        places=tuple(Place(name, "", -111.0, 41.0) if known else Place(name) for name in locations),
        scores=table,
        series={},
    )


@pytest.fixture
def stored(tmp_path: Path):
    """Return a function that writes evaluations and puts them beside one another."""

    def write(**evaluations: Evaluation) -> ScoreSet:
        return ScoreSet(
            {name: StoredScores(write_evaluation(tmp_path / name, one)) for name, one in evaluations.items()}
        )

    return write


def test_runs_are_called_so_that_they_can_be_told_apart(stored) -> None:
    one, two = ("cfe", "nse", "", {"g": 0.5}), ("topmodel", "nse", "", {"g": 0.6})
    assert [run.name for run in stored(a=evaluation([one, two])).runs] == ["cfe", "topmodel"]
    assert [run.name for run in stored(b=evaluation([one]), c=evaluation([two])).runs] == ["cfe", "topmodel"]
    assert [run.name for run in stored(d=evaluation([one]), e=evaluation([one])).runs] == ["d", "e"]
    both = stored(f=evaluation([one, two]), g=evaluation([one]))
    assert [run.name for run in both.runs] == ["f/cfe", "topmodel", "g/cfe"]


def test_places_of_all_evaluations_stand_beside_one_another(stored) -> None:
    together = stored(
        a=evaluation([("cfe", "nse", "", {"1": 0.5, "2": NAN})], known=False),
        b=evaluation([("cfe", "nse", "", {"2": 0.7, "3": 0.8})]),
    )
    places = {place.id: place for place in together.scored(Aspect("nse"))}
    assert {name: dict(place.values) for name, place in places.items()} == {
        "1": {"a": 0.5},
        "2": {"a": None, "b": 0.7},
        "3": {"b": 0.8},
    }
    assert (places["1"].longitude, places["2"].longitude) == (None, -111.0)


def test_parts_of_a_facet_are_summed_up_over_the_locations_that_all_runs_have(stored) -> None:
    rows: Rows = [
        ("cfe", "nse", "", {"1": 0.9}),
        ("cfe", "nse", "DJF", {"1": 0.1, "2": 0.3, "3": 0.5, "4": 9.0}),
        ("cfe", "nse", "JJA", {"1": NAN}),
        ("pet", "nse", "", {"1": 0.9}),
        ("pet", "nse", "DJF", {"1": 0.2, "2": 0.4, "3": 0.6, "4": NAN}),
        ("pet", "nse", "JJA", {"1": 0.2}),
    ]
    winter, summer = stored(a=evaluation(rows)).summaries("nse", "", "season")
    assert (winter.part, winter.locations) == ("DJF", 3)
    assert winter.quartiles["cfe"] == pytest.approx([0.2, 0.3, 0.4])
    assert winter.quartiles["pet"] == pytest.approx([0.3, 0.4, 0.5])
    assert (summer.part, summer.locations, summer.quartiles["cfe"]) == ("JJA", 0, None)


@pytest.mark.parametrize("aspect", [Aspect("kge"), Aspect("csi", "Flood", "season", "DJF")])
def test_runs_are_compared_as_the_command_line_does(stored, tmp_path: Path, aspect: Aspect) -> None:
    together = stored(a=example_evaluation(30, ("x", "y")), b=example_evaluation(30, ("z",), seed=12))
    found = together.comparison(aspect)
    folders, _ = open_scores([tmp_path / "a", tmp_path / "b"])
    expected = compare_scores(folders, facet=aspect.facet)
    folders.close()
    (same,) = (one for one in expected.aspects if one.aspect == aspect)
    (mine,) = found.aspects
    assert mine.tests == same.tests
    assert len(mine.tests) == 3
    assert mine.locations == same.locations


def test_all_parts_are_compared_where_only_a_facet_is_said(stored) -> None:
    found = stored(a=example_evaluation(8)).comparison(Aspect("nse", facet="season"), ["default", "regional"])
    assert [one.aspect.part for one in found.aspects] == ["DJF", "MAM", "JJA", "SON"]
    assert [(test.first, test.second) for test in found.aspects[0].tests] == [("default", "regional")]


def test_evaluations_that_share_no_metric_or_location_are_refused(stored) -> None:
    with pytest.raises(InputError, match="a and b share no metric") as refused:
        stored(a=evaluation([("x", "nse", "", {"1": 1.0})]), b=evaluation([("x", "kge", "", {"1": 1.0})]))
    assert "a has nse" in str(refused.value.hint)
    with pytest.raises(CoverageError, match="c and d share no location") as apart:
        stored(c=evaluation([("x", "nse", "", {"1": 1.0})]), d=evaluation([("x", "nse", "", {"2": 1.0})]))
    assert "d has 2" in str(apart.value.hint)


def test_metrics_in_units_of_flow_are_not_compared_across_units(stored) -> None:
    rows: Rows = [("x", "nse", "", {"1": 0.5}), ("x", "rmse", "", {"1": 2.0})]
    assert stored(a=evaluation(rows), b=evaluation(rows)).measures == (("nse", ""), ("rmse", ""))
    apart = stored(c=evaluation(rows), d=evaluation(rows, unit="mm d-1"))
    assert apart.measures == (("nse", ""),)
    with pytest.raises(InputError, match="share no metric"):
        stored(e=evaluation(rows[1:]), f=evaluation(rows[1:], unit="mm d-1"))


def test_what_is_not_there_is_named_with_what_is(stored) -> None:
    together = stored(a=example_evaluation(4))
    for aspect, said, hint in (
        (Aspect("keg"), "no metric 'keg'", "csi @ Flood"),
        (Aspect("csi"), "no metric 'csi'", "csi @ Flood"),
        (Aspect("nse", facet="month"), "no scores by 'month'", "season, regime"),
        (Aspect("nse", facet="season", part="low"), "season has no part 'low'", "DJF"),
        (Aspect("nse", part="DJF"), "no facet has no part", ""),
    ):
        with pytest.raises(InputError, match=said) as refused:
            together.scored(aspect)
        assert hint in str(refused.value.hint)
    with pytest.raises(NotFoundError, match="there is no run other"):
        together.comparison(Aspect("nse"), ["default", "other"])


def test_one_location_is_read_of_the_series_that_were_kept(tmp_path: Path) -> None:
    before = example_evaluation(6, steps=50, drawn=2)
    stored = StoredScores(write_evaluation(tmp_path / "a", before))
    second = before.places[1].id
    found = stored.series(second)
    np.testing.assert_array_equal(found.observed, before.series[second].observed)
    assert list(found.simulated) == list(before.configurations)
    with pytest.raises(NotFoundError, match="kept no series at location"):
        stored.series(before.places[3].id)
    none = StoredScores(write_evaluation(tmp_path / "b", replace(before, series={})))
    with pytest.raises(NotFoundError, match="kept no series"):
        none.series(second)
