"""Times of columns, whatever zones they carry."""

import numpy as np
import pandas as pd
import pytest

from dmod.errors import InputError
from dmod.services.evaluation.stamps import seconds_of


def hours(texts: list[str | None], zone: str = "UTC") -> list[float]:
    seconds, known = seconds_of(pd.Series(texts, dtype=object), zone, "p")
    start = np.datetime64("2022-12-01", "s").astype(np.int64)
    return [(s - start) / 3600 if k else float("nan") for s, k in zip(seconds.tolist(), known, strict=True)]


def test_times_with_zones_of_several_forms_are_converted() -> None:
    texts = ["2022-11-30T18:15:00.000-0500", "2022-11-30T19:00:00.000-05:00", "2022-12-01 01:00:00+00:00"]
    assert hours([*texts, "2022-12-01T02:00Z"]) == [-0.75, 0.0, 1.0, 2.0]


def test_times_without_a_zone_are_of_the_stated_one() -> None:
    texts = ["2022-12-01 00:00", "2022-12-01", "2022-12-01T00:00:00Z"]
    assert hours(texts) == [0.0, 0.0, 0.0]
    assert hours(texts, "America/New_York") == [5.0, 5.0, 0.0]
    assert hours(["2022-12-01 00:00"], "-07:00") == [7.0]
    assert hours(["2022-12-01 00:00"], "MST") == [7.0]


def test_missing_time_is_not_known() -> None:
    assert np.isnan(hours([None, "2022-12-01"])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("texts", "zone", "said"),
    [
        (["2022-12-01", "noon"], "UTC", "p: row 2: 'noon' is not a time"),
        (["12/01/2022 00:00"], "UTC", "p: row 1: '12/01/2022 00:00' is not a time"),
        (["2022-03-13 02:30"], "America/New_York", "p: a time does not exist, or occurs twice"),
        (["2022-11-06 01:30"], "America/New_York", "p: a time does not exist, or occurs twice"),
        (["2022-11-06"], "Mars/Olympus", "p: zone 'Mars/Olympus' is not known"),
    ],
)
def test_time_that_is_none_is_refused(texts: list[str], zone: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        seconds_of(pd.Series(texts), zone, "p")
    assert said in caught.value.message
