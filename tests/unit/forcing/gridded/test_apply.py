"""Means over catchments: against a plain sum, with gaps of each kind, the same bits by any threads."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded import apply
from dmod.forcing.gridded.apply import catchment_means
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.weights import Weights

WINDOW = GridWindow(5, 6, 7, 9)


def some_weights(count: int = 12, seed: int = 0) -> Weights:
    """Return random shares; the catchment before the last has none."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, count)
    lengths[-2] = 0
    offset = np.concatenate(([0], np.cumsum(lengths)))
    cell = np.concatenate([np.sort(rng.choice(WINDOW.cells, k, replace=False)) for k in lengths])
    share = np.concatenate([(s := rng.random(k) + 0.1) / s.sum() for k in lengths])
    ids = tuple(f"cat-{i}" for i in range(count))
    covered = (lengths > 0).astype(float)
    return Weights(ids, WINDOW, offset, cell.astype(np.int64), share, covered, covered)


def plain_mean(weights: Weights, field: NDArray[np.floating]) -> NDArray[np.float64]:
    matrix = np.zeros((len(weights), WINDOW.cells))
    for i in range(len(weights)):
        row = slice(weights.offset[i], weights.offset[i + 1])
        matrix[i, weights.cell[row]] = weights.share[row]
    matrix[-2] = np.nan
    return np.asarray(matrix @ field.reshape(field.shape[0], -1).T.astype(np.float64))


@pytest.mark.parametrize("steps", [1, 7, 8, 21])
@pytest.mark.parametrize("kind", ["f4", "f8", ">f4", "i2"])
def test_means_are_sums_of_shares_times_values(kind: str, steps: int) -> None:
    weights = some_weights()
    field = (np.random.default_rng(1).random((steps, 6, 9)) * 300).astype(kind)
    means = catchment_means(weights, field)
    assert means.values == pytest.approx(plain_mean(weights, field), rel=1e-13, nan_ok=True)
    assert (means.values.dtype, len(means.gaps)) == (np.float64, 0)


def test_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "FEWEST", 3)
    weights = some_weights(50)
    field = np.random.default_rng(1).random((19, 6, 9), dtype=np.float32)
    expected = catchment_means(weights, field, workers=1).values
    for workers in (2, 5, 16):
        assert np.array_equal(
            catchment_means(weights, field, workers=workers).values, expected, equal_nan=True
        )


def test_means_are_written_where_they_are_wanted() -> None:
    weights = some_weights()
    out = np.zeros((12, 30))
    field = np.ones((10, 6, 9))
    means = catchment_means(weights, field[:, ::-1], out=out[:, 5:15])
    assert means.values.base is out
    assert (out[0, 4], out[0, 5], out[0, 14], out[0, 15]) == pytest.approx((0, 1, 1, 0))


def gappy() -> tuple[Weights, NDArray[np.float64], int, int]:
    """Return weights, a field that lacks one value at step 3, and the catchment and entry concerned."""
    weights = some_weights()
    lengths = np.diff(weights.offset)
    catchment = int(np.argmax(lengths))
    entry = int(weights.offset[catchment]) + 1
    field = np.random.default_rng(2).random((9, 6, 9))
    field.reshape(9, -1)[3, weights.cell[entry]] = np.nan
    return weights, field, catchment, entry


def test_missing_value_is_refused_with_catchment_time_and_cell() -> None:
    weights, field, catchment, entry = gappy()
    times = TimeAxis(datetime(2019, 3, 1, tzinfo=UTC), 3600, 9)
    row, column = divmod(int(weights.cell[entry]), 9)
    with pytest.raises(CoverageError) as caught:
        catchment_means(weights, field, what="TMP_2maboveground", times=times)
    message = str(caught.value)
    for part in ("TMP_2maboveground", weights.ids[catchment], "2019-03-01 03:00:00", f"row {row + 5}",
                 f"column {column + 7}", "renormalise"):  # fmt: skip
        assert part in message


def test_missing_value_can_be_left_out_of_the_mean() -> None:
    weights, field, catchment, entry = gappy()
    means = catchment_means(weights, field, missing="renormalise")
    row = slice(weights.offset[catchment], weights.offset[catchment + 1])
    values = field.reshape(9, -1)[3, weights.cell[row]]
    there = np.isfinite(values)
    share = weights.share[row][there]
    assert means.values[catchment, 3] == pytest.approx((share * values[there]).sum() / share.sum(), rel=1e-13)
    at = means.gaps.catchment.tolist().index(catchment)
    assert means.gaps.share[at] == pytest.approx(weights.share[entry], rel=1e-13)
    assert set(means.gaps.step.tolist()) == {3}
    untouched = np.ones(12, dtype=bool)
    untouched[means.gaps.catchment] = False
    assert np.array_equal(
        means.values[untouched],
        catchment_means(weights, np.nan_to_num(field)).values[untouched],
        equal_nan=True,
    )


@pytest.mark.parametrize("gap", [np.nan, np.inf, -np.inf])
def test_missing_value_can_be_kept(gap: float) -> None:
    weights, field, catchment, _ = gappy()
    field[np.isnan(field)] = gap
    means = catchment_means(weights, field, missing="keep")
    assert np.isnan(means.values[catchment, 3])
    assert np.isfinite(np.delete(means.values[catchment], 3)).all()
    assert len(means.gaps) == np.isnan(np.delete(means.values, 10, axis=0)).sum()


def test_catchment_of_which_all_cells_are_missing_has_no_mean() -> None:
    weights = some_weights()
    field = np.full((2, 6, 9), np.nan)
    means = catchment_means(weights, field, missing="renormalise")
    assert np.isnan(means.values).all()
    assert means.gaps.share == pytest.approx(1.0)
    assert 10 not in means.gaps.catchment  # it has no cells: that is coverage, not a gap


def test_shares_of_both_signs_need_half_of_them_to_be_there() -> None:
    offset = np.array([0, 3])
    share = np.array([-0.3, 0.9, 0.4])
    one = np.ones(1)
    weights = Weights(("cat-1",), WINDOW, offset, np.arange(3), share, one, one, "linear")
    field = np.full((3, 6, 9), 4.0)
    field[0, 0, 0] = field[1, 0, 1] = field[2, 0, 2] = np.nan
    means = catchment_means(weights, field, missing="renormalise").values[0]
    assert means == pytest.approx([4.0, np.nan, 4.0], nan_ok=True)


def test_field_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 9, 6\), the window is 6 × 9"):
        catchment_means(some_weights(), np.zeros((2, 9, 6)))


def test_unknown_treatment_of_gaps_is_refused() -> None:
    with pytest.raises(InputError, match="no way 'ignore'"):
        catchment_means(some_weights(), np.zeros((2, 6, 9)), missing="ignore")  # type: ignore[arg-type]
