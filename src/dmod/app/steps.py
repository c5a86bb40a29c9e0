"""The actions that steps of jobs name, over the data service that the settings of their process name.

Each is run in a process of its own, and may be run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dmod.app.wiring import open_data
from dmod.services.data.service import DataService
from dmod.services.jobs.actions.compiling import telling_of_compiling
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.confining import confined

Inputs = Mapping[str, Any]
Result = dict[str, Any]


def prepare_package(inputs: Inputs, context: Context) -> Result:
    """Make the run package of a request ready."""
    from dmod.services.jobs.actions import prepare

    with _opened(inputs, context) as data:
        return prepare.prepare_package(data, inputs, context)


def prepare_data(inputs: Inputs, context: Context) -> Result:
    """Make the data of a request ready."""
    from dmod.services.jobs.actions import prepare

    with _opened(inputs, context) as data:
        return prepare.prepare_data(data, inputs, context)


def partition(inputs: Inputs, context: Context) -> Result:
    """Divide the hydrofabric of a package into parts."""
    from dmod.services.jobs.actions import prepare

    with _opened(inputs, context) as data:
        return prepare.partition_package(data, inputs, context)


def stage(inputs: Inputs, context: Context) -> Result:
    """Lay out what a run reads."""
    from dmod.services.jobs.actions import stage as staging

    with _opened(inputs, context) as data:
        return staging.stage(data, inputs, context)


def run(inputs: Inputs, context: Context) -> Result:
    """Run the model on what was laid out."""
    from dmod.services.jobs.actions.run import run_model

    with _computing(context):
        return run_model(inputs, context)


def run_part(inputs: Inputs, context: Context) -> Result:
    """Run the model on some of the catchments that were laid out by the job of the run."""
    from dmod.services.jobs.actions.parts import run_part as run_one

    with _computing(context):
        return run_one(inputs, context)


def gather(inputs: Inputs, context: Context) -> Result:
    """Go on with a run from what its parts found."""
    from dmod.services.jobs.actions.parts import gather as gather_parts

    with _computing(context):
        return gather_parts(inputs, context)


def collect(inputs: Inputs, context: Context) -> Result:
    """Publish what a run wrote."""
    from dmod.services.jobs.actions import collect as collecting

    with _opened(inputs, context) as data:
        return collecting.collect(data, inputs, context)


def evaluate(inputs: Inputs, context: Context) -> Result:
    """Score what was published."""
    from dmod.services.jobs.actions.evaluate import evaluate_results
    from dmod.services.jobs.actions.evaluate_specification import evaluate_specification

    with _opened(inputs, context) as data:
        if inputs.get("specification") is not None:
            return evaluate_specification(data, inputs, context)
        return evaluate_results(data, inputs, context)


@contextmanager
def _computing(context: Context) -> Iterator[None]:
    """Tell while kernels are compiled, and note which of them were used, for processes to come."""
    from dmod.core.compiled import note_used

    with telling_of_compiling(context):
        yield
    note_used()


@contextmanager
def _opened(inputs: Inputs, context: Context) -> Iterator[DataService]:
    """Open the data service under the name of who owns the job; what it does is told as progress."""

    def tell(text: str, done: int, total: int) -> None:
        context.progress(text, done / total if total else None)

    job = inputs["job"]
    with telling_of_compiling(context), open_data(owner=job["owner"] or None, progress=tell) as data:
        yield confined(data, job["owner"]) if job.get("is_confined") else data
