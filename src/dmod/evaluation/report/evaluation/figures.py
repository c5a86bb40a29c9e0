"""The figures of an evaluation as files, for papers and slides."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.core.atomic import replacing
from dmod.errors import InputError, MissingExtra
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation import place_figures, score_figures
from dmod.evaluation.report.evaluation.score_cube import ScoreCube, score_cube
from dmod.evaluation.report.evaluation.standing import main_measure, performance_pairs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
MOST_SERIES = 24
RESOLUTION = 200  # dots per inch
LONGEST_NAME = 60
# a file that is written again is the same, and text in it can be searched for
SETTINGS: dict[Any, Any] = {"svg.hashsalt": "dmod", "svg.fonttype": "none", "text.parse_math": False}


def require_figures(formats: Sequence[str]) -> None:
    """Make sure that figures can be written.

    Raises
    ------
    InputError
        a format is none of `FORMATS`.
    MissingExtra
        matplotlib is not installed.
    """
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or not formats:
        raise InputError(
            f"figures cannot be written as {', '.join(unknown) or 'nothing'}",
            hint=f"formats are {', '.join(FORMATS)}",
        )
    if find_spec("matplotlib") is None:
        raise MissingExtra(
            "figures need matplotlib",
            hint='pip install "dmod[plot]", or save them from the page in a browser',
        )


def write_figures(
    evaluation: Evaluation,
    folder: str | Path,
    formats: Sequence[str] = ("svg", "png"),
    *,
    metric: str | None = None,
    outlines: Sequence[CatchmentRing] = (),
    rivers: Sequence[RiverLine] = (),
    places: Sequence[str] | None = None,
) -> list[Path]:
    """Write every figure of an evaluation into a folder and return the files.

    A map by configuration, the cumulative distribution, a box plot by facet, medians of all metrics, the
    performance diagram where events were caught and missed, and a hydrograph by place.

    Parameters
    ----------
    formats : of `FORMATS`
    metric : that map and distributions show; None for the first efficiency
    outlines, rivers : of the map, behind the places
    places : whose series are drawn; None for all that have one, at most `MOST_SERIES`

    Raises
    ------
    InputError
        a format, the metric or a place is not known, or there is no score.
    MissingExtra
        matplotlib is not installed.
    StoreError
        the folder cannot be written to.
    """
    require_figures(formats)
    cube = score_cube(evaluation)
    chosen = _chosen(cube, metric)
    written: list[Path] = []
    for name, draw in (
        *_of_scores(evaluation, cube, chosen, (outlines, rivers)),
        *_of_places(evaluation, places),
    ):
        written += save_figure(draw, Path(folder) / name, formats)
    return written


def save_figure(draw: Callable[[], Figure], path: Path, formats: Sequence[str]) -> list[Path]:
    """Draw a figure and save it as ``path`` with the suffix of each format.

    Raises
    ------
    StoreError
        the folder cannot be written to.
    """
    from matplotlib import rc_context

    saved = []
    with rc_context(SETTINGS), warnings.catch_warnings():
        # a name in a script that the font lacks is drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = draw()
        figure.draw_without_rendering()  # laid out once for all formats
        figure.set_layout_engine("none")
        for form in formats:
            undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[form]
            file = path.with_name(f"{path.name}.{form}")
            with replacing(file, durable=False) as hidden:
                figure.savefig(hidden, format=form, dpi=RESOLUTION, metadata=undated)
            saved.append(file)
    return saved


def _chosen(cube: ScoreCube, metric: str | None) -> int:
    if metric is None:
        return main_measure(cube)
    names = [measure.metric for measure in cube.measures]
    if metric not in names:
        raise InputError(
            f"the evaluation has no metric {metric!r}", hint=f"it has {', '.join(dict.fromkeys(names))}"
        )
    return names.index(metric)


Drawn = Iterator[tuple[str, Callable[[], "Figure"]]]


def _of_scores(
    evaluation: Evaluation,
    cube: ScoreCube,
    chosen: int,
    behind: tuple[Sequence[CatchmentRing], Sequence[RiverLine]],
) -> Drawn:
    name = plain_name(cube.measures[chosen].metric)
    if score_figures.located(evaluation).any():
        for index, configuration in enumerate(evaluation.configurations):
            yield (
                f"map-{name}-{plain_name(configuration)}",
                partial(score_figures.draw_map, evaluation, cube, chosen, index, behind),
            )
    yield (
        f"cumulative-{name}",
        partial(score_figures.draw_cumulative, evaluation.configurations, cube, chosen),
    )
    for facet in cube.facets:
        yield (
            f"boxes-{name}-{plain_name(facet)}",
            partial(score_figures.draw_boxes, evaluation.configurations, cube, chosen, facet),
        )
    yield "medians", partial(score_figures.draw_medians, evaluation.configurations, cube)
    yield from _of_ensembles(evaluation)
    if performance_pairs(cube):
        yield "performance", partial(score_figures.draw_performance, evaluation.configurations, cube)


def _of_ensembles(evaluation: Evaluation) -> Drawn:
    from dmod.evaluation.report.evaluation.ensemble_figures import draw_ranks, draw_reliability

    if evaluation.diagrams:
        ranks = {one.configuration: one.rank_histogram for one in evaluation.diagrams}
        yield "ranks", partial(draw_ranks, ranks)
    for name in dict.fromkeys(name for one in evaluation.diagrams for name in one.occurrences):
        known = [one for one in evaluation.diagrams if name in one.occurrences]
        tables = {one.configuration: one.occurrences[name].table for one in known}
        yield f"reliability-{plain_name(name)}", partial(draw_reliability, tables)


def _of_places(evaluation: Evaluation, places: Sequence[str] | None) -> Drawn:
    unknown = [place for place in places or () if place not in evaluation.series]
    if unknown:
        raise InputError(
            f"the evaluation has no series of {', '.join(unknown)}",
            hint=f"it has those of {', '.join([*evaluation.series][:10]) or 'no place'}",
        )
    known = {place.id: place for place in evaluation.places}
    for location in [*evaluation.series][:MOST_SERIES] if places is None else places:
        place = known.get(location)
        title = f"{place.name} ({location})" if place is not None and place.name else location
        yield (
            f"series-{plain_name(location)}",
            partial(
                place_figures.draw_place,
                title,
                evaluation.series[location],
                evaluation.configurations,
                evaluation.unit,
            ),
        )


def plain_name(name: str) -> str:
    """Return a name as part of a file's: letters, digits, hyphens; never empty."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:LONGEST_NAME] or "unnamed"
