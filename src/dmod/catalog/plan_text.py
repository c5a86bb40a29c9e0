"""Plans as text for people, and as JSON data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.planning import Plan, Step
from dmod.catalog.restriction import Continuous, Restriction, in_order
from dmod.core.problem import name_some

SHOWN = 3
PLURALS = {
    DomainIndex.CATCHMENT_ID: "catchments",
    DomainIndex.GAGE_ID: "gauges",
    DomainIndex.VARIABLE: "variables",
    DomainIndex.FLOWPATH_ID: "flowpaths",
}


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan as text: a tree of what is there and what is to be derived, and the time it takes."""
    lines = list(_tree(plan, "", "", "", set()))
    steps = list(plan.steps())
    if not plan.is_possible:
        lines += ["", "cannot be met", *why_not(plan)]
    elif steps:
        lines += ["", f"{len(steps)} to derive, about {duration(plan.seconds)}"]
    else:
        lines += ["", "nothing to derive"]
    return lines


def why_not(plan: Plan) -> list[str]:
    """Return why nothing meets a requirement: what was considered, and which derivations cannot help."""
    lines = list(plan.fulfilment.lines())
    lines += [f"{item.dataset.reference}: {item.reason}" for item in plan.objections]
    for item in plan.refused:
        lines.append(f"{item.derivation}: {item.reason}")
        lines += [f"  hint: {item.hint}"] if item.hint else []
    return lines


def _tree(plan: Plan, first: str, rest: str, role: str, seen: set[str]) -> Iterator[str]:
    label = f"{role}: " if role else ""
    yield f"{first}{label}{_wanted(plan)}"
    if plan.fulfilment.is_fulfilled:
        found = [part.dataset.reference for part in plan.fulfilment.parts]
        together = f" ({len(found)} together)" if len(found) > 1 else ""
        yield f"{rest}└ have {name_some(found)}{together}"
    elif plan.step is None:
        yield f"{rest}└ nothing fulfils it"
    elif plan.step.cached is not None:
        yield f"{rest}└ have {plan.step.cached.reference}, derived before by {plan.step.derivation.name}"
    else:
        step, inputs = plan.step, plan.step.inputs
        known = f"{step.derivation.name} {step.wanted!r}"
        if known in seen:
            yield f"{rest}└ derive by {step.derivation.name}, as above"
            return
        seen.add(known)
        yield f"{rest}└ derive by {step.derivation.name}, about {duration(step.seconds)}{_chosen(step)}"
        for number, below in enumerate(inputs):
            last = number == len(inputs) - 1
            yield from _tree(
                below,
                f"{rest}  {'└' if last else '├'} ",
                f"{rest}  {' ' if last else '│'} ",
                below.requirement.role,
                seen,
            )


def _wanted(plan: Plan) -> str:
    """Return a requirement as it is short enough for a tree: the format says the category."""
    requirement = plan.requirement
    kind = requirement.category.value if requirement.format is None else requirement.format.name
    stated = [_plural(index, held) for index, held in requirement.restrictions.items()]
    return ", ".join([kind, *stated])


def _plural(index: DomainIndex, held: Restriction) -> str:
    if isinstance(held, Continuous):
        return str(held)
    if held.excluded or len(held.values) > SHOWN:
        return (
            f"{len(held.values)} {PLURALS.get(index, index.value)}" if held.values else f"all {index.value}"
        )
    return ", ".join(map(str, in_order(held.values)))


def _chosen(step: Step) -> str:
    usual = {item.name: item.default for item in step.derivation.parameters}
    chosen = step.derivation.chosen(step.wanted).items()
    named = [f"{name} {value}" for name, value in chosen if value != usual[name]]
    return f" ({', '.join(named)})" if named else ""


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    step = plan.step
    return {
        "requirement": str(plan.requirement),
        "role": plan.requirement.role,
        "ready": plan.is_ready,
        "possible": plan.is_possible,
        "datasets": [dataset.reference for dataset in plan.datasets],
        "fulfilment": plan.fulfilment.as_json(),
        "objections": [
            {"dataset": item.dataset.reference, "reason": item.reason} for item in plan.objections
        ],
        "seconds": round(plan.seconds, 3),
        "derive": None
        if step is None
        else {
            "derivation": step.derivation.name,
            "parameters": step.derivation.chosen(step.wanted),
            "seconds": round(step.seconds, 3),
            "key": step.key,
            "cached": None if step.cached is None else step.cached.reference,
            "inputs": [plan_json(below) for below in step.inputs],
        },
        "refused": [
            {"derivation": item.derivation, "reason": item.reason, "hint": item.hint} for item in plan.refused
        ],
    }


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 1:
        return "a moment"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
