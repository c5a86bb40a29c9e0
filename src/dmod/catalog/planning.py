"""Planning: what fulfils a requirement, or the cheapest chain of derivations that would.

A plan is a tree. A leaf is a requirement that datasets of the catalog fulfil, or that nothing does; a node is
a derivation with the plans of its inputs. Planning reads the index and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dmod.catalog.dataset import Dataset
from dmod.catalog.derivation import Derivation, Refusal
from dmod.catalog.explanation import Fulfilment
from dmod.catalog.fulfilling import Objection
from dmod.catalog.requirement import Requirement

DEPTH = 8
Find = Callable[[Requirement, bool], tuple[Fulfilment, tuple[Objection, ...]]]
"""Finds what fulfils a requirement; told whether several datasets will do."""
Cached = Callable[[str], Dataset | None]
"""Finds what was derived with a key."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A derivation that makes what is required and cannot do it here: why, and what would help."""

    derivation: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A derivation and where its inputs come from.

    Parameters
    ----------
    seconds : estimate for this step alone
    key : of the result, where all inputs are known; "" where some are to be derived first
    cached : the result, if the same was derived before
    """

    derivation: Derivation
    wanted: Requirement
    inputs: tuple[Plan, ...]
    seconds: float
    key: str = ""
    cached: Dataset | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a requirement can be met.

    Parameters
    ----------
    fulfilment : what the catalog has, and what it lacks
    step : the derivation that is cheapest; None where the catalog has all, or nothing can be done
    refused : derivations that would make it, and why they cannot
    """

    requirement: Requirement
    fulfilment: Fulfilment
    objections: tuple[Objection, ...] = ()
    step: Step | None = None
    refused: tuple[Refused, ...] = ()

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The datasets that meet it now; none where something must be derived first."""
        if self.fulfilment.is_fulfilled:
            return tuple(part.dataset for part in self.fulfilment.parts)
        return (self.step.cached,) if self.step is not None and self.step.cached is not None else ()

    @property
    def is_ready(self) -> bool:
        """Whether nothing needs to be derived."""
        return bool(self.datasets)

    @property
    def is_possible(self) -> bool:
        """Whether it is ready, or can be derived."""
        return self.is_ready or self.step is not None

    def steps(self) -> Iterator[Step]:
        """Yield the derivations that are to be run, in their order, none twice."""
        seen: list[tuple[str, Requirement]] = []
        for step in self._steps():
            if (step.derivation.name, step.wanted) not in seen:
                seen.append((step.derivation.name, step.wanted))
                yield step

    def _steps(self) -> Iterator[Step]:
        if self.is_ready or self.step is None:
            return
        for plan in self.step.inputs:
            yield from plan._steps()
        yield self.step

    @property
    def seconds(self) -> float:
        """Estimate of the time that the derivations take."""
        return sum(step.seconds for step in self.steps())

    def missing(self) -> Iterator[Plan]:
        """Yield the requirements, this one or those below, that nothing meets."""
        if not self.is_possible:
            yield self

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        from dmod.catalog.plan_text import plan_json

        return plan_json(self)

    def lines(self) -> list[str]:
        """Return it as text for people."""
        from dmod.catalog.plan_text import plan_lines

        return plan_lines(self)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans with the same derivations and the same catalog.

    Parameters
    ----------
    find, cached : ask the catalog
    derivations : those to choose from
    """

    find: Find
    cached: Cached
    derivations: tuple[Derivation, ...]

    def plan(self, requirement: Requirement, *, several: bool = True) -> Plan:
        """Return how a requirement can be met."""
        return self._plan(requirement, several=several, above=())

    def plan_with(self, derivation: Derivation, requirement: Requirement) -> Plan:
        """Return how a requirement can be met by one derivation, whatever the catalog has."""
        empty = Fulfilment(requirement, (), (), (requirement.box,))
        step, refused = self._step(derivation, requirement, ())
        return Plan(requirement, empty, (), step, () if refused is None else (refused,))

    def _plan(self, requirement: Requirement, *, several: bool, above: tuple[str, ...]) -> Plan:
        fulfilment, objections = self.find(requirement, several)
        if fulfilment.is_fulfilled:
            return Plan(requirement, fulfilment, objections)
        steps, refused = [], []
        for derivation in self.derivations:
            if not derivation.can_make(requirement) or derivation.name in above or len(above) >= DEPTH:
                continue
            step, refusal = self._step(derivation, requirement, above)
            if step is not None:
                steps.append(step)
            elif refusal is not None:
                refused.append(refusal)
        best = min(steps, key=_cost, default=None)
        return Plan(requirement, fulfilment, objections, best, tuple(refused))

    def _step(
        self, derivation: Derivation, wanted: Requirement, above: tuple[str, ...]
    ) -> tuple[Step | None, Refused | None]:
        needs = _needs(derivation, wanted)
        if isinstance(needs, Refusal):
            return None, Refused(derivation.name, needs.reason, needs.hint)
        inputs = []
        for need in needs:
            found = self._plan(need, several=need.role in derivation.several, above=(*above, derivation.name))
            if not found.is_possible:
                return None, Refused(derivation.name, *_lack(need, found))
            inputs.append(found)
        key = ""
        if all(plan.is_ready for plan in inputs):
            key = derivation.key(wanted, input_digests(inputs))
        return (
            Step(
                derivation, wanted, tuple(inputs), derivation.seconds(wanted), key,
                self.cached(key) if key else None,
            ),
            None,
        )  # fmt: skip


def _needs(derivation: Derivation, wanted: Requirement) -> Sequence[Requirement] | Refusal:
    lacking = [
        item.name
        for item in derivation.parameters
        if item.required and wanted.parameters.get(item.name) is None
    ]
    if lacking:
        return Refusal(
            f"nothing says which {' and '.join(lacking)}", "; ".join(f"give {name}" for name in lacking)
        )
    return derivation.needs(wanted)


def input_digests(plans: Iterable[Plan]) -> list[tuple[str, str]]:
    """Return role and digest of every dataset that goes in."""
    return [(plan.requirement.role, identity(dataset)) for plan in plans for dataset in plan.datasets]


def identity(dataset: Dataset) -> str:
    """Return what tells a dataset's data from others: the digest, or where they lie if that is elsewhere."""
    return dataset.access_location if dataset.is_external else dataset.digest


def _cost(step: Step) -> tuple[float, str]:
    whole = 0.0 if step.cached is not None else step.seconds + sum(plan.seconds for plan in step.inputs)
    return (whole, step.derivation.name)


def _lack(need: Requirement, found: Plan) -> tuple[str, str]:
    """Return why a need is not met, as reason and hint."""
    role = f" ({need.role})" if need.role else ""
    reason = f"it needs {need}{role}, which nothing fulfils"
    if found.refused:
        first = found.refused[0]
        reason += f"; {first.derivation} cannot make it: {first.reason}"
        return reason, first.hint
    return reason, "add such a dataset"
