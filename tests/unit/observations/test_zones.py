"""Time zones of gauges, and times on their clocks."""

from __future__ import annotations

from datetime import UTC

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.observations.zones import offset_text, parse_zone, standard_offset, utc_times


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("MST", -7),
        ("mdt", -6),
        ("UTC", 0),
        ("-07:00", -7),
        ("UTC-7", -7),
        ("+0530", 5.5),
        ("America/Denver", -7),
        ("Pacific/Guam", 10),
        ("GST", 10),
    ],
)
def test_zone_is_read_with_its_standard_time(text: str, hours: float) -> None:
    assert standard_offset(parse_zone(text)) == hours * 3600


@pytest.mark.parametrize("text", ["", "XYZT", "+25:00", "../../etc/passwd", "Mars/Olympus"])
def test_zone_that_is_none_raises(text: str) -> None:
    with pytest.raises(InputError, match="not known"):
        parse_zone(text, what="--zone")


def test_times_of_the_hour_that_occurs_twice_are_told_apart_by_their_zone() -> None:
    texts = ["2019-11-03 01:30", "2019-11-03 01:30"]
    times = utc_times(texts, [parse_zone("MDT"), parse_zone("MST")], str)
    assert times.tolist() == np.array(["2019-11-03T07:30", "2019-11-03T08:30"], "datetime64[s]").tolist()


def test_time_that_is_none_raises_with_its_place() -> None:
    with pytest.raises(InputError, match="row 1: 'soon' is not a time"):
        utc_times(["2019-11-03", "soon"], UTC, lambda row: f"row {row}")


def test_offset_is_written_with_sign_and_minutes() -> None:
    assert [offset_text(s) for s in (-25200, 0, 19800)] == ["-07:00", "+00:00", "+05:30"]
