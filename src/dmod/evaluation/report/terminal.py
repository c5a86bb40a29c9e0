"""A hydrograph for the terminal, drawn with braille dots: two by four of them to a character."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

Floats = NDArray[np.float64]
Style = Literal["plain", "ansi", "rich"]

BLANK = 0x2800
# bit of the dot at (row, column) of a character
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLOURS = {"simulated": "cyan", "observed": "yellow", "rain": "blue", "axis": "bright_black"}
ANSI = {"simulated": "36", "observed": "33", "rain": "34", "axis": "90"}
OBSERVED = "•"
RAIN_ROWS = 2
SMALLEST = (24, 6)


def render_terminal(
    times: NDArray[np.datetime64],
    simulated: Floats,
    observed: Floats | None = None,
    width: int = 80,
    height: int = 18,
    *,
    rain: Floats | None = None,
    style: Style = "plain",
) -> str:
    """Return the hydrograph as lines of text.

    Simulated flow is a braille line that keeps the extremes of every column, observed flow a row of dots
    (``•``), rain hangs from the top.

    Parameters
    ----------
    times : stamps, UTC, shape (time,)
    simulated : [m3 s-1], shape (time,)
    observed : [m3 s-1], on the same stamps, NaN where missing, shape (time,)
    width, height : of the whole drawing [characters]
    rain : [mm h-1], shape (time,)
    style : ``plain``, ``ansi`` (escape codes) or ``rich`` (markup) colours

    Raises
    ------
    InputError
        there is nothing to draw, the series differ in length, or the drawing is too small.
    """
    series = [values for values in (simulated, observed, rain) if values is not None]
    if len(times) == 0 or any(len(values) != len(times) for values in series):
        raise InputError("the hydrograph needs series as long as its times, and at least one step")
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise InputError(f"a hydrograph needs {SMALLEST[0]} × {SMALLEST[1]} characters or more")
    flows = [values for values in (simulated, observed) if values is not None]
    highest = max((float(v[np.isfinite(v)].max(initial=0.0)) for v in flows), default=0.0)
    ticks = _ticks(highest)
    labels = [f"{tick:,g}" for tick in ticks]
    margin = max(len(label) for label in labels) + 2
    columns, rows = width - margin, height - 3 - (RAIN_ROWS if rain is not None else 0)
    cells = [[(" ", "") for _ in range(columns)] for _ in range(rows)]
    _draw_line(cells, simulated, ticks[-1])
    if observed is not None:
        _draw_marks(cells, observed, ticks[-1])
    lines = [_legend(observed is not None, rain is not None, margin)]
    if rain is not None:
        lines += _rain_lines(rain, columns, margin)
    at = {round((rows - 1) * (1.0 - tick / ticks[-1])): n for n, tick in enumerate(ticks)}
    for row, line in enumerate(cells):
        label = labels[at[row]] if row in at else ""
        lines.append([(f"{label:>{margin - 2}} {'┤' if label else '│'}", "axis"), *line])
    lines += _time_axis(times, columns, margin)
    return "\n".join(_paint(line, style) for line in lines)


Run = tuple[str, str]  # text and what it is drawn for


def _ticks(highest: float) -> list[float]:
    """Return about four round steps from zero to at least the highest value."""
    if highest <= 0.0:
        return [0.0, 1.0]
    size = 10.0 ** math.floor(math.log10(highest / 4.0))
    step = next(k * size for k in (1.0, 2.0, 2.5, 5.0, 10.0) if k * size * 4.0 >= highest * (1.0 - 1e-12))
    count = math.ceil(highest / step - 1e-9)
    return [float(f"{step * k:.6g}") for k in range(count + 1)]


def _buckets(count: int, dots: int) -> NDArray[np.int64]:
    return np.minimum(np.arange(count, dtype=np.int64) * dots // count, dots - 1)


def _extremes(values: Floats, dots: int) -> tuple[Floats, Floats]:
    """Return lowest and highest value by column of dots; NaN where it has none."""
    known = np.isfinite(values)
    low, high = np.full(dots, np.inf), np.full(dots, -np.inf)
    where = _buckets(len(values), dots)[known]
    np.minimum.at(low, where, values[known])
    np.maximum.at(high, where, values[known])
    if len(values) < dots:  # fewer steps than dots: a value holds over its whole interval
        source = np.arange(dots) * len(values) // dots
        low = np.where(known[source], values[source], np.inf)
        high = np.where(known[source], values[source], -np.inf)
    none = low > high
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def _draw_line(cells: list[list[Run]], values: Floats, top: float) -> None:
    columns, last = len(cells[0]), 4 * len(cells) - 1
    low, high = _extremes(values, 2 * columns)
    bits = np.zeros((len(cells), columns), dtype=np.int64)
    before: tuple[int, int] | None = None
    for x in range(2 * columns):
        if not math.isfinite(low[x]):
            before = None
            continue
        upper, lower = (round(last * (1.0 - min(max(v, 0.0) / top, 1.0))) for v in (high[x], low[x]))
        first, end = upper, lower
        if before is not None:  # join neighbouring columns
            first, end = min(upper, before[1] + 1), max(lower, before[0] - 1)
        for y in range(first, end + 1):
            bits[y // 4, x // 2] |= DOTS[y % 4][x % 2]
        before = (upper, lower)
    for row, column in np.argwhere(bits):
        cells[row][column] = (chr(BLANK + int(bits[row, column])), "simulated")


def _draw_marks(cells: list[list[Run]], values: Floats, top: float) -> None:
    """Mark the mean observation of a column, its highest where a flood stands out.

    Where the simulation runs through the same character the line stays visible between the marks.
    """
    rows, columns = len(cells), len(cells[0])
    low, high = _extremes(values, columns)
    for column in range(columns):
        if not math.isfinite(high[column]):
            continue
        peak = (
            high[column] >= np.nanmax(high[max(0, column - 2) : column + 3])
            and high[column] > 2 * low[column]
        )
        value = high[column] if peak else (high[column] + low[column]) / 2.0
        row = round((rows - 1) * (1.0 - min(value / top, 1.0)))
        if cells[row][column][1] != "simulated" or peak or column % 4 == 0:
            cells[row][column] = (OBSERVED, "observed")


def _rain_lines(rain: Floats, columns: int, margin: int) -> list[list[Run]]:
    dots = 2 * columns
    where = _buckets(len(rain), dots)
    total = np.bincount(where, weights=np.nan_to_num(rain), minlength=dots)
    steps = np.maximum(np.bincount(where, minlength=dots), 1)
    mean = total / steps
    if len(rain) < dots:
        mean = np.nan_to_num(rain)[np.arange(dots) * len(rain) // dots]
    highest = float(mean.max())
    depth = np.rint(4 * RAIN_ROWS * mean / highest).astype(int) if highest > 0.0 else np.zeros(dots, int)
    lines: list[list[Run]] = []
    for row in range(RAIN_ROWS):
        text = ""
        for column in range(columns):
            bits = 0
            for side in (0, 1):
                for y in range(4):
                    if depth[2 * column + side] > 4 * row + y:
                        bits |= DOTS[y][side]
            text += chr(BLANK + bits) if bits else " "
        lines.append([(" " * (margin - 1) + "│", "axis"), (text, "rain")])
    return lines


def _legend(observed: bool, rain: bool, margin: int) -> list[Run]:
    line: list[Run] = [(" " * (margin - 2) + "m³/s  ", "axis"), ("━ simulated", "simulated")]
    if observed:
        line += [("   ", ""), (f"{OBSERVED} observed", "observed")]
    if rain:
        line += [("   ", ""), ("⣿ rain", "rain")]
    return line


def _time_axis(times: NDArray[np.datetime64], columns: int, margin: int) -> list[list[Run]]:
    """Return the axis with four or so dates; the year stands where it is first needed."""
    seconds = times.astype("datetime64[s]").astype(np.int64)
    count = max(2, min(6, columns // 14))
    short = int(seconds[-1] - seconds[0]) < 3 * 86400
    axis, text = ["─"] * columns, [" "] * (columns + margin)
    year = ""
    for k in range(count):
        column = round(k * (columns - 1) / count)
        index = min(column * len(times) // columns, len(times) - 1)
        stamp = str(seconds[index].astype("datetime64[s]"))
        label = f"{int(stamp[8:10])} {MONTHS[int(stamp[5:7]) - 1]}"
        if short:
            label += f" {stamp[11:16]}"
        elif stamp[:4] != year:
            year = stamp[:4]
            label += f" {year}"
        axis[column] = "┴"
        text[margin + column : margin + column + len(label)] = label
    return [
        [(" " * (margin - 1) + "└" + "".join(axis), "axis")],
        [("".join(text[: columns + margin]).rstrip(), "axis")],
    ]


def _paint(line: list[Run], style: Style) -> str:
    merged: list[Run] = []
    for text, kind in line:
        if merged and merged[-1][1] == kind:
            merged[-1] = (merged[-1][0] + text, kind)
        else:
            merged.append((text, kind))
    while merged and not merged[-1][0].strip():
        merged.pop()
    if merged:
        merged[-1] = (merged[-1][0].rstrip(), merged[-1][1])
    painted = []
    for text, kind in merged:
        if style == "plain" or not kind:
            painted.append(text)
        elif style == "ansi":
            painted.append(f"\x1b[{ANSI[kind]}m{text}\x1b[0m")
        else:
            painted.append(f"[{COLOURS[kind]}]{text}[/]")
    return "".join(painted)
