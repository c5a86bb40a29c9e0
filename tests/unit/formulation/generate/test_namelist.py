from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dmod.errors import InputError
from dmod.formulation.generate.namelist import Entry, fitting, group, hour_stamp, literal, table
from dmod.testing.namelists import read_namelist, read_table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4, "4"),
        (4.0, "4.0"),
        (0.0018709501, "0.0018709501"),
        (1e-9, "1e-09"),
        (-111.6, "-111.6"),
        ((0.0, 0.1), "0.0, 0.1"),
        ("./a/", '"./a/"'),
        ('say "so"', '"say ""so"""'),
    ],
)
def test_literal_is_what_fortran_reads(value: object, text: str) -> None:
    assert literal(value) == text


def test_group_reads_back_whatever_the_notes_say() -> None:
    entries = [
        Entry("dt", 3600.0, "it's a step / of &time"),
        Entry("place", "a b!c", 'a "word"'),
        Entry("depth", (0.1, 0.3), "\nin two lines"),
    ]
    assert read_namelist(group("timing", entries)) == {
        "timing": {"dt": 3600.0, "place": "a b!c", "depth": (0.1, 0.3)}
    }


def test_table_has_one_line_a_key_within_the_readers_buffer() -> None:
    text = table([Entry("hru_id", "cat-7", "x" * 900), Entry("uztwm", 90.5, "no\nbreak")])
    lines = text.splitlines()
    assert len(lines) == 2
    assert all(len(line) < 400 for line in lines)
    assert read_table(text) == {"hru_id": "cat-7", "uztwm": 90.5}


def test_text_that_the_reader_would_cut_is_refused() -> None:
    assert fitting("cat-1234567", 20, what="main_id") == "cat-1234567"
    with pytest.raises(InputError, match=r"main_id.*21 characters.*keeps 20"):
        fitting("c" * 21, 20, what="main_id")


def test_hour_stamp_off_the_hour_is_refused() -> None:
    assert hour_stamp(datetime(2019, 3, 1, 6, tzinfo=UTC), what="start") == "2019030106"
    with pytest.raises(InputError, match="start: 2019-03-01 06:30:00 is not on the hour"):
        hour_stamp(datetime(2019, 3, 1, 6, 30, tzinfo=UTC), what="start")
