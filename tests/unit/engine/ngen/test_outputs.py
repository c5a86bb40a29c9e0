"""What the framework wrote is read to the last bit, and every way to be incomplete names file and line."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import dmod.engine.ngen.outputs as module
from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.outputs import Group, Outputs, open_outputs
from dmod.errors import BackendError

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 30)
IDS = tuple(f"cat-{number}" for number in (11, 7, 300, 4))
COLUMNS = ("Q_OUT", "ACTUAL_ET")
GROUP = Group(np.arange(len(IDS)), COLUMNS)
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.fixture
def values() -> Array:
    """Return numbers (column, catchment, time) of all sizes."""
    generator = np.random.default_rng(3)
    found = generator.lognormal(-8.0, 6.0, (len(COLUMNS), len(IDS), AXIS.count))
    found[1, 0, :4] = (0.0, -1.5, 5e-324, 1.7976931348623157e308)
    return found


def row(values: Array, catchment: int, step: int) -> str:
    numbers = ",".join(f"{value:.17g}" for value in values[:, catchment, step])
    return f"{step},{AXIS.labels()[step]},{numbers}\n"


def write_separate(folder: Path, values: Array, rows: Iterator[int] | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for catchment in range(len(IDS)) if rows is None else rows:
        lines = [row(values, catchment, step) for step in range(AXIS.count)]
        (folder / f"{IDS[catchment]}.csv").write_text("Time Step,Time,Q_OUT,ACTUAL_ET\n" + "".join(lines))


def write_together(path: Path, values: Array, rows: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["catchment_id,Time Step,Time,Q_OUT,ACTUAL_ET\n"]
    shuffle = random.Random(1)
    for step in range(AXIS.count):
        order = list(rows)
        shuffle.shuffle(order)
        lines += [f"{IDS[c]},{row(values, c, step)}" for c in order]
    path.write_text("".join(lines))


def gathered(outputs: Outputs, chunk: int = AXIS.count) -> Array:
    found = np.full((len(COLUMNS), len(IDS), AXIS.count), np.nan)
    for first in range(0, AXIS.count, chunk):
        end = min(first + chunk, AXIS.count)
        for piece in outputs.pieces:
            for begin in range(first, end, piece.steps):
                count = min(piece.steps, end - begin)
                found[:, piece.rows, begin : begin + count] = piece.read(begin, count)
    for piece in outputs.pieces:
        piece.finish()
    return found


def opened(folder: Path, **more: int) -> Outputs:
    return open_outputs(folder, IDS, [GROUP], AXIS, **more)


@pytest.mark.parametrize("chunk", [1, 7, 24, 30])
@pytest.mark.parametrize("workers", [1, 3])
def test_files_of_catchments_are_read_to_the_last_bit(
    tmp_path: Path, values: Array, chunk: int, workers: int
) -> None:
    write_separate(tmp_path, values)
    assert np.array_equal(gathered(opened(tmp_path, workers=workers), chunk), values)


@pytest.mark.parametrize("chunk", [1, 7, 30])
def test_one_file_of_all_catchments_is_read_in_whatever_order_they_come(
    tmp_path: Path, values: Array, chunk: int
) -> None:
    write_together(tmp_path / "cat_output.csv", values, [2, 0, 3, 1])
    assert np.array_equal(gathered(opened(tmp_path), chunk), values)


def test_file_of_all_is_read_in_pieces_where_it_is_large(
    tmp_path: Path, values: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", 32 * 16 * len(IDS) * 4)
    write_together(tmp_path / "cat_output.csv", values, [0, 1, 2, 3])
    outputs = opened(tmp_path)
    assert outputs.pieces[0].steps == 4
    assert np.array_equal(gathered(outputs), values)


def test_files_of_ranks_are_found_in_their_folders(tmp_path: Path, values: Array) -> None:
    write_separate(tmp_path / "rank_0", values, iter([0, 3]))
    write_separate(tmp_path, values, iter([1]))
    write_together(tmp_path / "rank_1" / "cat_rank_1.csv", values, [2])
    assert np.array_equal(gathered(opened(tmp_path)), values)


def test_catchments_of_two_formulations_have_columns_of_their_own(tmp_path: Path, values: Array) -> None:
    write_separate(tmp_path, values, iter([0, 1, 2]))
    (tmp_path / "cat-4.csv").write_text(
        "Time Step,Time,flow\n" + "".join(f"{i},{label},{i}\n" for i, label in enumerate(AXIS.labels()))
    )
    groups = [Group(np.array([3]), ("flow",)), Group(np.array([0, 1, 2]), COLUMNS)]
    outputs = open_outputs(tmp_path, IDS, groups, AXIS)
    by_group = {piece.group: piece.read(0, AXIS.count) for piece in outputs.pieces}
    assert np.array_equal(by_group[0], np.arange(AXIS.count, dtype=float)[None, None])
    assert by_group[1].shape[0] == len(COLUMNS)


def test_numbers_that_are_none_are_read_as_such(tmp_path: Path, values: Array) -> None:
    write_separate(tmp_path, values)
    path = tmp_path / "cat-7.csv"
    lines = path.read_text().splitlines()
    lines[3] = f"2,{AXIS.labels()[2]},-nan,inf"
    path.write_text("\n".join(lines) + "\n")
    found = gathered(opened(tmp_path))
    assert np.isnan(found[0, 1, 2])
    assert found[1, 1, 2] == np.inf
    assert np.isfinite(np.delete(found[0, 1], 2)).all()


Spoil = Callable[[list[str]], list[str]]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: lines[:21], r"ends after line 21, 10 rows are missing"),
        (lambda lines: [*lines[:9], lines[9][:25], *lines[10:]], r"line 10: the row does not have 4 fields"),
        (
            lambda lines: [*lines[:9], f"{lines[9]},5", *lines[10:]],
            r"line 10: the row does not have 4 fields",
        ),
        (lambda lines: [*lines, lines[-1]], r"line 32: there are more rows"),
        (
            lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
            r"line 6: the row is of 2015-12-01 05:00:00, wanted 2015-12-01 04:00:00",
        ),
        (
            lambda lines: [*lines[:5], lines[5].replace(",2015-12-01 04:00:00,", ",4 o'clock,"), *lines[6:]],
            r"line 6, column Time: \"4 o'clock\" is not a time",
        ),
        (
            lambda lines: [*lines[:5], lines[5].rpartition(",")[0] + ",much", *lines[6:]],
            r"line 6, column ACTUAL_ET: 'much' is not a number",
        ),
        (
            lambda lines: ["Time Step,Time,Q_OUT", *lines[1:]],
            r"line 1: the columns are Time Step,Time,Q_OUT, ",
        ),
        (lambda lines: [], r"line 1: the columns are"),
    ],
    ids=["short", "torn", "wide", "long", "swapped", "time", "word", "heading", "empty"],
)
def test_file_that_is_not_complete_is_refused_with_its_line(
    tmp_path: Path, values: Array, spoil: Spoil, said: str
) -> None:
    write_separate(tmp_path, values)
    path = tmp_path / "cat-300.csv"
    lines = spoil(path.read_text().splitlines())
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(BackendError, match=said) as caught:
        gathered(opened(tmp_path))
    assert str(path) in caught.value.message


def test_last_number_that_may_be_cut_off_is_refused(tmp_path: Path, values: Array) -> None:
    write_separate(tmp_path, values)
    path = tmp_path / "cat-300.csv"
    path.write_text(path.read_text()[:-3])
    with pytest.raises(BackendError, match="line 31: the last line is not complete"):
        gathered(opened(tmp_path))


def test_catchments_without_a_file_are_named(tmp_path: Path, values: Array) -> None:
    write_separate(tmp_path, values, iter([0, 3]))
    with pytest.raises(BackendError, match=r"2 catchments \(cat-7, cat-300\)") as caught:
        opened(tmp_path)
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda lines: [*lines[:5], lines[5].replace(lines[5].split(",")[0], "cat-9"), *lines[6:]],
            "cat-9 was",
        ),
        (lambda lines: [*lines[:6], lines[5], *lines[7:]], "rows of cat-"),
        (lambda lines: lines[:-1], "1 rows are missing"),
        (lambda lines: ["catchment_id,Time Step,Time,Q", *lines[1:]], "line 1: the columns are"),
        (lambda lines: lines[:1], "there is no row of step 0"),
        (lambda lines: [lines[0], lines[1].replace("cat-", "dog-"), *lines[2:]], "not of the run"),
    ],
    ids=["stranger", "twice", "short", "heading", "empty", "other"],
)
def test_file_of_all_catchments_that_is_not_complete_is_refused(
    tmp_path: Path, values: Array, spoil: Spoil, said: str
) -> None:
    path = tmp_path / "cat_output.csv"
    write_together(path, values, [0, 1, 2, 3])
    path.write_text("".join(f"{line}\n" for line in spoil(path.read_text().splitlines())))
    with pytest.raises(BackendError, match=said) as caught:
        gathered(opened(tmp_path))
    assert str(path) in caught.value.message


def test_catchments_in_two_files_are_refused(tmp_path: Path, values: Array) -> None:
    write_together(tmp_path / "rank_0" / "cat_rank_0.csv", values, [0, 1])
    write_together(tmp_path / "rank_1" / "cat_rank_1.csv", values, [1, 2, 3])
    with pytest.raises(BackendError, match=r"1 catchments twice \(cat-7\)"):
        opened(tmp_path)
