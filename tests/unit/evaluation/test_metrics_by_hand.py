"""Every metric on a small case whose value is worked out beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.evaluation import metrics as m
from dmod.evaluation.metric import Group
from dmod.evaluation.metric_registry import METRICS

# observed: mean 3, variance 2
OBSERVED = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
# mean 4, variance 2, errors all 1
SHIFTED = OBSERVED + 1.0
# mean 2.8, variance 1.76, covariance with the observation 1.2; errors 1, -1, 0, 1, -2
MIXED = np.array([2.0, 1.0, 3.0, 5.0, 3.0])
# 1, 1/2 and 1/300 once a hundredth of their mean, 1, is added and they are inverted
UNEVEN = np.array([0.0, 1.0, 299.0])
RISING = np.arange(10.0)
# hours of 1 January and of 1 October 1970, where a water year begins
TWO_YEARS = np.array([0.0, 1.0, 6552.0, 6553.0])
FLOODS, SIMULATED_FLOODS = np.array([10.0, 5.0, 4.0, 20.0]), np.array([8.0, 12.0, 5.0, 15.0])

CASES = [
    (m.nse, MIXED, OBSERVED, {}, 1.0 - 1.4 / 2.0),
    (m.normalized_nse, MIXED, OBSERVED, {}, 1.0 / (2.0 - 0.3)),
    # roots 1, 2, 4 against 2, 1, 3: errors 1, variance of the observed ones 2/3
    (m.sqrt_nse, [1.0, 4.0, 16.0], [4.0, 1.0, 9.0], {}, 1.0 - 1.0 / (2.0 / 3.0)),
    # two logarithms swapped: errors d, -d, variance (d/2)^2
    (m.log_nse, [2.0, 0.0], [0.0, 2.0], {}, 1.0 - 4.0),
    # the first two inverses swapped: errors -1/2, 1/2, 0, mean of squares 1/6
    (
        m.inverse_nse,
        UNEVEN[[1, 0, 2]],
        UNEVEN,
        {},
        1.0 - (1.0 / 6.0) / ((1.0 + 0.25 + 1.0 / 300.0**2) / 3.0 - ((1.5 + 1.0 / 300.0) / 3.0) ** 2),
    ),
    # r 1, alpha 1, beta 4/3
    (m.kge, SHIFTED, OBSERVED, {}, 1.0 - 1.0 / 3.0),
    (m.kge_2012, SHIFTED, OBSERVED, {}, 1.0 - math.sqrt(1.0 / 16.0 + 1.0 / 9.0)),
    (m.normalized_kge, SHIFTED, OBSERVED, {}, 1.0 / (2.0 - 2.0 / 3.0)),
    # roots doubled: r 1, alpha 2, beta 2
    (m.sqrt_kge, 4.0 * OBSERVED, OBSERVED, {}, 1.0 - math.sqrt(2.0)),
    # two values swapped: r -1, alpha 1, beta 1, whatever a value is made into
    (m.inverse_kge, [2.0, 0.0], [0.0, 2.0], {}, -1.0),
    (m.log_kge, [2.0, 0.0], [0.0, 2.0], {}, -1.0),
    # errors squared add up to 7; |s - 3| + |o - 3| is 3, 3, 0, 3, 2, squared 31 together, 11 as it is
    (m.index_of_agreement, MIXED, OBSERVED, {}, 1.0 - 7.0 / 31.0),
    (m.modified_index_of_agreement, MIXED, OBSERVED, {}, 1.0 - 5.0 / 11.0),
    # twice the observed deviations are 12 together
    (m.refined_index_of_agreement, MIXED, OBSERVED, {}, 1.0 - 5.0 / 12.0),
    (m.refined_index_of_agreement, OBSERVED + 10.0, OBSERVED, {}, 12.0 / 50.0 - 1.0),
    (m.correlation, MIXED, OBSERVED, {}, 1.2 / math.sqrt(1.76 * 2.0)),
    (m.r_squared, MIXED, OBSERVED, {}, 1.44 / 3.52),
    # ranks 2, 1, 3.5, 5, 3.5: about 3 they are -1, -2, 0.5, 2, 0.5; the observed ones -2 to 2
    (m.spearman, MIXED, OBSERVED, {}, 7.0 / math.sqrt(9.5 * 10.0)),
    (m.concordance, MIXED, OBSERVED, {}, 2.4 / (1.76 + 2.0 + 0.04)),
    (m.variability_ratio, MIXED, OBSERVED, {}, math.sqrt(1.76 / 2.0)),
    (m.bias_ratio, SHIFTED, OBSERVED, {}, 4.0 / 3.0),
    (m.cv_ratio, SHIFTED, OBSERVED, {}, 3.0 / 4.0),
    (m.rmse, MIXED, OBSERVED, {}, math.sqrt(1.4)),
    (m.unbiased_rmse, MIXED, OBSERVED, {}, math.sqrt(1.4 - 0.04)),
    (m.normalized_rmse, MIXED, OBSERVED, {}, math.sqrt(1.4) / 3.0),
    (m.rsr, MIXED, OBSERVED, {}, math.sqrt(1.4 / 2.0)),
    (m.mae, MIXED, OBSERVED, {}, 1.0),
    (m.mean_error, MIXED, OBSERVED, {}, -0.2),
    (m.median_absolute_error, MIXED, OBSERVED, {}, 1.0),
    # absolute errors 1, 2, 4, 8: half way between the two in the middle
    (m.median_absolute_error, [1.0, -2.0, 4.0, -8.0], np.zeros(4), {}, 3.0),
    # absolute errors 0, 1, 2: one more each hour is 45 degrees of 90
    (m.absolute_error_trend, [1.0, 0.0, 3.0], [1.0, 1.0, 1.0], {}, 0.5),
    (
        m.absolute_error_trend,
        [1.0, 0.0, 3.0],
        [1.0, 1.0, 1.0],
        {"times": [5.0, 7.0, 9.0]},
        math.atan(0.5) * 2.0 / math.pi,
    ),
    (m.percent_bias, MIXED, OBSERVED, {}, -100.0 / 15.0),
    (m.volume_error, SHIFTED, OBSERVED, {"dt": 60.0}, 300.0),
    (m.peak_error, SHIFTED, OBSERVED, {}, 20.0),
    (m.peak_timing_error, MIXED, OBSERVED, {}, -1.0),
    # peaks of 12 for 10 and of 15 for 20; an hour late in the first year and on time in the second
    (m.annual_peak_error, SIMULATED_FLOODS, FLOODS, {"times": TWO_YEARS}, 22.5),
    (m.annual_peak_bias, SIMULATED_FLOODS, FLOODS, {"times": TWO_YEARS}, -2.5),
    (m.annual_peak_timing_error, SIMULATED_FLOODS, FLOODS, {"times": TWO_YEARS}, 0.5),
    # all in one year: 15 for 20, on time
    (m.annual_peak_error, SIMULATED_FLOODS, FLOODS, {"times": TWO_YEARS, "first_month": 1}, 25.0),
    (m.annual_peak_timing_error, SIMULATED_FLOODS, FLOODS, {"times": TWO_YEARS, "first_month": 1}, 0.0),
    # 2 % of five values is a tenth of the highest one: 6 for 5
    (m.high_flow_bias, SHIFTED, OBSERVED, {}, 20.0),
    # of a hundred values, the highest two: 110 + 120 for 99 + 100
    (
        m.high_flow_bias,
        np.r_[1.0:99.0, 110.0, 120.0],
        np.r_[1.0:101.0],
        {},
        100.0 * (230.0 - 199.0) / 199.0,
    ),
    # of ten logarithms 0 to 9, the second highest less the seventh highest: 8 - 3; doubled 16 - 6
    (m.mid_slope_bias, np.exp(2.0 * RISING), np.exp(RISING), {}, 100.0),
    # the lowest three logarithms over the lowest: 0, 1, 2 and 0, 2, 4
    (m.low_flow_bias, np.exp(2.0 * RISING), np.exp(RISING), {}, -100.0),
    # sorted and over their means, the curves differ by 1/6, 1/12, 0, 1/12, 1/6: 0.1 on the mean
    (m.kge_nonparametric, SHIFTED, OBSERVED, {}, 1.0 - math.sqrt(0.05**2 + 1.0 / 9.0)),
]


@pytest.mark.parametrize(
    ("function", "simulated", "observed", "needs", "expected"),
    CASES,
    ids=[case[0].__name__ for case in CASES],
)
def test_metric_on_a_small_case_equals_the_hand_calculation(
    function, simulated, observed, needs, expected
) -> None:
    assert function(simulated, observed, **needs) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_every_metric_of_pairs_is_worked_by_hand() -> None:
    others = {Group.CATEGORICAL, Group.EVENT, Group.SIGNATURE, Group.ENSEMBLE}
    mine = {metric.function for metric in METRICS.values() if metric.group not in others}
    assert mine == {case[0] for case in CASES}


def test_spearman_of_weights_counts_a_pair_as_often_as_it_weighs() -> None:
    # twice the pair (2, 1): ranks 3, 1.5, 1.5 against 1, 2.5, 2.5 of simulated 2, 1, 1 and observed 1, 2, 2
    assert m.spearman([2.0, 1.0], [1.0, 2.0], weights=[1.0, 2.0]) == pytest.approx(-1.0)


def test_kge_nonparametric_of_weights_measures_the_area_between_both_curves() -> None:
    # simulated 1 for a quarter and 2 for three quarters of the time (mean 1.75), observed 2 for a quarter
    # and 1 for the rest (mean 1.25): over their means 4/7, 8/7 and 4/5, 8/5
    area = (
        0.25 * abs(4.0 / 7.0 - 4.0 / 5.0)
        + 0.5 * abs(8.0 / 7.0 - 4.0 / 5.0)
        + 0.25 * abs(8.0 / 7.0 - 8.0 / 5.0)
    )
    expected = 1.0 - math.sqrt(4.0 + (area / 2.0) ** 2 + (1.75 / 1.25 - 1.0) ** 2)
    assert m.kge_nonparametric([1.0, 2.0], [2.0, 1.0], weights=[1.0, 3.0]) == pytest.approx(expected)


def test_median_of_weights_lies_where_half_the_weight_does() -> None:
    assert m.median_absolute_error([1.0, 5.0, 9.0], [0.0, 0.0, 0.0], weights=[3.0, 1.0, 1.0]) == 1.0
    assert m.median_absolute_error([1.0, 5.0, 9.0], [0.0, 0.0, 0.0], weights=[2.0, 1.0, 1.0]) == 3.0


def test_annual_peak_without_a_pair_in_one_year_is_that_of_the_other() -> None:
    observed = np.where(TWO_YEARS < 100.0, np.nan, FLOODS)
    assert m.annual_peak_error(SIMULATED_FLOODS, observed, times=TWO_YEARS) == pytest.approx(25.0)


def test_annual_peak_of_a_dry_year_does_not_count() -> None:
    observed = np.where(TWO_YEARS < 100.0, 0.0, FLOODS)
    assert m.annual_peak_bias(SIMULATED_FLOODS, observed, times=TWO_YEARS) == pytest.approx(-25.0)
    assert m.annual_peak_timing_error(SIMULATED_FLOODS, observed, times=TWO_YEARS) == 0.0


def test_annual_peak_timing_looks_no_further_than_its_window() -> None:
    observed, simulated = [1.0, 9.0, 1.0, 1.0], [1.0, 2.0, 3.0, 8.0]
    hours = [0.0, 10.0, 20.0, 40.0]
    assert m.annual_peak_timing_error(simulated, observed, times=hours) == 30.0
    assert m.annual_peak_timing_error(simulated, observed, times=hours, window=12.0) == 10.0


def test_annual_peak_timing_finds_the_flood_of_each_place_by_itself() -> None:
    hours = np.arange(500.0)
    observed, simulated = np.zeros((2, 500)), np.zeros((2, 500))
    observed[0, 20], simulated[0, 25] = 5.0, 4.0
    observed[1, 450], simulated[1, 447], simulated[1, 20] = 5.0, 4.0, 9.0
    assert m.annual_peak_timing_error(simulated, observed, times=hours).tolist() == [5.0, 3.0]
