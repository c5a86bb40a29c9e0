"""The page of an evaluation without a browser: data, parts, escaping, writing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.evaluation import Evaluation, Grade, Place, PlaceSeries
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation import PairedTest, evaluation_page, write_evaluation_page
from dmod.evaluation.report.evaluation import page_data as embedding
from dmod.evaluation.report.evaluation.packing import unpacked
from dmod.evaluation.report.evaluation.page_data import drawn_places
from dmod.testing.evaluations import example_evaluation, with_ensemble

EVIL = '</script><img src=x onerror="alert(1)">\'&'
ESCAPED = "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#x27;&amp;"
LINE = np.array([-100.0, -99.0, -99.5])


@pytest.fixture(scope="module")
def example() -> Evaluation:
    return example_evaluation(12, steps=200, drawn=2)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="evaluation-data">(.*?)</script>', page, flags=re.DOTALL)
    assert found
    return json.loads(found[1])


def titles(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_page_needs_nothing_from_outside(example: Evaluation) -> None:
    page = evaluation_page(example)
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "@import" not in page
    assert not re.search(r"url\((?!data:|#)", page)
    assert "default-src 'none'" in page


def test_page_has_every_part(example: Evaluation) -> None:
    assert titles(evaluation_page(example)) == [
        "Where",
        "How often",
        "One place",
        "When",
        "Events caught and missed",
        "Medians",
        "Against each other",
        "All places",
        "Sources",
    ]


def test_page_of_an_ensemble_has_its_bands_ranks_and_probabilities(example: Evaluation) -> None:
    page = evaluation_page(with_ensemble(example, "default"))
    assert {"Rank histogram", "Reliability diagram"} < set(titles(page))
    assert "Bands hold the central half and nine tenths" in page
    data = data_of(page)
    (one,) = data["ensembles"]
    assert one["k"] == 1
    assert np.mean(one["ranks"]) == pytest.approx(1.0, abs=1e-4)
    flood = one["tables"]["Flood"]
    assert flood["given"] == pytest.approx(np.arange(11) / 10, abs=1e-4)
    assert flood["occurred"] == pytest.approx((np.arange(11) / 10) ** 2, abs=1e-4)
    assert sum(flood["share"]) == pytest.approx(1.0, abs=1e-3)
    series = data["series"]["0"]
    assert [len(bands) for bands in series["bands"]] == [0, 4, 0]
    low, high = (unpacked(series["bands"][1][k]) for k in (0, 3))
    assert (low <= high).all()


def test_page_without_thresholds_of_an_ensemble_has_its_ranks_alone(example: Evaluation) -> None:
    whole = with_ensemble(example, "default")
    page = evaluation_page(replace(whole, diagrams=(replace(whole.diagrams[0], occurrences={}),)))
    assert "Rank histogram" in titles(page)
    assert "Reliability diagram" not in titles(page)
    assert data_of(evaluation_page(example))["ensembles"] == []


def test_page_of_many_configurations_has_a_heat_map_and_no_pairs() -> None:
    many = example_evaluation(5, tuple(f"member {k}" for k in range(9)), steps=10, drawn=1, facets=False)
    page = evaluation_page(many)
    assert "All configurations and metrics" in titles(page)
    assert "Against each other" not in titles(page)
    assert "When" not in titles(page)
    assert "1 more stand in the table of medians" in page


def test_page_of_one_place_without_coordinates_has_no_map() -> None:
    one = example_evaluation(1, ("only",), steps=10, drawn=0, facets=False)
    page = evaluation_page(replace(one, places=(Place(one.places[0].id),), grades=(), notes=(), sources={}))
    assert "Where" not in titles(page)
    assert "Against each other" not in titles(page)
    assert 'id="pick-minus"' not in page
    assert 'id="pick-part"' not in page
    assert 'class="warnings"' not in page


def test_page_escapes_whatever_comes_from_outside(example: Evaluation) -> None:
    scores = example.scores.copy()
    for column, old in (("configuration", "default"), ("threshold", "Flood"), ("facet", "regime")):
        scores[column] = scores[column].replace(old, EVIL)
    scores["part"] = scores["part"].replace("DJF", EVIL)
    scores["reason"] = scores["reason"].where(scores["reason"] == "", EVIL)
    hostile = replace(
        example,
        title=EVIL,
        unit=EVIL,
        configurations=("calibrated", EVIL, "regional"),
        places=tuple(replace(p, name=EVIL, attributes={EVIL: 1.0}) for p in example.places),
        scores=scores,
        grades=(Grade(EVIL, 0.5, 50.0, {}, {}),),
        sources={EVIL: EVIL},
        notes=(EVIL,),
    )
    test = PairedTest(EVIL, EVIL, EVIL, 0.1, 0.5, 3, threshold=EVIL, test=EVIL)
    page = evaluation_page(
        hostile,
        outlines=[CatchmentRing(EVIL, LINE, LINE)],
        rivers=[RiverLine(EVIL, LINE, LINE)],
        comparison=[test],
    )
    assert "<img" not in page
    assert page.count("</script>") == 3
    assert page.count(ESCAPED) > 15
    assert data_of(page)["places"]["name"][0] == EVIL


def test_series_come_back_on_their_own_clock(example: Evaluation) -> None:
    place = example.places[0].id
    series = example.series[place]
    gap = np.delete(np.arange(200), np.arange(50, 60))
    sparse = PlaceSeries(
        series.times[gap], 3600, series.observed[gap], {n: v[gap] for n, v in series.simulated.items()}
    )
    data = data_of(evaluation_page(replace(example, series={place: sparse})))["series"]["0"]
    back = unpacked(data["observed"])
    assert (data["start"], data["step"], len(back)) == (series.times[0].astype(int), 3600, 200)
    assert np.isnan(back[50:60]).all()
    np.testing.assert_allclose(back[60:], series.observed[60:], rtol=2e-4)
    assert len(data["simulated"]) == 3


def test_configuration_without_a_series_is_told(example: Evaluation) -> None:
    place = example.places[0].id
    series = example.series[place]
    partly = replace(series, simulated={"default": series.simulated["default"]})
    data = data_of(evaluation_page(replace(example, series={place: partly})))
    assert [one is None for one in data["series"]["0"]["simulated"]] == [True, False, True]


def test_series_of_unknown_or_empty_places_are_left_out(example: Evaluation) -> None:
    none = PlaceSeries(np.empty(0, "datetime64[s]"), 3600, np.empty(0), {})
    changed = replace(example, series={"elsewhere": example.series[example.places[0].id], "1": none})
    assert data_of(evaluation_page(changed))["series"] == {}


def test_series_that_do_not_fit_are_left_out_and_counted(
    example: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "MOST_VALUES", 1000)
    assert drawn_places(example) == ((example.places[0].id,), 1)
    assert "series of 1 places are too long" in evaluation_page(example)


def test_long_series_keep_their_end(example: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "LONGEST", 50)
    series = example.series[example.places[0].id]
    data = data_of(evaluation_page(example))["series"]["0"]
    assert data["start"] == series.times[150].astype(int)
    np.testing.assert_allclose(unpacked(data["observed"]), series.observed[150:], rtol=2e-4)


def test_scores_come_back_in_order(example: Evaluation) -> None:
    data = data_of(evaluation_page(example))
    values = unpacked(data["values"][0]).reshape(len(data["measures"]), 3, 12)
    row = example.scores.query(
        "metric == 'nse' and facet == '' and configuration == 'default' and location == @place",
        local_dict={"place": example.places[5].id},
    )
    at = [m["metric"] for m in data["measures"]].index("nse")
    assert values[at, 1, 5] == pytest.approx(row["value"].item(), rel=1e-5)
    assert len(data["values"]) == len(data["parts"]) == 8
    (where, _), *_ = data["reasons"]["at"]
    assert np.isnan(values.ravel()[where])


def test_outlines_are_rounded_and_lose_what_is_repeated_or_missing(example: Evaluation) -> None:
    lon = np.array([1.0, 1.000001, 2.0, np.nan, 3.0])
    data = data_of(
        evaluation_page(
            example,
            outlines=[CatchmentRing("cat-1", lon, lon)],
            rivers=[RiverLine("wb-1", lon, lon, float("nan"))],
        )
    )
    assert data["outlines"] == [{"id": "cat-1", "p": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]}]
    assert data["rivers"][0]["w"] == 0.0


def test_medians_mark_the_best_and_grades_stand_with_their_configuration(example: Evaluation) -> None:
    page = evaluation_page(example)
    assert "grade 74.0 %" in page
    row = re.search(r"<tr><th[^>]*><span[^>]*>Kling-Gupta efficiency \(2009\).*?</tr>", page)
    assert row
    assert row[0].count("<strong>") == 1


def test_comparison_shows_its_tests_and_small_chances(example: Evaluation) -> None:
    test = PairedTest("kge", "default", "calibrated", 0.05, 1e-9, 11, low=0.01, high=0.09, test="Wilcoxon")
    page = evaluation_page(example, comparison=[test])
    for expected in ("&lt; 0.001", "+0.0500", "0.0100 to 0.0900", "Wilcoxon"):
        assert expected in page


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path, example: Evaluation) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    odd = replace(example, title="half a pair \ud800")
    assert write_evaluation_page(path, odd) == path
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_evaluation_without_a_score_is_refused(tmp_path: Path, example: Evaluation) -> None:
    with pytest.raises(InputError, match="no score to show"):
        write_evaluation_page(tmp_path / "page.html", replace(example, scores=example.scores.iloc[:0]))
    assert not [*tmp_path.iterdir()]
