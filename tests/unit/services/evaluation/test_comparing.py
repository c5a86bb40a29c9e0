"""Runs compared by their scores: quantiles, which is best where, and whether that is more than chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Place, PlaceSeries
from dmod.services.evaluation.comparing import (
    compare_scores,
    compare_table,
    open_scores,
    paired_tests,
)
from dmod.services.evaluation.comparison_text import score_comparison_text, write_comparison_table
from dmod.services.evaluation.merging import merged
from dmod.services.evaluation.results import write_evaluation
from dmod.services.evaluation.score_comparison import ScoreComparison

NAN = float("nan")


def scores_of(
    runs: Mapping[str, Sequence[float]], metric: str = "nse", facet: str = "", part: str = ""
) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = [
        (run, f"g{i}", metric, "", facet, part, value, NAN, NAN, 10, "")
        for run, values in runs.items()
        for i, value in enumerate(values)
    ]
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return pd.DataFrame({name: pd.array(list(columns[name]), dtype=kind) for name, kind in COLUMNS.items()})


def only(comparison: ScoreComparison) -> Any:
    (found,) = comparison.aspects
    return found


def test_quantiles_and_shares_are_over_the_locations_that_all_have() -> None:
    a, b = [0.1, 0.2, 0.3, 0.4, NAN], [0.2, 0.1, 0.5, NAN, 0.9]
    comparison = compare_table(scores_of({"a": a, "b": b}))
    found = only(comparison)
    assert found.locations == ("g0", "g1", "g2")
    assert found.known == {"a": 4, "b": 4}
    assert found.quantiles("a")[0.5] == pytest.approx(0.2)
    assert found.best_share("a") == pytest.approx(1 / 3)
    assert found.best_share("b") == pytest.approx(2 / 3)
    assert comparison.notes == ("nse: compared at 3 locations of up to 4, those known to all runs",)


def test_better_is_nearer_to_the_ideal_on_either_side_of_it() -> None:
    found = only(compare_table(scores_of({"a": [10.0, -30.0], "b": [-5.0, 20.0]}, "percent_bias")))
    assert found.best_share("b") == 1.0
    assert found.tests[0].difference.better == 1.0
    assert found.tests[0].difference.median == pytest.approx(17.5)


def test_a_difference_at_most_locations_is_beyond_chance_and_noise_is_not() -> None:
    random = np.random.default_rng(1)
    base = random.uniform(0.2, 0.8, 60)
    runs = {
        "base": base,
        "same": base + random.normal(0, 0.05, 60),
        "better": base + random.uniform(0, 0.2, 60),
    }
    found = only(compare_table(scores_of(runs)))
    verdicts = {(test.first, test.second): test.verdict for test in found.tests}
    assert verdicts == {("base", "same"): "", ("base", "better"): "better", ("same", "better"): "better"}
    test = next(test for test in found.tests if test.second == "better" and test.first == "base")
    assert 0.0 < test.difference.low < test.difference.median < test.difference.high < 0.2
    assert test.difference.p < test.p_adjusted < 0.05


def test_the_cumulative_distribution_climbs_to_one() -> None:
    found = only(compare_table(scores_of({"a": [0.3, 0.1, 0.2], "b": [0.0, 0.0, 0.0]})))
    values, share = found.cumulative("a")
    assert list(values) == [0.1, 0.2, 0.3]
    assert list(share) == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_parts_of_a_facet_are_compared_apart() -> None:
    table = pd.concat(
        [
            scores_of({"a": [0.1], "b": [0.2]}),
            scores_of({"a": [0.5], "b": [0.2]}, facet="season", part="DJF"),
            scores_of({"a": [0.1], "b": [0.2]}, facet="season", part="JJA"),
        ]
    )
    found = compare_table(table, facet="season").aspects
    assert [one.aspect.title for one in found] == ["nse, season DJF", "nse, season JJA"]
    assert [one.best_share("a") for one in found] == [1.0, 0.0]
    with pytest.raises(NotFoundError, match="by regime"):
        compare_table(table, facet="regime")


def test_metrics_are_chosen_by_any_of_their_names_and_stay_in_that_order() -> None:
    runs = {"a": [0.1], "b": [0.2]}
    table = pd.concat([scores_of(runs, name) for name in ("nse", "kge", "rmse", "skill:nse")])
    found = compare_table(table, metrics=["Kling-Gupta Efficiency", "skill:nse", "nse"])
    assert [one.aspect.metric for one in found.aspects] == ["kge", "skill:nse", "nse"]
    assert found.aspects[1].aspect.ideal == 1.0
    with pytest.raises(NotFoundError, match="there is no metric"):
        compare_table(table, metrics=["nze"])


def test_runs_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(InputError, match="one run alone: a"):
        compare_table(scores_of({"a": [0.1]}))
    with pytest.raises(NotFoundError, match="there is no run c"):
        compare_table(scores_of({"a": [0.1], "b": [0.2]}), runs=["a", "c"])
    with pytest.raises(CoverageError, match="share no location"):
        compare_table(scores_of({"a": [0.1, NAN], "b": [NAN, 0.2]}))
    table = pd.concat([scores_of({"a": [0.1]}), scores_of({"b": [0.1]}, "kge")])
    with pytest.raises(CoverageError, match="share no location"):
        compare_table(table)


def saved(folder: Path, table: pd.DataFrame) -> Path:
    names = tuple(dict.fromkeys(table["configuration"]))
    return write_evaluation(folder, Evaluation("T", "m3 s-1", names, ("nse",), (), table, {}))


def test_evaluations_are_compared_by_name_or_by_what_their_runs_are_called(tmp_path: Path) -> None:
    one = saved(tmp_path / "one", scores_of({"run": [0.1, 0.2]}))
    two = saved(tmp_path / "two", scores_of({"run": [0.3, 0.4]}))
    both = saved(tmp_path / "both", scores_of({"x": [0.1], "run": [0.2]}))
    for paths, names, runs in (
        ([one, two], (), ("one", "two")),
        ([one, two], ("old", "new"), ("old", "new")),
        ([both], (), ("x", "run")),
        ([one, both], (), ("one/run", "x", "both/run")),
    ):
        store, _ = open_scores(paths, names)
        try:
            assert compare_scores(store).runs == runs
        finally:
            store.close()
    with pytest.raises(InputError, match="given twice"):
        open_scores([one, one])
    with pytest.raises(InputError, match="1 names for 2"):
        open_scores([one, two], ["same"])
    with pytest.raises(InputError, match="no evaluation to compare"):
        open_scores([])


def test_evaluations_are_shown_as_one_with_the_names_that_they_are_compared_by() -> None:
    times = np.datetime64("2019-01-01", "s") + 3600 * np.arange(2)

    def one(value: float, *, place: Place, start: int = 0) -> Evaluation:
        drawn = PlaceSeries(times + start, 3600, np.ones(2), {"run": np.full(2, value)})
        table = scores_of({"run": [value, value]})
        return Evaluation("T", "m3 s-1", ("run",), ("nse",), (place,), table, {"g0": drawn}, notes=("said",))

    first, second = one(0.1, place=Place("g0", "Fish River")), one(0.2, place=Place("g0", "another"))
    found = merged({"old": first, "new": second})
    assert found.configurations == ("old", "new")
    assert list(compare_table(found.scores).runs) == ["old", "new"]
    assert [place.name for place in found.places] == ["Fish River"]
    assert list(found.series["g0"].simulated) == ["old", "new"]
    assert found.notes == ("old: said", "new: said")
    apart = merged({"old": first, "new": one(0.2, place=Place("g1"), start=1800)})
    assert list(apart.series["g0"].simulated) == ["old"]
    with pytest.raises(InputError, match="m3 s-1 and in mm"):
        merged({"old": first, "new": replace(second, unit="mm")})
    with pytest.raises(InputError, match="no evaluation to show"):
        merged({})


def test_a_comparison_is_told_as_text_json_and_table(tmp_path: Path) -> None:
    comparison = compare_table(scores_of({"a": [0.1, 0.2, 0.3], "b": [0.2, 0.3, 0.4]}))
    text = score_comparison_text(comparison)
    assert "nse at 3 locations, ideal 1" in text
    assert "b - a: median 0.1 [0.1, 0.1], better at 100 %" in text
    document = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    (aspect,) = document["aspects"]
    assert aspect["runs"][1]["quantiles"]["0.5"] == pytest.approx(0.3)
    assert aspect["pairs"][0]["share_better"] == 1.0
    write_comparison_table(tmp_path / "table.csv", comparison)
    table = pd.read_csv(tmp_path / "table.csv")
    assert list(table["run"]) == ["a", "b"]
    assert table["median_difference"][1] == pytest.approx(0.1)
    assert np.isnan(table["median_difference"][0])
    (test,) = paired_tests(comparison)
    assert (test.first, test.second, test.places) == ("a", "b", 3)
