"""Running the model on what was laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dmod.jobs.executor.image import APART
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.actions.stage import OBSERVED, PACKAGE, PARTITION, STATES, only_file
from dmod.services.options import RunOptions, parse_moment

OUTPUTS = "outputs"
SERIES = (".csv", ".json", ".rdb", ".xml", ".txt")
SHARES = {"simulate": 0.9, "route": 0.1}


def run_model(inputs: Mapping[str, Any], context: Context, parts: Sequence[Path] = ()) -> dict[str, Any]:
    """Run an engine, or go on from parts of the run; results of an attempt before are replaced."""
    from dmod.services.run import run

    def tell(phase: str, done: int, total: int) -> None:
        context.progress(phase, done / total if total and phase == "simulate" else None)

    folder = context.folder
    launch = None if inputs.get("ranks", 1) == 1 else partial(_launch, context)
    options = options_of(inputs, inputs["found"]["stage"], folder, workers=context.cpus)
    result = run(folder / PACKAGE, options, parts=parts, progress=tell, launch=launch)
    summary = {key: value for key, value in result.summary().items() if key not in {"output", "report"}}
    return {"summary": summary}


def _launch(context: Any, command: Sequence[str], **how: Any) -> int:
    """Run a command as many ranks, on all nodes of the attempt."""
    from dmod.jobs.executor.ranks.running import run_ranks

    return run_ranks(command, context, **how).code


def written_in(folder: Path, inputs: Mapping[str, Any]) -> Path:
    """Return where a run writes in the folder of its job: apart from the rest in an image of a user's."""
    return folder / APART if inputs.get("image") else folder


def options_of(
    inputs: Mapping[str, Any], staged: Mapping[str, Any], folder: Path, *, workers: int
) -> RunOptions:
    """Return the options of the run that a request asks for.

    Parameters
    ----------
    staged : what was laid out, in which folder of a job
    """
    outputs, asked = inputs.get("outputs") or {}, inputs.get("evaluation")
    evaluation = asked if isinstance(asked, Mapping) else {}
    period = inputs.get("period") or {}
    return RunOptions(
        output=written_in(folder, inputs) / OUTPUTS,
        csv=outputs.get("csv", False),
        start=parse_moment(period.get("start"), "period.start"),
        end=parse_moment(period.get("end"), "period.end"),
        route=inputs.get("route"),
        fill=inputs.get("fill"),
        revisions=inputs.get("revisions") or {},
        model_params=inputs.get("model_params") or {},
        observed=only_file(folder / OBSERVED, SERIES) if staged.get("observed") else None,
        observed_unit=evaluation.get("unit"),
        observed_column=evaluation.get("column"),
        outlet=evaluation.get("outlet"),
        warm_up=timedelta(seconds=evaluation.get("warm_up") or 0),
        warm_start=only_file(folder / STATES, (".nc",)) if staged.get("states") else None,
        save_states=outputs.get("states", True),
        precision=outputs.get("precision", "double"),
        report=outputs.get("report", True),
        overwrite=True,
        workers=workers,
        engine=inputs.get("engine", "native"),
        environment=inputs.get("environment"),
        ranks=inputs.get("ranks", 1),
        partition_file=only_file(folder / PARTITION, (".json",)) if staged.get("partition") else None,
        time_limit=inputs.get("time_limit"),
        silence_limit=inputs.get("silence_limit"),
        routed_by=inputs.get("routed_by", "dmod"),
    )
