"""Everything wrong with forcing is found at once, with catchment, time, value and a way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis
from dmod.core.variables import PRECIPITATION, TEMPERATURE
from dmod.forcing.checks import describe_coverage, find_forcing_problems
from dmod.forcing.opening import open_forcing

WANTED = [(PRECIPITATION.name, "mm h-1"), (TEMPERATURE.name, "K"), ("PSFC", "Pa")]


def by_code(problems: list[Problem]) -> dict[str, Problem]:
    assert len({problem.code for problem in problems}) == len(problems)
    return {problem.code: problem for problem in problems}


def test_sound_forcing_has_no_problems(opened, values, axis, ids) -> None:
    assert find_forcing_problems(opened(values), ids, axis, WANTED) == []


def test_missing_and_surplus_catchments_are_listed(opened, values, axis, ids) -> None:
    found = by_code(find_forcing_problems(opened(values), [*ids[1:], "cat-8", "cat-9"], axis, WANTED))
    assert found["forcing-missing-catchment"].ids == ("cat-8", "cat-9")
    assert found["forcing-missing-catchment"].is_error
    assert found["forcing-surplus-catchment"].ids == (ids[0],)
    assert not found["forcing-surplus-catchment"].is_error
    assert len(found) == 2


def test_missing_and_impossible_values_are_counted_with_the_first(opened, values, axis, ids) -> None:
    values["precip_rate"][1, 4:6] = np.nan
    values["precip_rate"][3, 7] = np.nan
    values["TMP_2maboveground"] -= 273.15
    found = by_code(find_forcing_problems(opened(values), ids, axis, WANTED))
    missing = found["forcing-missing-value"]
    assert "precip_rate: 3 values are missing" in missing.message
    assert set(missing.ids) == {ids[1], ids[3]}
    assert "--fill" in missing.hint
    heat = found["forcing-out-of-range"]
    assert "192 values are outside 170 to 340 K" in heat.message
    assert "2015-12-01 00:00:00" in heat.message
    assert "degrees Celsius" in heat.hint


def test_values_outside_the_run_are_not_looked_at(opened, values, axis, ids) -> None:
    values["precip_rate"][0, 40] = -1.0
    source = opened(values)
    assert find_forcing_problems(source, ids, axis.window(0, 40), WANTED) == []
    assert len(find_forcing_problems(source, ids, axis, WANTED)) == 1


@pytest.mark.parametrize("look", [True, False])
def test_period_not_covered_is_found(opened, values, axis, ids, look) -> None:
    longer = replace(axis, count=50)
    found = find_forcing_problems(opened(values), ids, longer, WANTED, values=look)
    assert [problem.code for problem in found] == ["forcing-period"]
    assert "2 steps missing" in found[0].message


def test_step_of_another_length_is_found(opened, values, axis, ids) -> None:
    found = find_forcing_problems(opened(values), ids, TimeAxis(axis.start, 900, 8), WANTED)
    assert [problem.code for problem in found] == ["forcing-period"]
    assert "3600 s" in found[0].message


def test_names_and_units_are_checked_without_reading(opened, values, axis, ids) -> None:
    values["my_column"] = values["PRES_surface"]
    source = opened(values, TMP_2maboveground="Pa", my_column="Pa")
    found = find_forcing_problems(source, ids, axis, [*WANTED, ("LWDOWN", "W m-2")], values=False)
    codes = sorted(problem.code for problem in found)
    assert "forcing-missing-variable" in codes
    assert "forcing-unit" in codes
    assert "forcing-unknown-column" in codes
    assert any("my_column" in problem.message for problem in found)


def test_uneven_times_of_single_files_are_found(tmp_path: Path, axis: TimeAxis) -> None:
    labels = [TimeAxis(axis.start, 3600, 5).time(i).strftime("%Y-%m-%d %H:%M:%S") for i in range(5)]
    orders = {
        "cat-1": [0, 1, 2, 3, 4],
        "cat-2": [0, 1, 3, 4],
        "cat-3": [0, 1, 1, 2, 3, 4],
        "cat-4": [0, 2, 1, 3, 4],
    }
    for name, order in orders.items():
        rows = "".join(f"{labels[i]},280\n" for i in order)
        (tmp_path / f"{name}.csv").write_text(f"time,T2D\n{rows}")
    source = open_forcing("CsvPerFeature", tmp_path, "{{id}}.csv", list(orders))
    found = by_code(find_forcing_problems(source, list(orders), axis.window(0, 5), [("T2D", "K")]))
    assert found["forcing-time-gap"].ids == ("cat-2",)
    assert found["forcing-duplicate-time"].ids == ("cat-3",)
    assert found["forcing-unordered-time"].ids == ("cat-4",)
    assert "2015-12-01 02:00:00" in found["forcing-time-gap"].message


def test_coverage_is_described(opened, values, axis, ids) -> None:
    text = describe_coverage(opened(values))
    assert text.startswith(
        "4 catchments, 2015-12-01 00:00:00 to 2015-12-02 23:00:00 every 3600 s, precip_rate"
    )
    assert axis.end - axis.start == timedelta(hours=47)
