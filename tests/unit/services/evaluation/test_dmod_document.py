"""Results as DMOD writes them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from dmod.errors import InputError
from dmod.evaluation.evaluation import Grade
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation
from dmod.services.evaluation.dmod_document import described, dmod_json, write_dmod_json, write_dmod_netcdf
from dmod.services.evaluation.grading import dmod_grades
from dmod.services.evaluation.running import run_evaluation


@pytest.fixture
def plan(document: dict[str, Any], reach: Reach) -> EvaluationPlan:
    return compile_evaluation(parse_specification(document), reach, dmod_compatible=True)


def test_json_has_dmods_keys(plan: EvaluationPlan, tmp_path: Path) -> None:
    (grade,) = dmod_grades(plan)
    write_dmod_json(tmp_path / "a.json", plan, grade, {"name": "x"})
    document = json.loads((tmp_path / "a.json").read_text())
    assert list(document) == [
        *("total", "grade", "max_possible_total", "mean", "median", "standard_deviation"),
        *("results", "metrics", "specification"),
    ]
    assert document["grade"] == f"{grade.grade:.2f}%"
    assert document["total"] == pytest.approx(grade.total)
    first = document["results"][0]
    assert list(first) == ["observation_location", "prediction_location", "total", "results"]
    flood = first["results"][0]
    assert list(flood) == [
        *("name", "weight", "scores", "threshold_value", "result", "maximum_result", "scaled_result"),
    ]
    assert (flood["name"], flood["weight"], flood["maximum_result"]) == ("Flood", 2.0, 25.0)
    assert flood["threshold_value"] == pytest.approx(20.0)
    assert list(flood["scores"][0]) == ["metric", "weight", "value", "scaled_value"]
    assert flood["result"] == pytest.approx(sum(score["scaled_value"] for score in flood["scores"]))
    # 25 are the weights of both metrics, of which the share of the place was reached
    assert first["total"] == pytest.approx(25.0 * grade.locations["01"] / 100.0)


def test_netcdf_has_dmods_variables(plan: EvaluationPlan, tmp_path: Path) -> None:
    (grade,) = dmod_grades(plan)
    write_dmod_netcdf(tmp_path / "a.nc", plan, grade)
    with xr.open_dataset(tmp_path / "a.nc") as found:
        assert found.attrs["grade"] == grade.grade
        assert found.attrs["max_possible_result"] == 2.0
        assert found["threshold_name"].values.tolist() == ["Flood", "Action"]
        assert found["threshold_weight"].values.tolist() == [2.0, 1.0]
        assert found["observed_location"].values.tolist() == ["01", "02"]
        assert found["predicted_location"].values.tolist() == ["cat-1", "cat-2"]
        kge = found["Kling-Gupta_Efficiency_result"]
        assert kge.dims == ("location_index", "threshold_index")
        assert kge.attrs["long_name"] == "Kling-Gupta Efficiency"
        assert (kge.attrs["ideal_value"], kge.attrs["lower_bound"], kge.attrs["upper_bound"]) == (
            1.0,
            0.0,
            1.0,
        )
        scaled = found["scaled_Kling-Gupta_Efficiency_result"]
        assert scaled.attrs["ideal_value"] == 15.0
        cells = grade.details["01"]["kge"]
        assert kge.values[0].tolist() == pytest.approx([cells["Flood"]["value"], cells["Action"]["value"]])
        assert scaled.values[0, 0] == pytest.approx(2.0 * cells["Flood"]["scaled"])
        assert np.isnan(found["Probability_Of_Detection_result"].values[1, 1])


def test_corrected_grades_are_written_too(document: dict[str, Any], reach: Reach, tmp_path: Path) -> None:
    document["scheme"]["metrics"] = [{"name": "rmse", "scale": [10, 0]}]
    del document["thresholds"]
    plan = compile_evaluation(parse_specification(document), reach)
    (grade,) = run_evaluation(plan).grades
    found = dmod_json(plan, grade)
    names = [item["name"] for item in found["results"][0]["results"]]
    assert names == ["All"]
    assert found["results"][0]["results"][-1]["threshold_value"] is None
    write_dmod_netcdf(tmp_path / "a.nc", plan, grade)
    with xr.open_dataset(tmp_path / "a.nc") as dataset:
        assert dataset["threshold_name"].values.tolist() == names
    assert described("rmse").highest == np.inf


def test_grade_of_another_plan_is_refused(plan: EvaluationPlan) -> None:
    (grade,) = dmod_grades(plan)
    with pytest.raises(InputError, match="no configuration 'other'"):
        dmod_json(plan, replace(grade, configuration="other"))
    with pytest.raises(InputError, match="no weights"):
        dmod_json(replace(plan, weighing=None), grade)


def test_plan_without_weights_has_no_grades(plan: EvaluationPlan) -> None:
    assert dmod_grades(replace(plan, weighing=None)) == ()


def test_grade_of_nothing_is_written_without_numbers(plan: EvaluationPlan, tmp_path: Path) -> None:
    empty = Grade("Model", float("nan"), float("nan"), {}, {})
    found = dmod_json(plan, empty)
    assert (found["mean"], found["median"], found["max_possible_total"]) == (None, None, 0.0)
    write_dmod_netcdf(tmp_path / "a.nc", plan, empty)
