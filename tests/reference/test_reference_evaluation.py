"""DMOD's own examples of evaluations: its figures, and what is corrected beside them."""

from pathlib import Path

import pytest

from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.specification.parsing import parse_specification, read_document
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation
from dmod.services.evaluation.dmod_document import dmod_json
from dmod.services.evaluation.grading import dmod_grades
from dmod.services.evaluation.resolving import FolderResolver
from dmod.services.evaluation.running import run_evaluation

EXAMPLES = ("cfs_vs_cfs", "cfs_vs_cms")
CAT_27, CAT_52 = "0214655255", "0214657975"


@pytest.fixture(scope="module")
def folder(reference: Path) -> Path:
    return reference / "dmod" / "evaluation"


def compiled(folder: Path, example: str, *, as_dmod: bool) -> EvaluationPlan:
    document = read_document(folder / f"{example}_evaluation.json")
    resolve = FolderResolver(Path(), {"dmod/test/resources": folder})
    return compile_evaluation(parse_specification(document), Reach(resolve), dmod_compatible=as_dmod)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_graded_as_dmod_does_gives_its_figures(folder: Path, example: str) -> None:
    plan = compiled(folder, example, as_dmod=True)
    assert plan.configurations[0].crosswalk == {CAT_27: "cat-27", CAT_52: "cat-52"}
    (grade,) = dmod_grades(plan)
    assert grade.total == pytest.approx(1.3697998, abs=5e-8)
    assert grade.grade == 68.48
    assert grade.locations[CAT_27] == pytest.approx(62.3828, abs=5e-5)
    assert grade.locations[CAT_52] == pytest.approx(74.5971, abs=5e-5)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_graded_with_its_faults_corrected_gives_the_documented_figures(
    folder: Path, example: str
) -> None:
    plan = compiled(folder, example, as_dmod=False)
    found = run_evaluation(plan)
    (grade,) = found.grades
    assert grade.grade == pytest.approx(71.6908, abs=5e-5)
    assert grade.locations[CAT_27] == pytest.approx(64.5887, abs=5e-5)
    assert grade.locations[CAT_52] == pytest.approx(78.7930, abs=5e-5)
    assert any("contradicting" in note for note in found.notes)
    assert set(found.sources) == {
        str(folder / name)
        for name in ("observations.json", f"cat-27_{example[-3:]}.csv", f"cat-52_{example[-3:]}.csv")
    }


def test_document_of_the_example_has_what_dmod_writes(folder: Path) -> None:
    plan = compiled(folder, "cfs_vs_cfs", as_dmod=True)
    document = dmod_json(plan, dmod_grades(plan)[0])
    assert document["grade"] == "68.48%"
    assert document["max_possible_total"] == 2.0
    assert [item["name"] for item in document["metrics"]] == [
        "False Alarm Ratio",
        "Probability Of Detection",
        "Kling-Gupta Efficiency",
        "Normalized Nash-Sutcliffe Efficiency",
        "Pearson Correlation Coefficient",
    ]
    first = document["results"][0]
    assert (first["observation_location"], first["prediction_location"]) == (CAT_27, "cat-27")
    values = {item["name"]: item["threshold_value"] for item in first["results"]}
    assert values == {
        "75th Percentile": "varying",
        "80th Percentile": "varying",
        "Median": "varying",
        "Action": 6310.0,
        "Flood": 9320.0,
    }
    never = first["results"][-1]["scores"][0]
    assert never["value"] is None
    assert never["scaled_value"] is None


def test_pairs_of_the_example_keep_stamps_that_occur_twice_only_in_dmods_way(folder: Path) -> None:
    plan = compiled(folder, "cfs_vs_cfs", as_dmod=True)
    pairs = dmod_grades(plan)[0].details[CAT_27]["probability_of_detection"]["Median"]["pairs"]
    assert pairs == 741
    (series,) = plan.observations.read([CAT_27])
    assert len(series.times) == 2848
    assert any("53 repeated" in note for note in series.notes)
