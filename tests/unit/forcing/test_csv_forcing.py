"""CSV per catchment: files by pattern, headers, uneven times, damaged rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, InputError
from dmod.forcing.csv_forcing import find_files
from dmod.forcing.opening import open_forcing

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 3)
ROWS = ["2015-12-01 00:00:00,0.001,280", "2015-12-01 01:00:00,0.002,281", "2015-12-01 02:00:00,0.003,282"]
WANTED = [("precip_rate", "mm s-1"), ("T2D", "K")]


def write(
    folder: Path, rows: list[str], header: str = "time,precip_rate,T2D", name: str = "cat-1.csv"
) -> Path:
    (folder / name).write_text("\n".join([header, *rows]) + "\n")
    return folder


def read(folder: Path, pattern: str = "{{id}}.csv", *, check: bool = True) -> dict[str, np.ndarray]:
    source = open_forcing("", folder, pattern, ["cat-1"])
    return source.read(["cat-1"], WANTED, AXIS, check=check)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{{id}}.csv", "cat-1.csv"),
        (".*{{id}}.csv", "forcing_cat-1.csv"),
        (r"{{id}}\.csv", "cat-1.csv"),
        (".*{{id}}.*.csv", "a_cat-1_2015-12-01_2016-01-01.csv"),
        (r"{{id}}_\d{4}\.(csv|txt)", "cat-1_2015.txt"),
    ],
)
def test_files_are_found_by_pattern(tmp_path: Path, pattern: str, name: str) -> None:
    for other in (name, name.replace("cat-1", "cat-11"), "cat-1.png"):
        (tmp_path / other).touch()
    found = find_files(tmp_path, pattern, ["cat-1", "cat-2"])
    assert found["cat-1"].name == name
    assert "cat-2" not in found
    assert found["cat-11"].name == name.replace("cat-1", "cat-11")


def test_files_without_pattern_are_one_file_for_all(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    source = open_forcing("CsvPerFeature", tmp_path / "cat-1.csv", None, ["cat-1", "cat-2"])
    found = source.read(["cat-2", "cat-1"], WANTED, AXIS)["T2D"]
    np.testing.assert_array_equal(found, [[280, 281, 282]] * 2)


def test_files_none_there_is_a_coverage_error(tmp_path: Path) -> None:
    with pytest.raises(CoverageError, match="no file of the 1 catchments"):
        read(tmp_path)


def test_header_units_order_blanks_and_crlf_are_understood(tmp_path: Path) -> None:
    rows = [f"{280 + i - 273.15:.2f}, 2015-12-01 0{i}:00:00 ,x, {3.6 * i}\r" for i in range(3)]
    write(tmp_path, rows, "T2D[degC],Time,note, precip_rate (mm h-1)\r")
    found = read(tmp_path)
    np.testing.assert_allclose(found["T2D"], [[280, 281, 282]])
    np.testing.assert_allclose(found["precip_rate"], [[0, 1e-3, 2e-3]])


def test_times_in_iso_form_are_read(tmp_path: Path) -> None:
    rows = [row.replace(" ", "T", 1).replace(":00:00,", ":00:00Z,") for row in ROWS]
    np.testing.assert_array_equal(read(write(tmp_path, rows))["T2D"], [[280, 281, 282]])


@pytest.mark.parametrize("text", ["", "nan", "NA"])
def test_empty_field_is_a_missing_value(tmp_path: Path, text: str) -> None:
    rows = [ROWS[0], f"2015-12-01 01:00:00,0.002,{text}", ROWS[2]]
    with pytest.raises(CoverageError, match="T2D of cat-1 is missing at 2015-12-01 01:00:00"):
        read(write(tmp_path, rows))
    assert np.isnan(read(tmp_path, check=False)["T2D"][0, 1])


def test_gap_is_named_and_missing_without_the_check(tmp_path: Path) -> None:
    with pytest.raises(CoverageError, match="1 times are missing, the first is 2015-12-01 01:00:00"):
        read(write(tmp_path, [ROWS[0], ROWS[2]]))
    np.testing.assert_array_equal(read(tmp_path, check=False)["T2D"], [[280, np.nan, 282]])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ROWS[0], ROWS[0], ROWS[1], ROWS[2]], "stands there twice"),
        ([ROWS[0], ROWS[2], ROWS[1]], "stands after"),
        (ROWS[:2], "1 steps missing"),
    ],
)
def test_uneven_times_are_named(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(CoverageError, match=words):
        read(write(tmp_path, rows))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2015-12-01 01:00:00,0.002", "line 3: the row does not have 3 fields"),
        ("2015-12-01 01:00:00,0.002,281,5", "line 3: the row does not have 3 fields"),
        ("2015-12-01 01:00:00,0.002,warm", "line 3, column T2D: 'warm' is not a number"),
        ("yesterday,0.002,281", "line 3, column time: 'yesterday' is not a time"),
    ],
)
def test_damaged_row_names_line_and_column(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(write(tmp_path, [ROWS[0], row, ROWS[2]]))


def test_file_without_time_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column named time"):
        read(write(tmp_path, ROWS, "when,precip_rate,T2D"))


def test_pattern_that_is_no_expression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="regular expression"):
        read(write(tmp_path, ROWS), "({{id}}.txt")
