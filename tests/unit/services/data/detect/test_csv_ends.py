"""First and last lines of files, however long the lines and the files are."""

from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.services.data.detect.csv_ends import Ends, read_ends, seconds, span_of, stamps_of


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 200])
@pytest.mark.parametrize("width", [3, 30, 300])
@pytest.mark.parametrize("piece", [1, 16, 64, 1000])
@pytest.mark.parametrize("end", ["", "\n"])
def test_ends_are_whole_lines_from_both_ends(
    tmp_path: Path, count: int, width: int, piece: int, end: str
) -> None:
    lines = tuple(f"{number:0{width}}" for number in range(count))
    (tmp_path / "a").write_text("\n".join(lines) + end)
    ends = read_ends(tmp_path / "a", piece)
    assert ends.head == lines[: len(ends.head)]
    assert ends.tail == lines[count - len(ends.tail) :]
    assert len(ends.head) >= min(3, count)
    assert len(ends.tail) >= min(2, count)


def test_ends_of_a_large_file_are_a_small_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("0123456789\n" * 200_000)
    ends = read_ends(tmp_path / "a")
    assert 100 < len(ends.head) < 1000
    assert 100 < len(ends.tail) < 1000


def test_marks_and_line_ends_of_other_systems_are_no_part_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbftime,a\r\n1,2\r\n\r\n")
    assert read_ends(tmp_path / "a").head == ("time,a", "1,2")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"time\n\xff\xfe\n")
    with pytest.raises(InputError, match="is no UTF-8 text"):
        read_ends(tmp_path / "a")


def test_single_row_is_the_first_and_the_last() -> None:
    lines = ("time,a", "2020-01-01,1")
    assert stamps_of(Ends(lines, lines), 0, "a", header=True) == (["2020-01-01"], ["2020-01-01"])


@pytest.mark.parametrize("stamp", ["2020-01-01 01:00:00", "2020-01-01T01:00:00Z", '"2020-01-01 02:00+01:00"'])
def test_stamps_with_and_without_a_zone_are_utc(stamp: str) -> None:
    assert seconds(stamp, "a") == 1577840400


def test_span_of_unequal_steps_is_uneven() -> None:
    hours = [f"2020-01-01 0{hour}:00:00" for hour in range(6)]
    assert span_of(hours[:2], hours[4:], "a").is_even
    assert not span_of(hours[:2], [hours[2], hours[5]], "a").is_even
    with pytest.raises(InputError, match="a: its times do not rise"):
        span_of(hours[4:], hours[:2], "a")
