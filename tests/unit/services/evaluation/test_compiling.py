"""Specifications in DMOD's form become plans that run."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.evaluation.plan import EvaluationPlan, Resampling
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation
from dmod.services.evaluation.running import run_evaluation


def compiled(document: dict[str, Any], reach: Reach, **keys: Any) -> EvaluationPlan:
    return compile_evaluation(parse_specification(document), reach, **keys)


def test_plan_has_all_that_is_named_and_runs(document: dict[str, Any], reach: Reach) -> None:
    plan = compiled(document, reach)
    assert (plan.title, plan.unit) == ("Two gauges", "m3 s-1")
    assert plan.metrics == ("probability_of_detection", "kge")
    (configuration,) = plan.configurations
    assert (configuration.name, configuration.crosswalk) == ("Model", {"01": "cat-1", "02": "cat-2"})
    assert [threshold.name for threshold in plan.thresholds] == ["Flood", "Action"]
    assert plan.weighing is not None
    assert plan.weighing.metrics == {"probability_of_detection": 10.0, "kge": 15.0}
    assert plan.weighing.scales == {"kge": (0.0, 1.0)}
    found = run_evaluation(plan)
    kge = found.scores.query("metric == 'kge' and threshold == ''").set_index("location")["value"]
    assert kge["02"] == pytest.approx(1.0)
    assert 0.9 < kge["01"] < 1.0
    (grade,) = found.grades
    assert grade.locations["02"] == pytest.approx(100.0)


def test_weighed_metric_is_scored_over_pairs_that_reach_each_threshold(
    document: dict[str, Any], reach: Reach
) -> None:
    document["scheme"]["metrics"] = [{"name": "mae", "weight": 1, "scale": [1, 0]}]
    found = run_evaluation(compiled(document, reach, unit="ft3 s-1"))
    rows = found.scores[found.scores["location"] == "01"].set_index("threshold")
    # of 10 to 21 ft3/s, by the hour, 20 and 21 reach the flood, 15 to 21 the other; all are one too high
    assert rows["pairs"].to_dict() == {"": 48, "Flood": 8, "Action": 28}
    assert rows["value"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    other = found.scores[found.scores["location"] == "02"].set_index("threshold")
    assert other["pairs"].to_dict() == {"": 48, "Flood": 8, "Action": 0}
    assert other["reason"]["Action"] == "no observation reaches the threshold"
    del document["thresholds"]
    alone = run_evaluation(compiled(document, reach))
    assert set(alone.scores["threshold"]) == {""}
    (grade,) = alone.grades
    assert grade.locations["02"] == pytest.approx(100.0)


def test_intervals_are_of_the_pairs_that_reach_a_threshold(document: dict[str, Any], reach: Reach) -> None:
    document["scheme"]["metrics"] = [{"name": "mae", "weight": 1, "scale": [1, 0]}]
    plan = replace(compiled(document, reach), resampling=Resampling(50, timedelta(hours=12)))
    rows = run_evaluation(plan).scores.query("location == '01'").set_index("threshold")
    assert rows["low"].tolist() == pytest.approx(rows["value"].tolist())
    assert rows["high"].tolist() == pytest.approx(rows["value"].tolist())


def test_same_specification_is_graded_in_dmods_way_when_asked(document: dict[str, Any], reach: Reach) -> None:
    plan = compiled(document, reach, dmod_compatible=True)
    assert plan.unit == "ft3/s"
    (grade,) = run_evaluation(plan).grades
    assert 1.0 < grade.total < 2.0
    document["scheme"]["aggregation"] = "DMOD"
    by_document = compiled(document, reach)
    assert by_document.weighing is not None
    assert by_document.weighing.dmod_compatible
    corrected = compiled(document, reach, dmod_compatible=False)
    assert corrected.weighing is not None
    assert not corrected.weighing.dmod_compatible


def test_unit_is_that_of_the_observations_where_it_is_no_flow(
    document: dict[str, Any], reach: Reach, files: Path
) -> None:
    observed = json.loads((files / "observed.json").read_text())
    for series in observed["series"]:
        series["unit"] = "m"
    (files / "observed.json").write_text(json.dumps(observed))
    document["predictions"]["unit"] = "ft"
    document["thresholds"] = []
    document["scheme"]["metrics"] = [{"name": "kge"}]
    assert compiled(document, reach).unit == "m"
    assert compiled(document, reach, unit="mm").unit == "mm"


def test_locations_of_equal_id_need_no_crosswalk(document: dict[str, Any], reach: Reach, files: Path) -> None:
    del document["crosswalks"]
    for name, to in (("cat-1", "01"), ("cat-2", "02")):
        (files / f"{name}.csv").rename(files / f"cat.{to}.csv")
    document["predictions"]["locations"]["pattern"] = r"\d+"
    document["observations"]["locations"] = {"from_field": "column", "pattern": "observation_location"}
    assert compiled(document, reach).configurations[0].crosswalk == {"01": "01", "02": "02"}


def test_predictions_of_several_places_are_one_unless_they_overlap(
    document: dict[str, Any], reach: Reach
) -> None:
    first = document["predictions"]
    second = {**first, "name": "Other", "backend": {**first["backend"], "address": "cat-2.csv"}}
    document["predictions"] = [{**first, "backend": {**first["backend"], "address": "cat-1.csv"}}, second]
    (configuration,) = compiled(document, reach).configurations
    assert configuration.crosswalk == {"01": "cat-1", "02": "cat-2"}
    document["predictions"] = [first, second]
    plan = compiled(document, reach)
    assert [(c.name, set(c.crosswalk)) for c in plan.configurations] == [
        ("Model", {"01", "02"}),
        ("Other", {"02"}),
    ]
    document["predictions"] = [first, {**second, "name": "Model"}]
    assert [c.name for c in compiled(document, reach).configurations] == ["Model 1", "Model 2"]


def test_observations_of_several_places_are_one(document: dict[str, Any], reach: Reach, files: Path) -> None:
    whole = json.loads((files / "observed.json").read_text())["series"]
    for name, series in zip(("a.json", "b.json"), whole, strict=True):
        (files / name).write_text(json.dumps({"series": [series]}))
    observed = document["observations"]
    document["observations"] = [
        {**observed, "backend": {**observed["backend"], "address": name}} for name in ("a.json", "b.json")
    ]
    assert compiled(document, reach).observations.locations == ("01", "02")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["scheme"]["metrics"].append({"name": "Klign-Gupta"}),
            "scheme.metrics[2].name: there is no metric 'Klign-Gupta'",
        ),
        (
            lambda d: d["scheme"]["metrics"].append({"name": "kge"}),
            "scheme.metrics: 'kge' is kge, which stands",
        ),
        (
            lambda d: d["scheme"]["metrics"].append({"name": "Frequency Bias"}),
            "metric 'frequency_bias' has no bounds",
        ),
        (
            lambda d: d["scheme"]["metrics"].append({"name": "Volume Error"}),
            "metric 'volume_error' has no bounds",
        ),
        (
            lambda d: d["crosswalks"].update(
                backend={"backend_type": "file", "format": "json", "address": "two.json"}
            ),
            "crosswalks: 01 is paired with cat-1, cat-2, all of Model",
        ),
        (
            lambda d: d["crosswalks"].update(
                backend={"backend_type": "file", "format": "json", "address": "none.json"}
            ),
            "no location of Gauges is paired with one of Model: they have 01, 02 and cat-1, cat-2",
        ),
        (
            lambda d: d.update(
                crosswalks=[
                    d["crosswalks"],
                    {**d["crosswalks"], "observation_field_name": "prediction_location"},
                ]
            ),
            "crosswalks: they call the same locations by different fields",
        ),
        (lambda d: d.pop("crosswalks"), "no location of Gauges is paired"),
    ],
)
def test_what_does_not_fit_is_refused(
    document: dict[str, Any], reach: Reach, files: Path, change: Any, said: str
) -> None:
    (files / "two.json").write_text('{"cat-1": {"site_no": "01"}, "cat-2": {"site_no": "01"}}')
    (files / "none.json").write_text('{"cat-9": {"site_no": "01"}}')
    change(document)
    if "crosswalks" not in document:
        document["observations"]["locations"] = {"from_field": "column", "pattern": "observation_location"}
    with pytest.raises(InputError) as caught:
        compiled(document, reach)
    assert said in caught.value.message


def test_metric_that_dmod_has_not_is_refused_in_its_way(document: dict[str, Any], reach: Reach) -> None:
    document["scheme"]["metrics"].append({"name": "rmse", "scale": [10, 0]})
    compiled(document, reach)
    with pytest.raises(InputError, match="DMOD has no metric 'rmse'"):
        compiled(document, reach, dmod_compatible=True)
