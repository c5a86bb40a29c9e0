"""Block bootstrap: draws as weights give what drawn copies give, and intervals cover what they should."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation import block_scores, uncertainty
from dmod.evaluation.block_scores import score_block
from dmod.evaluation.draws import DrawnSample, Draws
from dmod.evaluation.metric import Group
from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.sample import MetricFunction, Sample
from dmod.evaluation.uncertainty import confidence_intervals, drawn_scores

DRAWN = [
    metric
    for metric in METRICS.values()
    if isinstance(metric.function, MetricFunction) and metric.group != Group.ENSEMBLE
]
OTHERS = {Group.CATEGORICAL, Group.EVENT, Group.SIGNATURE, Group.ENSEMBLE}
# copies one after the other have no place in time of their own
COPIED = [
    metric
    for metric in DRAWN
    if metric.group not in OTHERS and "times" not in metric.needs and metric.name != "volume_error"
]


@pytest.fixture(scope="module")
def series() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(11)
    observed = np.round(random.gamma(0.6, 4.0, size=(3, 200)), 1) + 0.1
    simulated = np.round(observed * random.lognormal(0.0, 0.3, size=(3, 200)), 1) + 0.05
    observed[0, 30:70] = np.nan
    observed[2] = 5.0
    return simulated, observed


def needs_of(metric) -> dict[str, object]:
    known = {"threshold": np.array(2.0), "dt": 86400.0, "times": 24.0 * np.arange(200)}
    return {need: known[need] for need in metric.needs}


@pytest.mark.parametrize("stride", [None, 5])
@pytest.mark.parametrize("metric", DRAWN, ids=lambda metric: metric.name)
def test_all_draws_at_once_equal_each_draw_with_its_weights(metric, stride, series) -> None:
    draws = Draws.of(200, 20, samples=6, seed=3, stride=stride)
    weights = np.random.default_rng(4).random(200)
    sample = Sample.of(*series, weights)
    together = drawn_scores(metric, sample, draws, **needs_of(metric))
    assert together.shape == (6, 3)
    for draw in range(6):
        repeats = draws.repeats(slice(draw, draw + 1))
        # floods and signatures of a draw are those of the whole, however often each is taken
        of_whole = metric.group in {Group.EVENT, Group.SIGNATURE}
        one = sample.drawn(repeats) if of_whole else Sample.of(*series, weights, repeats=repeats[0])
        alone = np.squeeze(metric.function.of(one, **needs_of(metric)))
        assert together[draw] == pytest.approx(alone, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("metric", COPIED, ids=lambda metric: metric.name)
def test_draw_as_weights_equals_blocks_copied_one_after_the_other(metric, series) -> None:
    draws = Draws.of(200, 25, samples=5, seed=8)
    found = drawn_scores(metric, Sample.of(*series), draws)
    for draw in range(5):
        copied = np.repeat(np.arange(200), draws.repeats(slice(draw, draw + 1))[0].astype(int))
        expected = metric.function(series[0][:, copied], series[1][:, copied])
        assert found[draw] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


def test_volume_of_a_draw_counts_a_block_as_often_as_it_is_taken() -> None:
    error = np.array([1.0, 1.0, 10.0, 10.0])
    draws = Draws.of(4, 2, samples=30, seed=0)
    found = drawn_scores(METRICS["volume_error"], Sample.of(error, np.zeros(4), [1, 1, 1, 0]), draws, dt=2.0)
    # two blocks each time: 1 + 1 and 10 alone, for its second pair has no weight
    assert found.tolist() == (draws.taken @ [2.0, 10.0] * 2.0).tolist()


def test_annual_peak_counts_as_often_as_its_year_is_drawn() -> None:
    # two water years of two pairs each: errors of 10 % and of 50 %
    times = [0.0, 1.0, 6552.0, 6553.0]
    sample = Sample.of([11.0, 1.0, 1.0, 15.0], [10.0, 1.0, 1.0, 10.0])
    draws = Draws.of(4, 2, samples=20, seed=1)
    found = drawn_scores(METRICS["annual_peak_error"], sample, draws, times=times)
    assert found == pytest.approx(draws.taken @ [10.0, 50.0] / 2.0)
    assert {tuple(taken) for taken in draws.taken.tolist()} == {(2.0, 0.0), (1.0, 1.0), (0.0, 2.0)}


def test_peak_of_a_draw_is_that_of_the_blocks_it_takes() -> None:
    sample = Sample.of([1.0, 2.0, 9.0, 3.0], [1.0, 4.0, 6.0, 2.0])
    draws = Draws.of(4, 2, samples=20, seed=1)
    found = drawn_scores(METRICS["peak_error"], sample, draws)
    assert found == pytest.approx(np.where(draws.taken[:, 1] > 0, 50.0, -50.0))


def test_draws_take_as_many_blocks_as_the_series_has() -> None:
    draws = Draws.of(100, 10, samples=50, seed=2)
    assert draws.taken.shape == (50, 10)
    assert (draws.taken.sum(axis=1) == 10).all()
    assert (draws.repeats(slice(0, 50)).sum(axis=1) == 100).all()


def test_moving_blocks_stay_together_and_may_begin_anywhere() -> None:
    draws = Draws.of(30, 6, samples=200, seed=2, stride=2)
    assert draws.taken.shape == (200, 15)
    assert (draws.taken.sum(axis=1) == 15).all()
    one = Draws.of(12, 6, samples=200, seed=2, stride=6)
    assert (one.taken.sum(axis=1) == 2).all()
    # what is taken last is the end of a block of three stretches
    assert (draws.taken[:, 1] >= draws.taken[:, 0]).all()
    assert (draws.taken[:, -2] >= draws.taken[:, -1]).all()


def test_draws_of_one_seed_are_the_same_and_of_another_are_not() -> None:
    one, same = (Draws.of(100, 10, samples=9, seed=2).taken for _ in range(2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, Draws.of(100, 10, samples=9, seed=3).taken)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 19, "block": 10, "samples": 5}, "fewer than two blocks"),
        ({"size": 90, "block": 0, "samples": 5}, "cannot be made"),
        ({"size": 90, "block": 10, "samples": 0}, "cannot be made"),
        ({"size": 90, "block": 10, "samples": 5, "stride": 3}, "multiple of the stride"),
    ],
)
def test_draws_that_cannot_be_made_raise(arguments, message) -> None:
    with pytest.raises(InputError) as caught:
        Draws.of(**arguments, seed=0)
    assert message in f"{caught.value} {caught.value.hint}"


def test_draws_of_another_length_raise(series) -> None:
    with pytest.raises(InputError, match="do not fit a series of 200"):
        drawn_scores(METRICS["nse"], Sample.of(*series), Draws.of(100, 10, samples=2, seed=0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_level_that_is_not_a_share_raises(level, series) -> None:
    with pytest.raises(InputError, match="level"):
        confidence_intervals(*series, ["nse"], Draws.of(200, 20, samples=2, seed=0), level=level)


def test_sample_of_draws_refuses_what_depends_on_single_pairs(series) -> None:
    drawn = DrawnSample.of_draws(Sample.of(*series), Draws.of(200, 20, samples=2, seed=0))
    with pytest.raises(TypeError, match="none of means"):
        _ = drawn.spread_observed


@pytest.mark.parametrize("at_once", [1, 900, 1 << 17])
def test_intervals_do_not_depend_on_how_places_are_divided(series, at_once, monkeypatch) -> None:
    draws = Draws.of(200, 20, samples=50, seed=3)
    names = ["nse", "peak_error", "spearman"]
    whole = confidence_intervals(*series, names, draws)
    for module in (block_scores, uncertainty):
        monkeypatch.setattr(module, "VALUES_AT_ONCE", at_once)
    divided = confidence_intervals(*series, names, draws)
    for name in names:
        for end in ("low", "high", "defined"):
            np.testing.assert_allclose(
                getattr(whole[name], end), getattr(divided[name], end), rtol=1e-10, err_msg=name
            )


def test_interval_is_that_of_the_percentiles_of_the_draws(series) -> None:
    draws = Draws.of(200, 20, samples=99, seed=3)
    found = confidence_intervals(*series, ["kge"], draws, level=0.8)["kge"]
    scores = drawn_scores(METRICS["kge"], Sample.of(*series), draws)
    assert found.low[:2] == pytest.approx(np.quantile(scores[:, :2], 0.1, axis=0))
    assert found.high[:2] == pytest.approx(np.quantile(scores[:, :2], 0.9, axis=0))
    assert found.defined.tolist() == [99, 99, 0]


def test_interval_of_a_score_that_most_draws_lack_is_not_told() -> None:
    # pairs in one of ten blocks alone: a third of the draws have none, in the others flow is constant
    observed = np.full(100, np.nan)
    observed[:10] = 1.0
    draws = Draws.of(100, 10, samples=200, seed=5)
    found = confidence_intervals(np.ones(100), observed, ["mae", "nse"], draws)
    assert 100 < found["mae"].defined < 160
    assert (found["mae"].low, found["mae"].high) == (0.0, 0.0)
    assert found["nse"].defined == 0
    assert np.isnan(found["nse"].low)


def test_memory_does_not_grow_with_the_number_of_places(monkeypatch) -> None:
    for module in (block_scores, uncertainty):
        monkeypatch.setattr(module, "VALUES_AT_ONCE", 2000)
    draws = Draws.of(200, 20, samples=20, seed=0)
    random = np.random.default_rng(0)
    observed = random.gamma(1.0, 2.0, size=(120, 200))
    peaks = []
    for places in (10, 120):
        simulated = observed[:places] * random.lognormal(0.0, 0.2, size=(places, 200))
        tracemalloc.start()
        confidence_intervals(simulated, observed[:places], ["kge", "peak_error"], draws)
        score_block(simulated, observed[:places], ["nse", "spearman", "low_flow_bias"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # what is found at a place, and nothing of the 32 kB of its pairs in all draws
    assert peaks[1] < 2 * peaks[0]


def test_intervals_cover_the_true_value_about_as_often_as_they_say() -> None:
    # errors with the variance 1: the true mean square is 1; of 300 places about 285 intervals hold it
    random = np.random.default_rng(0)
    errors = random.standard_normal((300, 400))
    draws = Draws.of(400, 8, samples=300, seed=1)
    found = confidence_intervals(errors, np.zeros(400), ["rmse"], draws)["rmse"]
    covered = np.mean((found.low <= 1.0) & (found.high >= 1.0))
    assert 0.88 < covered < 0.99


def test_blocks_make_intervals_of_persistent_errors_wider_than_single_pairs_do() -> None:
    random = np.random.default_rng(0)
    errors = np.repeat(random.standard_normal((20, 40)), 10, axis=-1)
    wide, narrow = (
        confidence_intervals(
            errors, np.zeros(400), ["mean_error"], Draws.of(400, block, samples=200, seed=1)
        )["mean_error"]
        for block in (10, 1)
    )
    assert ((wide.high - wide.low) > 2.0 * (narrow.high - narrow.low)).all()
