"""The terminal's hydrograph: size, axes, line, marks, rain, colours."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.report import render_terminal

TIMES = np.datetime64("2015-12-01T00:00:00") + np.arange(480).astype("timedelta64[h]")
FLOW = 1.0 + 9.0 * np.exp(-(((np.arange(480) - 240) / 40.0) ** 2))


def test_hydrograph_fits_its_size() -> None:
    lines = render_terminal(TIMES, FLOW, FLOW, 70, 16, rain=FLOW).splitlines()
    assert len(lines) == 16
    assert max(len(line) for line in lines) <= 70


def test_hydrograph_has_axes_and_a_legend() -> None:
    text = render_terminal(TIMES, FLOW, width=70, height=16)
    assert "m³/s" in text
    assert "━ simulated" in text
    assert "observed" not in text
    assert "rain" not in text
    assert re.search(r"^ *10 ┤", text, flags=re.MULTILINE)
    assert re.search(r"^ *0 ┤", text, flags=re.MULTILINE)
    assert "1 Dec 2015" in text


def test_hydrograph_puts_the_peak_at_the_top_in_the_middle() -> None:
    lines = render_terminal(TIMES, FLOW, width=70, height=16).splitlines()
    top = next(line for line in lines if re.search("[⠁-⣿]", line[5:]))
    dots = [match.start() for match in re.finditer("[⠁-⣿]", top)]
    assert "10 ┤" in top
    assert np.mean(dots) == pytest.approx(4 + 33, abs=2)


def test_line_is_drawn_in_every_column_where_there_is_flow() -> None:
    flow = FLOW.copy()
    flow[:240] = np.nan
    lines = [
        line[4:].ljust(66) for line in render_terminal(TIMES, flow, width=70, height=16).splitlines()[1:-2]
    ]
    drawn = [any("⠁" <= line[column] <= "⣿" for line in lines) for column in range(66)]
    assert drawn == [False] * 33 + [True] * 33


@pytest.mark.parametrize("order", [1, -1])
def test_line_is_connected_where_flow_jumps(order) -> None:
    flow = np.where(np.arange(480) < 240, 0.0, 10.0)[::order]
    rows = [line[5:] for line in render_terminal(TIMES, flow, width=71, height=16).splitlines()[1:-2]]
    assert all(re.search("[⠁-⣿]", row) for row in rows)


def test_observation_far_from_the_simulation_is_marked_in_every_column() -> None:
    text = render_terminal(TIMES, FLOW * 0.1, np.full(480, 10.0), 70, 16)
    row = next(line for line in text.splitlines() if line.lstrip().startswith("10 ┤"))
    assert row.count("•") == 65


def test_rain_hangs_from_the_top_where_it_fell() -> None:
    rain = np.zeros(480)
    rain[240:] = 4.0
    first, second = render_terminal(TIMES, FLOW, None, 71, 16, rain=rain).splitlines()[1:3]
    assert first == second == " " * 4 + "│" + " " * 33 + "⣿" * 33


def test_short_series_fill_the_width() -> None:
    lines = render_terminal(TIMES[:3], np.array([1.0, 2.0, 3.0]), None, 70, 16, rain=np.ones(3)).splitlines()
    assert lines[1].count("⣿") == 67
    assert "1 Dec 00:00" in lines[-1]


@pytest.mark.parametrize("flow", [np.zeros(480), np.full(480, np.nan), np.full(480, 1e-9), np.full(480, 1e7)])
def test_hydrograph_of_any_magnitude_is_drawn(flow) -> None:
    text = render_terminal(TIMES, flow, None, 70, 16, rain=np.zeros(480))
    assert len(text.splitlines()) == 16


def test_colours_do_not_change_the_text() -> None:
    plain = render_terminal(TIMES, FLOW, FLOW, 70, 16, rain=FLOW)
    ansi = render_terminal(TIMES, FLOW, FLOW, 70, 16, rain=FLOW, style="ansi")
    rich = render_terminal(TIMES, FLOW, FLOW, 70, 16, rain=FLOW, style="rich")
    assert "\x1b[36m" in ansi
    assert re.sub(r"\x1b\[\d+m", "", ansi) == plain
    assert "[cyan]" in rich
    assert re.sub(r"\[/?[a-z_]*\]", "", rich) == plain


@pytest.mark.parametrize(
    ("flow", "observed", "width", "message"),
    [
        (FLOW[:5], None, 70, "as long as"),
        (FLOW, FLOW[:5], 70, "as long as"),
        (FLOW, None, 10, "24 × 6"),
    ],
)
def test_hydrograph_that_cannot_be_drawn_raises(flow, observed, width, message) -> None:
    with pytest.raises(InputError, match=message):
        render_terminal(TIMES, flow, observed, width, 16)
