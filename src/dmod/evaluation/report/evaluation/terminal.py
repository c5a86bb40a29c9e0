"""An evaluation in the terminal: medians by configuration, the best and the worst places."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.evaluation.measure import Kind, Measure
from dmod.evaluation.report.evaluation.score_cube import ScoreCube, score_cube
from dmod.evaluation.report.evaluation.standing import (
    best_of,
    extremes,
    main_measure,
    standing,
)
from dmod.evaluation.report.markup import number

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table

Floats = NDArray[np.float64]
MOST_MEASURES = 24
MOST_CONFIGURATIONS = 6
TOP = 5
LONGEST_NAME = 36


def summarised(evaluation: Evaluation, *, width: int = 100, colour: bool = False) -> str:
    """Return the summary as lines of text.

    Parameters
    ----------
    width : of the terminal [characters]
    colour : whether escape codes make the best bold

    Raises
    ------
    InputError
        there is no score.
    """
    from rich.console import Console

    lines = io.StringIO()
    console = Console(
        file=lines, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    print_summary(evaluation, console)
    return lines.getvalue()


def print_summary(evaluation: Evaluation, console: Console) -> None:
    """Print the summary.

    Raises
    ------
    InputError
        there is no score.
    """
    console.print(summary_of(evaluation))


def summary_of(evaluation: Evaluation) -> Group:
    """Return the summary for a console of `rich`.

    Raises
    ------
    InputError
        there is no score.
    """
    from rich.console import Group
    from rich.text import Text

    cube = score_cube(evaluation)
    places, configurations = len(evaluation.places), len(evaluation.configurations)
    first = f"{evaluation.title}: {_count(places, 'place')}, {_count(configurations, 'configuration')}"
    parts: list[Text | Table] = [Text(first, style="bold"), _medians(evaluation, cube)]
    hidden = len(_known(cube)) - MOST_MEASURES
    if hidden > 0:
        parts.append(Text(f"{_count(hidden, 'metric')} more in the page and in the table of scores"))
    if configurations > MOST_CONFIGURATIONS:
        parts.append(Text(f"{_count(configurations - MOST_CONFIGURATIONS, 'configuration')} more"))
    for grade in evaluation.grades:
        parts.append(Text(f"grade of {grade.configuration}: {number(grade.grade, 4)} %"))
    if places > 1:
        parts.append(_places(evaluation, cube))
    parts += [Text(f"note: {note}", style="yellow") for note in (*evaluation.notes, *cube.notes)]
    return Group(*parts)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(Text(name), justify="left" if index == 0 else "right", overflow="fold")
    return table


def _known(cube: ScoreCube) -> list[tuple[Measure, Floats]]:
    """Return measures with their values, those that have one at any place."""
    both = zip(cube.measures, cube.whole, strict=True)
    return [(measure, values) for measure, values in both if np.isfinite(values).any()]


def _medians(evaluation: Evaluation, cube: ScoreCube) -> Table:
    from rich.text import Text

    names = evaluation.configurations[:MOST_CONFIGURATIONS]
    table = _table("median over places", "ideal", *names)
    for measure, values in _known(cube)[:MOST_MEASURES]:
        medians = np.array([standing(one).median for one in values])
        best = best_of(measure, medians)
        unit = "" if measure.unit == "-" else f" [{measure.unit}]"
        ideal = "" if measure.kind is Kind.PLAIN else number(measure.ideal)
        cells = [
            Text(number(value), style="bold" if index == best else "")
            for index, value in enumerate(medians.tolist()[:MOST_CONFIGURATIONS])
        ]
        # cells are Text: what users call their things is no markup
        table.add_row(Text(f"{measure.name}{unit}"), Text(ideal), *cells)
    return table


def _places(evaluation: Evaluation, cube: ScoreCube) -> Table:
    """Return the best and the worst places of the first configuration by the measure looked at first."""
    from rich.text import Text

    index = main_measure(cube)
    measure, values = cube.measures[index], cube.whole[index]
    names = evaluation.configurations[:MOST_CONFIGURATIONS]
    best, worst = extremes(measure, values[0], min(TOP, max(1, len(evaluation.places) // 2)))
    table = _table(measure.name, "", *names)
    for word, found in (("worst", worst), ("best", best)):
        for row, place in enumerate(found):
            known = evaluation.places[place]
            title = f"{known.id} {known.name}".strip()
            short = title if len(title) <= LONGEST_NAME else f"{title[: LONGEST_NAME - 1]}…"
            cells = [Text(number(float(value))) for value in values[:MOST_CONFIGURATIONS, place]]
            table.add_row(Text(short), Text(word if row == 0 else ""), *cells)
    return table
