"""Scores of ensembles: small cases worked by hand, another library, and what must hold for any."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scores.probability import brier_score_for_ensemble, crps_for_ensemble

from dmod.errors import InputError
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.ensemble_rank import rank_histogram
from dmod.evaluation.exceedance import Exceedance, reliability_table
from dmod.evaluation.metrics import ensemble as e
from dmod.evaluation.metrics import ensemble_calibration as c
from dmod.evaluation.metrics.ensemble import METRICS_OF_ENSEMBLES
from dmod.evaluation.metrics.ensemble_calibration import METRICS_OF_ENSEMBLE_CALIBRATION

ALL = (*METRICS_OF_ENSEMBLES, *METRICS_OF_ENSEMBLE_CALIBRATION)

# two members, four times; at 3 the probabilities are 1, 1/2, 0, 1/2 and it occurs at the first and the last
MEMBERS = np.array([[3.0, 1.0, 0.0, 5.0], [5.0, 4.0, 2.0, 1.0]])
OBSERVED = np.array([4.0, 2.0, 2.0, 3.0])
NAN = np.nan
ensembles = arrays(np.float64, (4, 6), elements=st.floats(0.0, 100.0, width=32))
observations = arrays(np.float64, 6, elements=st.floats(0.0, 100.0, width=32))


def needs_of(metric) -> dict[str, float]:
    return {"threshold": 3.0} if metric.needs else {}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        # mean distances 1, 3/2, 1, 2; differences of the members 2, 3, 2, 4, over 4
        (e.crps, (1 + 1.5 + 1 + 2 - (2 + 3 + 2 + 4) / 4) / 4),
        # over 2
        (e.crps_fair, (1 + 1.5 + 1 + 2 - (2 + 3 + 2 + 4) / 2) / 4),
        (e.brier_score, (0 + 0.25 + 0 + 0.25) / 4),
        # the base rate 1/2 has a score of 1/4
        (e.brier_skill, 1 - (0.5 / 4) / 0.25),
        # at each probability it occurs as often: 0 of 1, 1 of 2, 1 of 1
        (e.brier_reliability, 0.0),
        (e.brier_resolution, (0.25 + 0 + 0 + 0.25) / 4),
        # 1 above 1/2 and 0, 1/2 equal to 1/2 and above 0
        (e.roc_area, (1 + 1 + 0.5 + 1) / 4),
        # means 4, 5/2, 1, 3: errors 0, 1/2, 1, 0; variances 2, 9/2, 2, 8, by 3/2
        (c.spread_skill_ratio, math.sqrt(1.5 * 16.5 / 4) / math.sqrt(1.25 / 4)),
        (c.ensemble_spread, math.sqrt(1.5 * 16.5 / 4)),
        # 1/2 m(|y_t - y_u|) of 4, 2, 2, 3: pairs differ by 2, 2, 1, 0, 1, 1, each twice among 16
        (e.crps_skill, 1 - ((1 + 1.5 + 1 + 2 - (2 + 3 + 2 + 4) / 4) / 4) / (14 / 16 / 2)),
        (e.brier_uncertainty, 0.25),
        # ranks 1, 1, 1 or 2 (a member is equal), 1: shares 0, 7/8, 1/8
        (c.reliability_index, 1 / 3 + (7 / 8 - 1 / 3) + (1 / 3 - 1 / 8)),
        # off the diagonal by -1/3 at 1/3 and by 5/24 at 2/3; the line between crosses it
        (c.alpha_reliability, 1 - 2 * (1 / 3 / 6 + ((1 / 9 + 25 / 576) / (13 / 24)) / 6 + 5 / 24 / 6)),
        # both intervals of two members are those from one to the other, 2, 3, 2 and 4 wide
        (c.coverage_50, 1.0),
        (c.coverage_90, 1.0),
        (c.interval_width_50, 11 / 4),
        (c.interval_width_90, 11 / 4),
    ],
)
def test_score_of_two_members_equals_the_hand_calculation(function, expected) -> None:
    needs = {"threshold": 3.0} if "brier" in function.__name__ or "roc" in function.__name__ else {}
    assert function(MEMBERS, OBSERVED, **needs) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_every_score_of_ensembles_is_worked_by_hand() -> None:
    (mark,) = test_score_of_two_members_equals_the_hand_calculation.pytestmark
    assert {case[0].__name__ for case in mark.args[1]} == {metric.name for metric in ALL}


def test_reliability_table_tells_what_occurred_at_each_probability() -> None:
    table = reliability_table(MEMBERS, OBSERVED, threshold=3.0)
    assert table.forecast.tolist() == [0.0, 0.5, 1.0]
    assert table.frequency.tolist() == [0.0, 0.5, 1.0]
    assert table.share.tolist() == [0.25, 0.5, 0.25]
    assert (table.base_rate, table.uncertainty) == (0.5, 0.25)


def test_reliability_table_has_nan_where_a_probability_was_never_given() -> None:
    table = reliability_table(MEMBERS, OBSERVED, threshold=100.0, weights=[1.0, 1.0, 2.0, 0.0])
    assert table.share.tolist() == [1.0, 0.0, 0.0]
    assert table.frequency[0] == 0.0
    assert np.isnan(table.frequency[1:]).all()
    assert np.isnan(table.forecast[1:]).all()


def test_rank_histogram_counts_the_members_below_the_observation() -> None:
    # ranks 1, 1, 1 or 2, 1: the third is equal to a member
    members = np.array([[3.0, 1.0, 0.0, 5.0], [5.0, 4.0, 2.5, 1.0]])
    assert rank_histogram(members, OBSERVED).tolist() == [0.0, 1.0, 0.0]
    assert rank_histogram(members, [0.0, 9.0, 1.0, NAN], weights=[1, 1, 2, 1]).tolist() == [0.25, 0.5, 0.25]


def test_ranks_of_ties_count_in_equal_parts() -> None:
    zeros = np.zeros((3, 5))
    np.testing.assert_allclose(rank_histogram(zeros, zeros[0]), 0.25)
    # equal to two of four members, with one below
    members = np.array([[1.0], [2.0], [2.0], [3.0]])
    np.testing.assert_allclose(rank_histogram(members, [2.0]), [0.0, 1 / 3, 1 / 3, 1 / 3, 0.0], atol=1e-15)


def test_rank_histogram_leaves_out_times_at_which_a_member_is_missing() -> None:
    members = np.array([[1.0, NAN], [2.0, 2.0]])
    assert rank_histogram(members, [3.0, 3.0]).tolist() == [0.0, 0.0, 1.0]
    assert np.isnan(rank_histogram(members[:, 1:], [3.0])).all()


@pytest.mark.parametrize(("function", "method"), [(e.crps, "ecdf"), (e.crps_fair, "fair")])
def test_crps_equals_that_of_another_library(function, method) -> None:
    random = np.random.default_rng(1)
    members, observed = random.gamma(2.0, 3.0, size=(5, 7, 40)), random.gamma(2.0, 3.0, size=(5, 40))
    theirs = crps_for_ensemble(
        xr.DataArray(members, dims=("place", "member", "time")),
        xr.DataArray(observed, dims=("place", "time")),
        "member",
        method=method,
        preserve_dims="place",
    )
    np.testing.assert_allclose(function(members, observed), theirs.values, rtol=1e-10)


def test_brier_score_equals_that_of_another_library() -> None:
    random = np.random.default_rng(2)
    members, observed = random.gamma(2.0, 3.0, size=(5, 7, 40)), random.gamma(2.0, 3.0, size=(5, 40))
    theirs = brier_score_for_ensemble(
        xr.DataArray(members, dims=("place", "member", "time")),
        xr.DataArray(observed, dims=("place", "time")),
        "member",
        6.0,
        preserve_dims="place",
        fair_correction=False,
    )
    mine = e.brier_score(members, observed, threshold=6.0)
    np.testing.assert_allclose(mine, theirs.values.reshape(5), rtol=1e-10)


@settings(max_examples=40)
@given(members=ensembles, observed=observations)
def test_brier_score_is_reliability_less_resolution_plus_uncertainty(members, observed) -> None:
    exceedance = Exceedance.of(Ensemble.of(members, observed), 40.0)
    table = exceedance.table()
    expected = table.reliability - table.resolution + table.uncertainty
    assert exceedance.score == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40)
@given(members=ensembles, observed=observations)
def test_crps_of_one_member_is_the_absolute_error_and_more_members_share_it(members, observed) -> None:
    assert e.crps(members[:1], observed) == pytest.approx(np.abs(members[0] - observed).mean(), abs=1e-9)
    single = e.crps(members[:1], observed)
    assert e.crps(np.repeat(members[:1], 3, axis=0), observed) == pytest.approx(single, abs=1e-9)
    assert e.crps_fair(members, observed) <= e.crps(members, observed) + 1e-9


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
class TestEveryScore:
    def test_over_leading_axes_it_equals_one_series_at_a_time(self, metric) -> None:
        random = np.random.default_rng(3)
        members, observed = random.gamma(2.0, 2.0, size=(2, 3, 5, 40)), random.gamma(2.0, 2.0, size=(3, 40))
        members[0, 1, 2, 5:9], members[1, 0, :, 3], observed[2, 7] = NAN, NAN, NAN
        together = metric.function(members, observed, **needs_of(metric))
        assert together.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            alone = metric.function(members[i, j], observed[j], **needs_of(metric))
            assert together[i, j] == pytest.approx(alone, rel=1e-12)

    def test_it_lies_within_its_bounds(self, metric) -> None:
        random = np.random.default_rng(4)
        members, observed = random.gamma(2.0, 2.0, size=(20, 5, 30)), random.gamma(2.0, 2.0, size=(20, 30))
        values = metric.function(members, observed, **needs_of(metric))
        assert np.all((values >= metric.lowest - 1e-12) & (values <= metric.highest + 1e-12))

    def test_the_order_of_the_members_does_not_matter(self, metric) -> None:
        random = np.random.default_rng(5)
        members, observed = random.gamma(2.0, 2.0, size=(5, 30)), random.gamma(2.0, 2.0, size=30)
        expected = metric.function(members, observed, **needs_of(metric))
        assert metric.function(members[::-1], observed, **needs_of(metric)) == pytest.approx(
            expected, rel=1e-12
        )

    def test_weight_two_counts_as_the_time_twice(self, metric) -> None:
        again = [0, 1, 1, 2, 3]
        twice = metric.function(MEMBERS[:, again], OBSERVED[again], **needs_of(metric))
        mine = metric.function(MEMBERS, OBSERVED, weights=[1.0, 2.0, 1.0, 1.0], **needs_of(metric))
        assert mine == pytest.approx(twice, rel=1e-12)

    def test_missing_times_do_not_count(self, metric) -> None:
        members = np.column_stack((MEMBERS, [1.0, 9.0], [NAN, np.inf], [7.0, 7.0]))
        observed = np.concatenate((OBSERVED, [NAN, 4.0, 5.0]))
        weights = np.array([1.0, 1, 1, 1, 1, 1, 0])
        expected = metric.function(MEMBERS, OBSERVED, **needs_of(metric))
        assert metric.function(members, observed, weights=weights, **needs_of(metric)) == pytest.approx(
            expected
        )

    def test_without_a_time_it_is_nan(self, metric) -> None:
        for members, observed in ((np.full((2, 3), NAN), np.ones(3)), (np.empty((2, 0)), np.empty(0))):
            assert math.isnan(metric.function(members, observed, **needs_of(metric)))

    def test_its_definition_and_reference_are_told(self, metric) -> None:
        assert "doi:10." in metric.reference
        assert metric.definition
        assert metric.meaning.endswith(".")


@pytest.mark.parametrize(
    ("function", "ideal"),
    [(e.crps, 0.0), (e.crps_fair, 0.0), (e.brier_score, 0.0), (e.brier_skill, 1.0), (e.roc_area, 1.0)],
)
def test_score_of_members_that_all_are_right_is_ideal(function, ideal) -> None:
    needs = {"threshold": 3.0} if function not in (e.crps, e.crps_fair) else {}
    assert function(np.stack((OBSERVED, OBSERVED)), OBSERVED, **needs) == pytest.approx(ideal, abs=1e-15)


def test_spread_of_members_as_scattered_as_the_observation_is_as_large_as_the_error() -> None:
    random = np.random.default_rng(6)
    members, observed = random.normal(size=(10, 40000)), random.normal(size=40000)
    assert c.spread_skill_ratio(members, observed) == pytest.approx(1.0, abs=0.02)
    assert math.isnan(c.spread_skill_ratio(np.stack((OBSERVED, OBSERVED)), OBSERVED))
    assert math.isnan(c.spread_skill_ratio(MEMBERS[:1], OBSERVED))


def test_fair_crps_leaves_out_times_with_one_member() -> None:
    members = np.array([[3.0, 9.0], [5.0, NAN]])
    # at the first time 1 - 2/2; the second counts for the plain score alone
    assert e.crps_fair(members, [4.0, 2.0]) == pytest.approx(0.0)
    assert e.crps(members, [4.0, 2.0]) == pytest.approx((0.5 + 7.0) / 2)
    assert math.isnan(e.crps_fair(members[:1], [4.0, 2.0]))


def test_time_with_an_unknown_threshold_does_not_count() -> None:
    assert e.brier_score(MEMBERS, OBSERVED, threshold=[3.0, 3.0, NAN, NAN]) == pytest.approx(0.25 / 2)


@pytest.mark.parametrize("observed", [[1.0, 2.0, 2.0], [5.0, 6.0, 7.0]])
def test_skill_of_what_always_or_never_occurs_is_nan(observed) -> None:
    assert math.isnan(e.brier_skill(MEMBERS[:, :3], observed, threshold=3.0))
    assert math.isnan(e.roc_area(MEMBERS[:, :3], observed, threshold=3.0))


@pytest.mark.parametrize(
    ("members", "observed", "message"),
    [
        (np.ones(4), np.ones(4), "are not an ensemble and its observation"),
        (np.ones((2, 4)), 1.0, "are not an ensemble and its observation"),
        (np.ones((2, 4)), np.ones(3), "do not fit together"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(members, observed, message) -> None:
    with pytest.raises(InputError, match=message):
        e.crps(members, observed)


def test_negative_weight_and_threshold_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="a weight is negative"):
        e.crps(MEMBERS, OBSERVED, weights=[-1.0, 1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="threshold of shape"):
        e.brier_score(MEMBERS, OBSERVED, threshold=[1.0, 2.0])


def test_several_scores_share_an_ensemble() -> None:
    ensemble = Ensemble.of(MEMBERS, OBSERVED)
    assert e.crps.of(ensemble) == pytest.approx(e.crps(MEMBERS, OBSERVED))
    assert e.roc_area.of(ensemble, threshold=3.0) == pytest.approx(0.875)


def test_crps_skill_is_against_all_observations_as_members_at_each_time() -> None:
    random = np.random.default_rng(7)
    members, observed = random.gamma(2.0, 3.0, size=(5, 7, 40)), random.gamma(2.0, 3.0, size=(5, 40))
    own, climatology = (
        crps_for_ensemble(
            xr.DataArray(values, dims=("place", "member", "time")),
            xr.DataArray(observed, dims=("place", "time")),
            "member",
            method="ecdf",
            preserve_dims="place",
        ).values
        for values in (members, np.repeat(observed[:, :, None], 40, axis=2))
    )
    np.testing.assert_allclose(e.crps_skill(members, observed), 1.0 - own / climatology, rtol=1e-10)


def test_crps_skill_of_a_constant_observation_is_nan() -> None:
    assert math.isnan(e.crps_skill(np.ones((2, 50)), np.full(50, 0.1)))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
@pytest.mark.parametrize("number", [1, 2, 5, 20])
def test_quantiles_are_those_of_weibull(share, number) -> None:
    members = np.random.default_rng(8).gamma(2.0, 3.0, size=(2, number, 10))
    found = Ensemble.of(members, np.zeros((2, 10))).quantile(share)
    np.testing.assert_allclose(found, np.quantile(members, share, axis=1, method="weibull"), rtol=1e-12)


def test_intervals_of_members_as_scattered_as_the_observation_hold_what_they_promise() -> None:
    random = np.random.default_rng(9)
    members, observed = random.normal(size=(20, 40000)), random.normal(size=40000)
    assert c.coverage_50(members, observed) == pytest.approx(0.5, abs=0.01)
    assert c.coverage_90(members, observed) == pytest.approx(0.9, abs=0.01)
    assert c.reliability_index(members, observed) < 0.05
    assert c.alpha_reliability(members, observed) > 0.99
    # half as scattered: too sure
    assert c.coverage_90(members / 2.0, observed) < 0.65
    assert c.reliability_index(members / 2.0, observed) > 0.3
    assert c.alpha_reliability(members / 2.0, observed) < 0.9


def test_intervals_and_ranks_leave_out_times_at_which_a_member_is_missing() -> None:
    members = np.column_stack((MEMBERS, [9.0, NAN]))
    observed = np.append(OBSERVED, 9.5)
    for metric in (c.coverage_50, c.interval_width_90, c.reliability_index, c.alpha_reliability):
        assert metric(members, observed) == pytest.approx(metric(MEMBERS, OBSERVED))


def test_ensemble_weighed_anew_scores_as_one_made_with_the_weights() -> None:
    random = np.random.default_rng(10)
    members, observed = random.gamma(2.0, 2.0, size=(3, 5, 30)), random.gamma(2.0, 2.0, size=(3, 30))
    weights, limit = random.integers(0, 3, size=30).astype(float), 4.0
    whole = Ensemble.of(members, observed)
    for metric in ALL:
        needs = {"threshold": limit} if metric.needs else {}
        metric.function.of(whole, **needs)  # what it keeps is shared
        found = metric.function.of(whole.weighted(weights), **needs)
        expected = metric.function(members, observed, weights=weights, **needs)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_thresholds_of_one_ensemble_are_kept_apart() -> None:
    ensemble = Ensemble.of(MEMBERS, OBSERVED)
    found = [float(e.brier_score.of(ensemble, threshold=np.array(limit))) for limit in (3.0, 4.5, 0.5)]
    expected = [e.brier_score(MEMBERS, OBSERVED, threshold=limit) for limit in (3.0, 4.5, 0.5)]
    assert found == expected
