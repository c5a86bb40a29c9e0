"""Numbers read from text are the nearest doubles; what is not a plain number is left to the caller."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.core.number_parse import DONE, NUMBER, RAGGED, TIME, read_rows

STAMP = "2015-12-01 00:00:00"


def read(text: str, columns: int = 2) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    encoded = text.encode()
    data = np.zeros(len(encoded) + 32, np.uint8)
    data[: len(encoded)] = np.frombuffer(encoded, np.uint8)
    data[len(encoded)] = 10
    rows = text.count("\n") + 1
    times, values = np.zeros(rows, np.int64), np.full((columns - 1, rows), -999.0)
    position = np.zeros(4, np.int64)
    targets = np.arange(-1, columns - 1)
    return read_rows(data, len(encoded), targets, 0, times, values, position), times, values, position


def number(text: str) -> float | None:
    code, _, values, _ = read(f"{STAMP},{text}\n")
    return float(values[0, 0]) if code == DONE else None


@pytest.mark.parametrize(
    "text",
    ["0", "-0", "1", "00012.5", ".5", "5.", "+3", " 1.042", "230.52 ", "1e-5", "2E+3", "9007199254740992",
     "1e22", "8.5e22", "0.1", "102407.4", "0.30000000000000004", "1.7976931348623157e308",
     "123456789012345678"],
)  # fmt: skip
def test_number_plain_text_is_the_nearest_double(text: str) -> None:
    value = number(text)
    assert value is not None
    assert np.float64(value).tobytes() == np.float64(float(text)).tobytes()


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".17g", ".9g", ".15g", ".6f"]))
def test_number_any_double_is_exact_or_left_to_python(value: float, form: str) -> None:
    text = format(value, form)
    found = number(text)
    assert found is None or np.float64(found).tobytes() == np.float64(float(text)).tobytes()


def test_number_long_digits_are_exact_and_rarely_left_to_python() -> None:
    rng = np.random.default_rng(3)
    left = 0
    for value in (rng.random(3000) * 10.0 ** rng.integers(-20, 20, 3000)).tolist():
        found = number(f"{value:.17g}")
        left += found is None
        assert found is None or found == value
    assert left < 30


@pytest.mark.parametrize("text", ["", "nan", "1.2.3", "abc", "1e", "-", "12a", "1e400", "4e-320"])
def test_number_other_text_is_left_to_the_caller(text: str) -> None:
    assert read(f"{STAMP},{text}\n")[0] == NUMBER


@pytest.mark.parametrize("text", [f"{STAMP}\n", f"{STAMP},1,2\n", f"{STAMP},1\n{STAMP}"])
def test_rows_with_wrong_field_count_are_ragged(text: str) -> None:
    assert read(text)[0] == RAGGED


def test_rows_carriage_returns_blank_lines_and_no_last_newline_are_read() -> None:
    code, times, values, position = read(f"{STAMP},1\r\n\r\n\n2015-12-01 01:00:00, 2 ")
    assert code == DONE
    assert position[0] == 2
    assert values[0, :2].tolist() == [1.0, 2.0]
    assert times[:2].tolist() == [1448928000, 1448931600]


@given(st.datetimes(min_value=datetime(1970, 1, 1)))
def test_time_any_stamp_matches_the_calendar(time: object) -> None:
    stamp = np.datetime64(time, "s")  # type: ignore[call-overload]
    text = str(stamp).replace("T", " ")
    code, times, _, _ = read(f"{text},1\n")
    assert code == DONE
    assert times[0] == stamp.astype(np.int64)


@pytest.mark.parametrize(
    "text", ["2015-12-01", "2015-13-01 00:00:00", "12/01/2015 00:00:00", "2015-12-01 24:00:00"]
)
def test_time_other_text_is_left_to_the_caller(text: str) -> None:
    assert read(f"{text},1\n")[0] == TIME
