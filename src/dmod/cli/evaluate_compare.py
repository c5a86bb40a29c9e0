"""``dmod evaluate compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dmod.services.evaluation.score_comparison import ScoreComparison


def compare_command(
    evaluations: Annotated[
        list[str],
        typer.Argument(metavar="EVALUATION...", help="Folders that dmod evaluate wrote; the first leads."),
    ],
    name: Annotated[
        list[str] | None, typer.Option("--name", help="What an evaluation is called, in their order.")
    ] = None,
    run: Annotated[
        list[str] | None, typer.Option("--run", help="A run to compare; all if not given.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", "-m", help="A metric to compare; all if not given.")
    ] = None,
    facet: Annotated[
        str, typer.Option("--facet", help="Compare the parts of season, month, water_year, regime or event.")
    ] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the table there, too.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="HTML page with all runs on one map, series and tables.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Compare many runs by their scores at many gauges: spread, share better, significance."""
    from dmod.services.evaluation.comparing import compare_scores, open_scores
    from dmod.services.evaluation.comparison_text import score_comparison_text, write_comparison_table

    store, names = open_scores(evaluations, name or ())
    try:
        found = compare_scores(store, metrics=metric or (), facet=facet, runs=run or ())
    finally:
        store.close()
    if csv is not None:
        write_comparison_table(csv, found)
    if report is not None:
        _write_page(report, dict(zip(names, evaluations, strict=True)), found)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    elif not quiet:
        typer.echo(score_comparison_text(found))


def _write_page(path: Path, folders: dict[str, str], found: ScoreComparison) -> None:
    from dmod.evaluation.report.evaluation.page import write_evaluation_page
    from dmod.services.evaluation.comparing import paired_tests
    from dmod.services.evaluation.merging import merged
    from dmod.services.evaluation.results import read_evaluation

    evaluations = {name: read_evaluation(Path(folder).expanduser()) for name, folder in folders.items()}
    write_evaluation_page(path, merged(evaluations), comparison=paired_tests(found))
