"""Gaps are filled as the method says, the same however the period is cut, and recorded."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.core.variables import PRECIPITATION, TEMPERATURE
from dmod.errors import CoverageError, InputError
from dmod.forcing.fill import METHODS, FilledSource, parse_methods

HEAT = (TEMPERATURE.name, "K")
RAIN = (PRECIPITATION.name, "mm s-1")
NAN = np.nan


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("linear", [1, 1, 2, 3, 4, 4]),
        ("previous", [1, 1, 1, 1, 4, 4]),
        ("nearest", [1, 1, 1, 4, 4, 4]),
        ("zero-precipitation", [0, 1, 0, 0, 4, 0]),
    ],
)
def test_method_fills_as_documented(name: str, filled: list[float]) -> None:
    series = np.array([NAN, 1, NAN, NAN, 4, NAN])
    METHODS[name][0](series, np.isnan(series))
    np.testing.assert_allclose(series, filled)


def test_methods_unknown_or_none_are_refused() -> None:
    assert parse_methods("zero-precipitation, linear") == ("zero-precipitation", "linear")
    for text in ("cubic", "", "linear,cubic"):
        with pytest.raises(InputError, match="--fill"):
            parse_methods(text)


@pytest.mark.parametrize("size", [48, 7, 1])
def test_filled_source_does_not_depend_on_windows(opened, values, axis, ids, size) -> None:
    expected = values["TMP_2maboveground"].copy()
    expected[1, 10:14] = np.interp(range(10, 14), [9, 14], expected[1, [9, 14]])
    expected[2, 0] = expected[2, 1]
    values["TMP_2maboveground"][1, 10:14] = NAN
    values["TMP_2maboveground"][2, 0] = NAN
    source = FilledSource(opened(values), ["linear"])
    parts = [source.read(ids, [HEAT], window)[HEAT[0]] for window in axis.chunks(size)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, rtol=1e-12)
    gaps = [(gap.catchment, gap.first, gap.last, gap.count, gap.method) for gap in source.record]
    assert sorted(gaps) == [
        ("cat-2", "2015-12-01 10:00:00", "2015-12-01 13:00:00", 4, "linear"),
        ("cat-30", "2015-12-01 00:00:00", "2015-12-01 00:00:00", 1, "linear"),
    ]


def test_filled_source_zero_is_for_rain_only(opened, values, axis, ids) -> None:
    values["precip_rate"][0, 3] = NAN
    values["TMP_2maboveground"][0, 5] = NAN
    source = FilledSource(opened(values), ["zero-precipitation"])
    assert source.read(ids, [RAIN], axis)[RAIN[0]][0, 3] == 0
    with pytest.raises(CoverageError, match=r"TMP_2maboveground of cat-4 .*cannot fill it"):
        source.read(ids, [HEAT], axis)


def test_filled_source_series_without_any_value_is_refused(opened, values, axis, ids) -> None:
    values["TMP_2maboveground"][3] = NAN
    with pytest.raises(CoverageError, match="cat-1"):
        FilledSource(opened(values), ["linear"]).read(ids, [HEAT], axis)


def test_filled_source_still_refuses_impossible_values_and_short_periods(opened, values, axis, ids) -> None:
    values["TMP_2maboveground"][3, 2] = 20.0
    source = FilledSource(opened(values), ["linear"])
    with pytest.raises(InputError, match="cat-1 is 20 K"):
        source.read(ids, [HEAT], axis)
    with pytest.raises(CoverageError, match="steps missing"):
        source.read(ids[:1], [HEAT], TimeAxis(axis.start, 3600, 60))
