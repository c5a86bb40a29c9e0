"""``dmod evaluate run``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.errors import CoverageError, InputError

if TYPE_CHECKING:
    from dmod.evaluation.evaluating import Told
    from dmod.evaluation.evaluation import Evaluation
    from dmod.evaluation.plan import EvaluationPlan

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC | [NAME=]RUN...",
        help="A specification (.json, .yaml), or results to score: folders of runs, tables, NetCDF, "
        "dataset:NAME, job:ID.",
    ),
]
Observed = Annotated[
    str | None,
    typer.Option("--observed", help="Observations: a file, a folder, dataset:NAME, or usgs for the service."),
]
Gauge = Annotated[
    list[str] | None,
    typer.Option("--gauge", help="GAUGE, or GAUGE=LOCATION of the runs; all that both have if not given."),
]
Crosswalk = Annotated[
    str | None, typer.Option("--crosswalk", help="Table of gauges and locations of the runs.")
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", "-m", help="A metric, or METRIC=WEIGHT for a grade; see dmod evaluate metrics."),
]
Thresholds = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold", help='NAME=VALUE for metrics of events, "flood=50 m3/s" or "high=quantile 0.9".'
    ),
]
Unit = Annotated[str | None, typer.Option("--unit", help="Unit of all values; m3 s-1 if not given.")]
ObservedUnit = Annotated[
    str | None, typer.Option("--observed-unit", help="Of the observations, where they do not state it.")
]
ObservedColumn = Annotated[
    str | None, typer.Option("--observed-column", help="Column or variable of the observed values.")
]
ObservedZone = Annotated[
    str | None,
    typer.Option("--observed-zone", help="Zone of observed times that carry none, America/Denver."),
]
Step = Annotated[
    str | None, typer.Option("--step", help="Bring all to this step, such as 1d; the longest if not given.")
]
Start = Annotated[str | None, typer.Option("--start", help="First moment that counts, UTC.")]
End = Annotated[str | None, typer.Option("--end", help="Last moment that counts, UTC.")]
WarmUp = Annotated[
    str | None, typer.Option("--warm-up", help="At the start of a run, not counted, such as 90d.")
]
Facets = Annotated[
    list[str] | None,
    typer.Option("--facet", help="Score parts apart, too: season, month, water_year, regime, event."),
]
Bootstrap = Annotated[
    int | None, typer.Option("--bootstrap", help="Intervals of confidence from so many draws of blocks.")
]
Block = Annotated[str, typer.Option("--block", help="Length of the blocks that are drawn.")]
Benchmark = Annotated[
    str | None,
    typer.Option("--benchmark", help="Skill against climatology, persistence, or the run of this name."),
]
AsDmod = Annotated[
    bool | None,
    typer.Option("--as-dmod/--scaled", help="Grade as DMOD does, or as scores should be weighed."),
]
Replace = Annotated[
    list[str] | None,
    typer.Option("--replace", help="PREFIX=FOLDER: where files lie whose addresses begin so in SPEC."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for scores, pairs and what was read.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an evaluation that is there.")]
Report = Annotated[Path | None, typer.Option("--report", help="HTML page with map, hydrographs and tables.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Threads; one a core if not given.")]
Drawn = Annotated[int, typer.Option("--drawn", min=0, help="Locations whose series are kept to be drawn.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def run_command(
    runs: Runs,
    observed: Observed = None,
    gauge: Gauge = None,
    crosswalk: Crosswalk = None,
    metric: Metrics = None,
    threshold: Thresholds = None,
    unit: Unit = None,
    observed_unit: ObservedUnit = None,
    observed_column: ObservedColumn = None,
    observed_zone: ObservedZone = None,
    step: Step = None,
    start: Start = None,
    end: End = None,
    warm_up: WarmUp = None,
    facet: Facets = None,
    bootstrap: Bootstrap = None,
    block: Block = "365d",
    benchmark: Benchmark = None,
    as_dmod: AsDmod = None,
    replace: Replace = None,
    output: Output = None,
    overwrite: Overwrite = False,
    report: Report = None,
    workers: Workers = None,
    drawn: Drawn = 200,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score runs against observations, as a specification or options say."""
    from dmod.cli.evaluate_plan import compiled, gauges_of, is_specification, pairs_of, short_document

    options: dict[str, Any] = {
        "observations": _given(unit=observed_unit, column=observed_column, zone=observed_zone),
        "gauges": gauges_of(gauge or ()),
        "crosswalk": crosswalk,
        "metrics": _metrics(metric or ()),
        "thresholds": pairs_of(threshold or (), "--threshold"),
        "unit": unit,
        "step": step,
        "start": start,
        "end": end,
        "warm_up": warm_up,
        "facets": facet,
        "bootstrap": {"samples": bootstrap, "block": block} if bootstrap else None,
        "benchmark": benchmark,
    }
    if len(runs) == 1 and is_specification(runs[0]):
        _require_alone(observed, options)
        document, folder = _read(Path(runs[0])), Path(runs[0]).resolve().parent
    else:
        document, folder = short_document(runs, observed, options), Path.cwd()
    prefixes = {name: Path(place) for name, place in pairs_of(replace or (), "--replace").items()}
    with ExitStack() as stack:
        plan = compiled(document, folder, stack, prefixes=prefixes, dmod=as_dmod)
        found = _evaluated(plan, workers, drawn, shown=not (quiet or as_json))
    _write(found, output, report, overwrite=overwrite)
    _print(found, as_json=as_json, quiet=quiet)


def _evaluated(plan: EvaluationPlan, workers: int | None, drawn: int, *, shown: bool) -> Evaluation:
    from dmod.services.evaluation.running import run_evaluation

    with location_progress(wanted=shown) as told:
        found = run_evaluation(plan, told=told, workers=workers, drawn=drawn)
    require_scores(found)
    return found


def _write(found: Evaluation, output: Path | None, report: Path | None, *, overwrite: bool) -> None:
    if output is not None:
        from dmod.services.evaluation.results import write_evaluation

        write_evaluation(output, found, overwrite=overwrite)
    if report is not None:
        from dmod.evaluation.report.evaluation.page import write_evaluation_page
        from dmod.services.evaluation.comparing import compare_table, paired_tests

        several = len(found.configurations) > 1
        tests = paired_tests(compare_table(found.scores)) if several else None
        write_evaluation_page(report, found, comparison=tests)


def _print(found: Evaluation, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        from dmod.services.evaluation.results import evaluation_document

        typer.echo(json.dumps(evaluation_document(found), indent=1, ensure_ascii=False))
    elif not quiet:
        from dmod.services.evaluation.score_text import evaluation_text

        typer.echo(evaluation_text(found))


def require_scores(evaluation: Evaluation) -> None:
    """Refuse an evaluation in which nothing could be scored, with the first reason."""
    scores = evaluation.scores
    if scores["value"].notna().any():
        return
    rows = scores[scores["reason"] != ""]
    row = None if rows.empty else rows.iloc[0]
    why = "" if row is None else f": {row['location']}, {row['configuration']}: {row['reason']}"
    raise CoverageError(
        f"nothing could be scored{why}", hint="give observations of the runs' places and period"
    )


@contextmanager
def location_progress(*, wanted: bool) -> Iterator[Told | None]:
    """Yield what tells of each location on the terminal; None where nobody looks."""
    from dmod.cli.progress import progress_bar

    if not wanted or not sys.stderr.isatty():
        yield None
        return
    with progress_bar(wanted=True, rate=" M locations/s") as report:
        yield lambda one: report("evaluate", one.done, one.total)


def _require_alone(observed: str | None, options: dict[str, Any]) -> None:
    """Refuse options that say what the specification says already."""
    given = [name for name, value in options.items() if value]
    if observed is not None:
        given.insert(0, "observed")
    if given:
        raise InputError(
            f"--{given[0].replace('_', '-').removesuffix('s')} cannot stand beside a specification",
            hint="write it there, or leave the specification out",
        )


def _metrics(texts: list[str] | tuple[str, ...]) -> list[str] | dict[str, float]:
    if not any("=" in text for text in texts):
        return list(texts)
    found = {}
    for text in texts:
        name, _, weight = text.partition("=")
        try:
            found[name] = float(weight or 1.0)
        except ValueError as error:
            raise InputError(f"--metric {text!r} is not METRIC=WEIGHT", hint="for example kge=2") from error
    return found


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _read(path: Path) -> Any:
    from dmod.evaluation.specification.parsing import read_document

    return read_document(path)
