"""DMOD's own grades: its pairs, metrics and faults, worked by hand."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.dmod_grading import ExactPairs, Rows, exact_pairs, grade_as_dmod
from dmod.evaluation.dmod_metric import DMOD_METRICS, Above, find_dmod_metric
from dmod.evaluation.plan import Weighing
from dmod.evaluation.threshold import Threshold

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2020-01-01T00:00:00", "s")


def above(simulated: Sequence[float], observed: Sequence[float], threshold: float = 2.0) -> Above:
    seconds = np.arange(len(observed)) * 3600
    s, o = np.array(simulated, dtype=float), np.array(observed, dtype=float)
    return Above(seconds, s, o, np.full(len(o), threshold))


def pairs(simulated: Sequence[float], observed: Sequence[float], location: str = "a") -> ExactPairs:
    times = START + np.arange(len(observed)) * HOUR
    return ExactPairs(location, times, np.array(simulated, dtype=float), np.array(observed, dtype=float))


def rows(stamps: Sequence[int], values: Sequence[float]) -> Rows:
    return Rows("a", START + np.array(stamps) * HOUR, np.array(values, dtype=float))


# two hits, one miss, one false alarm, two correct negatives at a threshold of 2
SIMULATED, OBSERVED = (3.0, 2.0, 1.0, 4.0, 0.0, 1.0), (2.0, 3.0, 4.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Probability Of Detection", 2 / 3),
        ("False Alarm Ratio", 1 / 3),
        ("Probability Of False Detection", 1 / 3),
        ("Frequency Bias", 1.0),
        ("Accuracy", 4 / 6),
        ("Critical Success Index", 2 / 4),
        ("Equitable Threat Score", 0.5 / 2.5),
        ("General Skill", 2 * (4 - 1) / (9 + 9)),
        ("Precision", 2 / 3),
        # of (3, 2, 1) against (2, 3, 4): r = -1, means 2 and 3, equal spread
        ("Pearson Correlation Coefficient", -1.0),
        ("Kling-Gupta Efficiency", 1 - math.sqrt(4 + 1 / 9)),
        ("Normalized Nash-Sutcliffe Efficiency", 1 / (1 + 11 / 2)),
        ("Volume Error", (4.0 - 6.0) * 3600e9),
        ("Linear Temporal Trend of Absolute Error", 45 / 90),
    ],
)
def test_metric_has_the_value_worked_by_hand(name: str, value: float) -> None:
    assert DMOD_METRICS[name].function(above(SIMULATED, OBSERVED)) == pytest.approx(value)


@pytest.mark.parametrize("name", DMOD_METRICS)
def test_metric_is_not_defined_where_nothing_happens(name: str) -> None:
    value = DMOD_METRICS[name].function(above((0.0, 1.0), (1.0, 0.0)))
    if name in {"Volume Error", "Probability Of False Detection"}:
        assert value == 0.0
    else:
        assert math.isnan(value)


def test_constant_series_have_neither_correlation_nor_efficiency() -> None:
    constant = above((3.0, 4.0), (2.0, 2.0))
    assert math.isnan(find_dmod_metric("r").function(constant))
    assert math.isnan(find_dmod_metric("kge").function(constant))
    assert find_dmod_metric("normalized_nse").function(constant) == 0.0
    assert math.isnan(find_dmod_metric("normalized_nse").function(above((2.0, 2.0), (2.0, 2.0))))


@pytest.mark.parametrize(
    ("name", "value", "scaled"),
    [
        ("False Alarm Ratio", 0.25, 0.75),
        ("Pearson Correlation Coefficient", -1.0, 0.0),
        ("Kling-Gupta Efficiency", -7.0, 0.0),
        ("Frequency Bias", 0.5, 0.5),
        ("Frequency Bias", 9.0, 1.0),
        ("Volume Error", 3e13, 3e13),
        ("Linear Temporal Trend of Absolute Error", -0.5, 1.0),
        ("Linear Temporal Trend of Absolute Error", 0.25, 0.75),
    ],
)
def test_value_is_scaled_as_dmod_does_with_its_faults(name: str, value: float, scaled: float) -> None:
    assert DMOD_METRICS[name].scaled(value) == pytest.approx(scaled)


def test_metric_is_found_by_any_spelling_and_by_the_registry() -> None:
    assert find_dmod_metric("probability_of-DETECTION").name == "Probability Of Detection"
    assert find_dmod_metric("kge").name == "Kling-Gupta Efficiency"
    assert find_dmod_metric("heidke_skill").name == "General Skill"
    for name in ("rmse", "no such"):
        with pytest.raises(InputError, match="DMOD has no metric"):
            find_dmod_metric(name)


def test_stamps_that_occur_twice_make_two_pairs() -> None:
    found = exact_pairs(rows([2, 0, 1, 1, 5], [3, 1, 2, 2.5, 9]), rows([0, 1, 2, 3], [10, 20, 30, 40]))
    assert found.observed.tolist() == [1.0, 2.0, 2.5, 3.0]
    assert found.simulated.tolist() == [10.0, 20.0, 20.0, 30.0]
    both = exact_pairs(rows([1, 1], [1, 2]), rows([1, 1], [3, 4]))
    assert list(zip(both.observed, both.simulated, strict=True)) == [(1, 3), (1, 4), (2, 3), (2, 4)]


def test_missing_values_make_no_pair() -> None:
    found = exact_pairs(rows([0, 1], [math.nan, 1]), rows([0, 1], [1, math.nan]))
    assert len(found.times) == 0


THRESHOLDS = (Threshold("Flood", {"a": 2.0, "b": 2.0}, {}, 3.0), Threshold("Never", {"a": 99.0}, {}, 5.0))


def test_grade_is_the_share_of_what_can_be_reached_cut_off_after_two_digits() -> None:
    weighing = Weighing({"probability_of_detection": 1.0, "false_alarm_ratio": 3.0}, {}, {}, True)
    grade = grade_as_dmod("run", [pairs(SIMULATED, OBSERVED)], weighing, THRESHOLDS)
    assert grade.total == pytest.approx(2 / 3)
    assert grade.grade == 66.66
    assert grade.details["a"]["probability_of_detection"]["Flood"]["pairs"] == 6
    assert math.isnan(grade.details["a"]["probability_of_detection"]["Never"]["value"])


def test_metric_of_zero_is_left_out_as_dmod_does() -> None:
    weighing = Weighing({"r": 1.0, "probability_of_detection": 1.0}, {}, {}, True)
    grade = grade_as_dmod("run", [pairs(SIMULATED, OBSERVED)], weighing, THRESHOLDS)
    assert grade.details["a"]["r"]["Flood"]["scaled"] == 0.0
    assert grade.locations["a"] == pytest.approx(200 / 3)


def test_location_where_all_is_zero_has_nothing() -> None:
    weighing = Weighing({"r": 1.0}, {}, {}, True)
    grade = grade_as_dmod("run", [pairs(SIMULATED, OBSERVED)], weighing, THRESHOLDS)
    assert (grade.total, grade.grade) == (0.0, 0.0)


def test_total_is_the_sum_over_locations() -> None:
    weighing = Weighing({"probability_of_detection": 1.0}, {}, {"a": 1.0}, True)
    both = [pairs(SIMULATED, OBSERVED), pairs(OBSERVED, OBSERVED, "b")]
    grade = grade_as_dmod("run", both, weighing, THRESHOLDS)
    assert grade.total == pytest.approx(5 / 3)
    assert grade.grade == 83.33


@pytest.mark.parametrize(
    ("location", "weights", "said"),
    [
        ("c", {}, "DMOD cannot grade c: it has no threshold"),
        ("a", {"a": 5.0}, "DMOD cannot weigh locations"),
    ],
)
def test_what_ends_an_evaluation_of_dmod_is_refused(
    location: str, weights: dict[str, float], said: str
) -> None:
    weighing = Weighing({"r": 1.0}, {}, weights, True)
    with pytest.raises(InputError, match=said) as caught:
        grade_as_dmod("run", [pairs(SIMULATED, OBSERVED, location)], weighing, THRESHOLDS)
    assert "aggregation: scaled" in str(caught.value.hint)


def test_no_pair_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="no pair to grade"):
        grade_as_dmod("run", [], Weighing({"r": 1.0}, {}, {}, True), THRESHOLDS)
