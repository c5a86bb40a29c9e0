"""``dmod evaluate run``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmod.errors import CoverageError, InputError

if TYPE_CHECKING:
    from dmod.evaluation.evaluating import Told
    from dmod.evaluation.evaluation import Evaluation

USUAL = ("kge", "nse", "r", "percent_bias", "rmse")


def run_command(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Results to score, [NAME=]PATH.")],
    observed: Annotated[
        str | None, typer.Option("--observed", help="Observations that runs are compared with.")
    ] = None,
    gauge: Annotated[
        list[str] | None,
        typer.Option(
            "--gauge", help="GAUGE, or GAUGE=LOCATION of the runs; all that both have if not given."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", "-m", help="A metric by its name; see dmod evaluate metrics."),
    ] = None,
    observed_unit: Annotated[
        str, typer.Option("--observed-unit", help="Unit of the observations, where they do not state it.")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Score runs against observations."""
    from dmod.evaluation.evaluating import evaluate
    from dmod.evaluation.plan import Configuration, EvaluationPlan
    from dmod.services.evaluation.pairing import pair_locations
    from dmod.services.evaluation.score_text import evaluation_text
    from dmod.services.evaluation.source_options import SourceOptions
    from dmod.services.evaluation.sources import open_source

    if observed is None:
        raise InputError("there are no observations", hint="give them with --observed FILE")
    with ExitStack() as stack:
        observations = open_source(observed, options=SourceOptions(stated_unit=observed_unit))
        stack.callback(observations.close)
        configurations = []
        for text in runs:
            name, _, path = text.rpartition("=")
            source = open_source(path, options=SourceOptions(name=name))
            stack.callback(source.close)
            crosswalk = pair_locations(observations, source, _pairs(gauge))
            configurations.append(Configuration(source.name, source, crosswalk))
        plan = EvaluationPlan("Evaluation", observations, tuple(configurations), tuple(metric or USUAL))
        with location_progress(wanted=not quiet) as told:
            found = evaluate(plan, told=told)
    require_scores(found)
    if not quiet:
        typer.echo(evaluation_text(found))


def require_scores(evaluation: Evaluation) -> None:
    """Refuse an evaluation in which nothing could be scored, with the first reason."""
    scores = evaluation.scores
    if scores["value"].notna().any():
        return
    row = scores[scores["reason"] != ""].iloc[0] if (scores["reason"] != "").any() else None
    why = "" if row is None else f": {row['location']}, {row['configuration']}: {row['reason']}"
    raise CoverageError(
        f"nothing could be scored{why}", hint="give observations of the runs' places and period"
    )


@contextmanager
def location_progress(*, wanted: bool) -> Iterator[Told | None]:
    """Yield what tells of each location on the terminal; None where nobody looks."""
    from dmod.cli.progress import progress_bar

    with progress_bar(wanted=wanted, rate=" M locations/s") as report:
        yield (lambda one: report("evaluate", one.done, one.total)) if wanted else None


def _pairs(texts: list[str] | None) -> dict[str, str]:
    return {first: second for text in texts or () for first, _, second in (text.partition("="),)}
