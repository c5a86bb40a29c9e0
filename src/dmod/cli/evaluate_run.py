"""``dmod evaluate run``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dmod.cli.evaluate_options import (
    AsDmod,
    AsJson,
    Benchmark,
    Block,
    Bootstrap,
    Crosswalk,
    Dmod,
    Drawn,
    End,
    Facets,
    Figures,
    Gauge,
    Library,
    Metrics,
    Observed,
    ObservedColumn,
    ObservedUnit,
    ObservedZone,
    Output,
    Overwrite,
    Quiet,
    Replace,
    Report,
    Runs,
    Start,
    Step,
    Teehr,
    Thresholds,
    Unit,
    WarmUp,
    Workers,
)
from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.evaluation.evaluating import Told
    from dmod.evaluation.evaluation import Evaluation
    from dmod.evaluation.plan import EvaluationPlan

FORMATS = ("svg", "png")
DMOD_SUFFIXES = (".json", ".nc")

MILLION = 1_000_000


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
    figures: Figures = None,
    dmod: Dmod = None,
    teehr: Teehr = None,
    library: Library = None,
    workers: Workers = None,
    drawn: Drawn = 200,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score runs against observations, as a specification or options say."""
    from dmod.cli.evaluate_plan import (
        compiled,
        gauges_of,
        is_specification,
        pairs_of,
        read_specification,
        short_document,
    )

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
        "bootstrap": {"samples": bootstrap, "block": block} if bootstrap is not None else None,
        "benchmark": benchmark,
    }
    if len(runs) == 1 and is_specification(runs[0]):
        _require_alone(observed, options)
        document, folder = read_specification(runs[0], library)
    else:
        document, folder = short_document(runs, observed, options), Path.cwd()
    prefixes = {name: Path(place) for name, place in pairs_of(replace or (), "--replace").items()}
    outputs = Outputs(output, report, dmod, teehr, overwrite, figures)
    outputs.require()
    with ExitStack() as stack:
        plan = compiled(document, folder, stack, prefixes=prefixes, library=library, dmod=as_dmod)
        outputs.require_grade(plan)
        found = _evaluated(plan, workers, drawn, shown=not (quiet or as_json))
        outputs.write(found, plan)
    _print(found, as_json=as_json, quiet=quiet)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results of an evaluation go; None for nowhere.

    Parameters
    ----------
    folder : of the evaluation itself
    report : HTML page
    dmod : DMOD's own document of the first graded run, JSON or NetCDF
    teehr : folder for TEEHR's tables
    figures : folder for pictures
    """

    folder: Path | None
    report: Path | None
    dmod: Path | None
    teehr: Path | None
    overwrite: bool = False
    figures: Path | None = None

    def require(self) -> None:
        """Refuse what could not be written in the end, before anything is scored."""
        if self.folder is not None:
            from dmod.services.evaluation.results import require_free

            require_free(self.folder, overwrite=self.overwrite)
        if self.teehr is not None:
            from dmod.services.evaluation.teehr_writing import require_no_folder

            require_no_folder(self.teehr)
        if self.dmod is not None and self.dmod.suffix.lower() not in DMOD_SUFFIXES:
            raise InputError(
                f"--dmod {self.dmod.name} is neither .json nor .nc", hint="end the name with one of them"
            )
        if self.figures is not None and self.figures.exists() and not self.figures.is_dir():
            raise InputError(f"--figures {self.figures} is a file", hint="name a folder")
        for option, file in (("--report", self.report), ("--dmod", self.dmod)):
            if file is not None and file.is_dir():
                raise InputError(f"{option} {file} is a folder", hint="name a file in it")
        if self.figures is not None:
            from dmod.evaluation.report.evaluation.figures import require_figures

            require_figures(FORMATS)

    def require_grade(self, plan: EvaluationPlan) -> None:
        """Refuse DMOD's document where nothing is graded, before anything is scored."""
        if self.dmod is not None and plan.weighing is None:
            raise InputError(
                "DMOD's document is of a grade, and the metrics have no weights",
                hint="weigh them, as in --metric kge=2, or leave --dmod out",
            )

    def write(self, found: Evaluation, plan: EvaluationPlan) -> None:
        """Write all that is wanted."""
        if self.folder is not None:
            from dmod.services.evaluation.page import located
            from dmod.services.evaluation.results import write_evaluation

            write_evaluation(self.folder, located(found, plan), overwrite=self.overwrite)
        if self.report is not None:
            from dmod.services.evaluation.comparing import compare_table, paired_tests
            from dmod.services.evaluation.page import write_page

            several = len(found.configurations) > 1
            tests = paired_tests(compare_table(found.scores)) if several else None
            write_page(self.report, found, plan=plan, comparison=tests)
        if self.figures is not None:
            from dmod.services.evaluation.page import write_located_figures

            write_located_figures(self.figures, found, FORMATS, plan=plan)
        if self.dmod is not None:
            _write_as_dmod(self.dmod, found, plan)
        if self.teehr is not None:
            from dmod.services.evaluation.teehr_writing import write_teehr

            write_teehr(self.teehr, plan)


def _write_as_dmod(path: Path, found: Evaluation, plan: EvaluationPlan) -> None:
    from dmod.services.evaluation.dmod_document import write_dmod_json, write_dmod_netcdf

    write = write_dmod_json if path.suffix.lower() == ".json" else write_dmod_netcdf
    write(path, plan, found.grades[0])


def _evaluated(plan: EvaluationPlan, workers: int | None, drawn: int, *, shown: bool) -> Evaluation:
    from dmod.services.evaluation.running import require_scores, run_evaluation

    with location_progress(wanted=shown) as told:
        found = run_evaluation(plan, told=told, workers=workers, drawn=drawn)
    require_scores(found)
    return found


def _print(found: Evaluation, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        from dmod.services.evaluation.results import evaluation_document

        typer.echo(json.dumps(evaluation_document(found), indent=1, ensure_ascii=False))
    elif not quiet:
        from dmod.services.evaluation.score_text import evaluation_text

        typer.echo(evaluation_text(found))


@contextmanager
def location_progress(*, wanted: bool) -> Iterator[Told | None]:
    """Yield what tells of each location on the terminal; None where nobody looks."""
    from dmod.cli.progress import progress_bar

    if not wanted or not sys.stderr.isatty():
        yield None
        return
    with progress_bar(wanted=True, rate=" locations/s") as report:
        # the bar counts in millions
        yield lambda one: report("evaluate", one.done * MILLION, one.total * MILLION)


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
