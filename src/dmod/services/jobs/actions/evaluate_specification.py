"""Scoring runs against observations as a specification says, and publishing what was found."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.atomic import remove
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation
from dmod.services.evaluation.dataset_files import DatasetFiles
from dmod.services.evaluation.page import located, write_page
from dmod.services.evaluation.results import write_evaluation
from dmod.services.evaluation.running import require_scores, run_evaluation
from dmod.services.jobs.actions.collect import publish
from dmod.services.jobs.actions.context import Context
from dmod.services.outgoing import Outgoing, allowed_networks

FOLDER, REPORT = "evaluation", "evaluation.html"
SHOWN = 12
"""Metrics of which the job's results tell the medians."""


def evaluate_specification(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Score all that a specification names, and publish scores, page and pairs as a dataset."""
    folder = context.folder / FOLDER
    remove(folder)
    specification = parse_specification(inputs["specification"])
    with ExitStack() as stack:
        files = DatasetFiles(data, folder / "inputs", stack)
        reach = Reach(files, Outgoing(allowed_networks(is_private=False)))
        plan = compile_evaluation(
            specification, reach, opener=files.open, opener_of_members=files.open_members
        )
        scored = run_evaluation(
            plan,
            told=lambda one: context.progress(one.location, one.done / max(one.total, 1)),
            workers=context.cpus,
        )
        require_scores(scored)
        found = located(scored, plan)
        written = write_evaluation(folder / "written", found)
        _write_views(written, found, plan)
    description = Description(
        category=Category.EVALUATION,
        format=FORMATS["EVALUATION_RESULT"],
        restrictions=_covers(found),
        text=found.title,
        came_from=tuple(files.used),
        step="evaluate",
    )
    name = str(inputs.get("dataset") or "")
    made = publish(
        data,
        [written],
        description,
        name=name or f"scores-{inputs['key'][:16]}",
        key=inputs["key"],
        another=bool(name),
    )
    return {
        "evaluation": made.reference,
        "identity": made.uuid,
        "summary": _summary(found),
        "notes": list(found.notes)[:50],
        "files": made.files,
        "bytes": made.size,
    }


def _write_views(folder: Path, found: Evaluation, plan: EvaluationPlan) -> None:
    """Write the page, and DMOD's own documents where there is a grade."""
    from dmod.services.evaluation.comparing import compare_table, paired_tests
    from dmod.services.evaluation.dmod_document import write_dmod_json, write_dmod_netcdf

    tests = paired_tests(compare_table(found.scores)) if len(found.configurations) > 1 else None
    write_page(folder / REPORT, found, plan=plan, comparison=tests)
    for grade in found.grades[:1]:
        write_dmod_json(folder / "grade.json", plan, grade)
        write_dmod_netcdf(folder / "grade.nc", plan, grade)


def _summary(found: Evaluation) -> dict[str, Any]:
    """Return the medians over all locations, by run and metric, and the grades."""
    rows = found.scores[(found.scores["facet"] == "") & (found.scores["threshold"] == "")]
    medians = rows.groupby(["configuration", "metric"], sort=False)["value"].median()
    return {
        "title": found.title,
        "locations": len(found.places),
        "medians": {
            run: {
                metric: float(value)
                for metric in found.metrics[:SHOWN]
                if (run, metric) in medians.index and np.isfinite(value := medians[(run, metric)])
            }
            for run in found.configurations
        },
        "grades": {grade.configuration: grade.grade for grade in found.grades},
    }


def _covers(found: Evaluation) -> dict[DomainIndex, Restriction]:
    """Return what the scores are about: gauges, and the period of their pairs."""
    held: dict[DomainIndex, Restriction] = {
        DomainIndex.GAGE_ID: Discrete(frozenset(place.id for place in found.places))
    }
    ends = [(one.times[0], one.times[-1]) for one in found.series.values() if len(one.times)]
    if ends:
        first, last = (
            datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(np.int64)), UTC)
            for time in (min(a for a, _ in ends), max(b for _, b in ends))
        )
        if last > first:
            held[DomainIndex.TIME] = Continuous(first, last)
    return held
