"""The steps of a job: what has to be done, one after the other, for each kind of request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dmod.errors import InputError, PluginError
from dmod.jobs.control.gathering import MEMBERS
from dmod.jobs.demand import Demand, Node
from dmod.jobs.job import Step, StepPlan
from dmod.jobs.request.others import (
    EnsembleRequest,
    EvaluationRequest,
    PartRequest,
    PreparationRequest,
    ProbeRequest,
)
from dmod.jobs.request.request import Request, normalised
from dmod.jobs.request.run import RunRequest
from dmod.jobs.state import JobState
from dmod.services.engines import BMI, ENGINES, NGEN
from dmod.services.environments import EnvironmentSpec
from dmod.services.jobs.estimating import Estimated
from dmod.services.jobs.image_policy import ANY_IMAGE, ImagePolicy

PREPARE, EXECUTE = "prepare", "execute"
STAGE, PARTS, GATHER = "stage", "parts", "gather"
"""Groups of steps; each has resources of its own while it runs. The last three are of runs in parts."""
LEAST = 512 << 20
"""Memory of a part, however small it is [bytes]."""
_ASKED = ("where", "period", "formulation", "realization", "parameters")
_FRAMEWORK = ("partition_file", "time_limit", "silence_limit", "routed_by")
"""What only the C++ framework heeds."""
_RUN = (
    "period", "engine", "environment", "route", "fill", "revisions", "model_params", "outputs", "evaluation",
    *_FRAMEWORK,
)  # fmt: skip


def plan_steps(request: Request) -> tuple[Step, ...]:
    """Return the steps of a request, none of them begun.

    Raises
    ------
    PluginError
        nothing does what is asked for.
    """
    planned = _PLANS.get(type(request))
    if planned is None:
        raise PluginError(
            f"nothing carries out a request of kind {request.kind} yet",
            hint="submit its runs one by one, with a label that they share",
        )
    return tuple(Step(plan, number) for number, plan in enumerate(planned(request)))


def plan_demand(
    request: Request, steps: tuple[Step, ...], estimated: Estimated, nodes: Sequence[Node] = ()
) -> dict[str, Demand]:
    """Return what each group of steps needs of the nodes.

    Parameters
    ----------
    nodes : that there are; what is done once for all parts of a run has as many CPUs as there are parts, or
        as one node has
    """
    groups = dict.fromkeys(step.plan.group for step in steps)
    asked = request.demand(estimated.memory)
    small = Demand(1, estimated.preparing, asked.seconds, executor=asked.executor)
    found = dict.fromkeys(groups, asked) | dict.fromkeys({PREPARE, STAGE} & groups.keys(), small)
    if isinstance(request, RunRequest) and PARTS in groups:
        cpus = max(1, asked.cpus // request.partitions)
        found[PARTS] = replace(asked, cpus=cpus, memory=max(LEAST, asked.memory // request.partitions))
        largest = max((node.cpus for node in nodes if node.executor == asked.executor), default=1)
        found[GATHER] = replace(asked, cpus=max(cpus, min(request.partitions, largest)))
    if isinstance(request, RunRequest) and request.engine == NGEN:
        found[EXECUTE] = replace(asked, cpus=max(asked.cpus, request.partitions))
    return found


def _plan_run(request: Any) -> list[StepPlan]:
    assert isinstance(request, RunRequest)
    asked = normalised(request)
    plans = []
    if request.package is None:
        inputs = {key: asked[key] for key in _ASKED if key in asked}
        plans.append(_preparing("data", "prepare-package", inputs))
    before = tuple(plan.name for plan in plans)
    package = {"package": request.package}
    in_parts = request.partitions > 1 and request.engine != NGEN  # the framework divides its ranks itself
    if in_parts:
        parts = {**package, "parts": request.partitions}
        plans.append(
            StepPlan(
                "partition", "partition", JobState.PARTITIONING, parts, before, PREPARE, finds_identity=True
            )
        )
    laid_out = ("where", "period", "evaluation", "partition_file")
    staged = {**package, "warm_start": request.warm_start, **_some(asked, laid_out)}
    chosen = {"engine": request.engine, **_some(asked, _RUN), **_image_of(request.environment)}
    group = EXECUTE
    if request.engine == NGEN:
        chosen["ranks"] = request.partitions
    if in_parts:
        group = GATHER
        plans += _in_parts(request.partitions, staged, chosen, (*before, "partition"))
        plans.append(_executing("run", "gather", JobState.RUNNING, chosen, ("stage", "parts"), group))
    else:
        plans += [
            _executing("stage", "stage", JobState.STAGING, staged, before),
            _executing("run", "run", JobState.RUNNING, chosen, ("stage",)),
        ]
    outputs, evaluation = _some(asked, ("outputs",)), _some(asked, ("evaluation",))
    after = ("stage", "run")
    plans.append(_executing("collect", "collect", JobState.COLLECTING, outputs, after, group))
    if request.evaluation is not False:
        after = ("stage", "collect")
        plans.append(_executing("evaluate", "evaluate", JobState.EVALUATING, evaluation, after, group))
    return plans


def _in_parts(
    count: int, staged: Mapping[str, Any], chosen: Mapping[str, Any], before: tuple[str, ...]
) -> list[StepPlan]:
    """Return the steps that lay out what parts read, and wait for the parts, jobs of their own."""
    return [
        StepPlan("stage", "stage", JobState.STAGING, {**staged, "run": dict(chosen)}, before, STAGE),
        StepPlan("parts", MEMBERS, JobState.RUNNING, {"count": count}, ("stage", "partition"), PARTS),
    ]


def _plan_part(request: Any) -> list[StepPlan]:
    assert isinstance(request, PartRequest)
    inputs: dict[str, Any] = {"parent": request.parent, "part": request.part}
    inputs |= {"image": request.image} if request.image else {}
    return [StepPlan("part", "run-part", JobState.RUNNING, inputs, (), EXECUTE)]


def _plan_evaluation(request: Any) -> list[StepPlan]:
    assert isinstance(request, EvaluationRequest)
    inputs = _some(normalised(request), ("results", "evaluation", "specification", "dataset"))
    return [_executing("evaluate", "evaluate", JobState.EVALUATING, inputs, ())]


def _plan_preparation(request: Any) -> list[StepPlan]:
    assert isinstance(request, PreparationRequest)
    asked = normalised(request)
    inputs = _some(asked, (*_ASKED, "category", "format", "dataset"))
    return [_preparing("data", "prepare-data", inputs)]


def _plan_ensemble(request: Any) -> list[StepPlan]:
    assert isinstance(request, EnsembleRequest)
    return [StepPlan("members", MEMBERS, JobState.RUNNING, {"count": len(request.members)}, (), EXECUTE)]


def _plan_probe(request: Any) -> list[StepPlan]:
    assert isinstance(request, ProbeRequest)
    inputs = {
        "seconds": request.seconds,
        "memory": request.use_memory or 0,
        "fail": request.fail_times,
        "line": request.text,
        "lines": 1 if request.text else 0,
        **({"exit": request.exit_code} if request.exit_code else {}),
        **({"ranks": request.ranks} if request.ranks else {}),
    }
    names = ["probe"] if request.steps == 1 else [f"probe-{number + 1}" for number in range(request.steps)]
    return [
        StepPlan(name, "probe", JobState.RUNNING, inputs, tuple(names[:number]), EXECUTE)
        for number, name in enumerate(names)
    ]


_PLANS: Mapping[type[Any], Callable[[Any], list[StepPlan]]] = {
    RunRequest: _plan_run,
    EvaluationRequest: _plan_evaluation,
    PreparationRequest: _plan_preparation,
    EnsembleRequest: _plan_ensemble,
    PartRequest: _plan_part,
    ProbeRequest: _plan_probe,
}


def require_engine(
    request: Request, engines: Sequence[str] = ENGINES, images: ImagePolicy = ANY_IMAGE
) -> None:
    """Refuse an engine that is not there, or an image that may not run, before anything is done.

    Parameters
    ----------
    engines : that may be used
    images : of users, that may run, and where
    """
    if not isinstance(request, RunRequest):
        return
    if request.engine not in engines:
        known = request.engine in ENGINES
        what = f"{request.engine!r} is not for this server" if known else f"there is no {request.engine!r}"
        raise InputError(f"engine: {what}", hint=f"there are {', '.join(engines)}")
    asked = normalised(request)
    idle = [name for name in _FRAMEWORK if name in asked]
    if idle and request.engine != NGEN:
        raise InputError(
            f"{', '.join(idle)}: the engine {request.engine!r} has no use for it",
            hint=f"choose the engine {NGEN}, or leave it out",
        )
    if request.partition_file is not None and request.partitions == 1:
        raise InputError(
            "partition_file: one rank has no use for it", hint="say with partitions how many parts it has"
        )
    if request.environment is not None:
        spec = EnvironmentSpec.parse(request.environment, local=False)
        if request.engine != BMI and not (request.engine == NGEN and spec.kind == "image"):
            raise InputError(
                f"environment: the engine {request.engine!r} has no use for it",
                hint=f"choose the engine {BMI}, or {NGEN} with an image that has it, or leave it out",
            )
        if spec.kind == "image":
            images.require(spec.image, request.executor)


def _image_of(environment: Any) -> dict[str, str]:
    """Return the image that a run names as its environment, for the steps that compute; or nothing."""
    if environment is None:
        return {}
    spec = EnvironmentSpec.parse(environment, local=False)
    return {"image": spec.image} if spec.kind == "image" else {}


def _preparing(name: str, action: str, inputs: Mapping[str, Any]) -> StepPlan:
    return StepPlan(name, action, JobState.AWAITING_DATA, inputs, (), PREPARE, finds_identity=True)


def _executing(
    name: str,
    action: str,
    state: JobState,
    inputs: Mapping[str, Any],
    after: tuple[str, ...],
    group: str = EXECUTE,
) -> StepPlan:
    return StepPlan(name, action, state, inputs, after, group, is_reusable=True)


def _some(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: document[key] for key in keys if key in document}
