"""What is said of a requirement and datasets: what fulfils it, and of each dataset that does not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dmod.catalog.box import Boxes
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.domain_json import restrictions_to_json
from dmod.catalog.match import Cover, Examination, Finding, Part
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction, in_order, say

SHOWN = 10
"""How many elements, and how many uncovered boxes, a text names."""


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What was found for a requirement.

    Parameters
    ----------
    requirement : what was asked for
    parts : the datasets that were chosen, with what each contributes; none where nothing fits
    examinations : of the datasets that were considered
    uncovered : what no part contributes, as boxes that do not overlap
    """

    requirement: Requirement
    parts: tuple[Part, ...] = ()
    examinations: tuple[Examination, ...] = ()
    uncovered: Boxes = ()

    @classmethod
    def by_one(cls, examination: Examination) -> Fulfilment:
        """Return that one dataset is all that is required, if it is."""
        requirement = examination.requirement
        if not examination.is_fulfilled:
            return cls(requirement, (), (examination,), (requirement.box,))
        return cls(requirement, (Part(examination.dataset, (requirement.box,)),), (examination,))

    @classmethod
    def by_cover(cls, cover: Cover, examinations: Iterable[Examination] = ()) -> Fulfilment:
        """Return what several datasets cover together."""
        return cls(cover.requirement, cover.parts, tuple(examinations), cover.uncovered)

    @property
    def is_fulfilled(self) -> bool:
        """Whether the parts are all that is required."""
        return bool(self.parts) and not self.uncovered

    def lines(self) -> list[str]:
        """Return the text for people: the verdict, the parts, what remains, and why others do not do."""
        found = [f"{'fulfilled' if self.is_fulfilled else 'not fulfilled'}: {self.requirement}"]
        for part in self.parts:
            alone = self.is_fulfilled and len(self.parts) == 1
            found.append(f"  by {part.dataset.reference}" + ("" if alone else f": {_boxes(part.boxes)}"))
        if self.uncovered and self.uncovered != (self.requirement.box,):
            found.append(f"  in no dataset: {_boxes(self.uncovered)}")
        if not self.is_fulfilled:
            chosen = {part.dataset.uuid for part in self.parts}
            others = [item for item in self.examinations if item.dataset.uuid not in chosen]
            found += [f"  {line}" for item in others for line in examination_lines(item)]
            if not self.parts and not others:
                found.append(f"  there is no {self.requirement.category} dataset that comes near")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {
            "fulfilled": self.is_fulfilled,
            "requirement": requirement_json(self.requirement),
            "parts": [
                {**_identity(part), "boxes": [restrictions_to_json(box) for box in part.boxes]}
                for part in self.parts
            ],
            "uncovered": [restrictions_to_json(box) for box in self.uncovered],
            "examined": [examination_json(item) for item in self.examinations],
        }


def examination_lines(examination: Examination) -> list[str]:
    """Return why a dataset does not fulfil a requirement, its name first; or that it does."""
    name = examination.dataset.reference
    if examination.is_fulfilled:
        return [f"{name} fulfils it"]
    return [f"{name}:", *(f"  {line}" for line in reasons(examination))]


def reasons(examination: Examination) -> list[str]:
    """Return what of a dataset is not as required, a line for each index; none where all is."""
    requirement, dataset = examination.requirement, examination.dataset
    found = []
    if not examination.category_fits:
        found.append(f"category: is {dataset.category}, required is {requirement.category}")
    if examination.format not in {"exact", "compatible"}:
        convertible = ", from which it can be converted" if examination.format == "convertible" else ""
        wanted = requirement.format or "any but an empty dataset"
        found.append(f"format: is {dataset.domain.format}, required is {wanted}{convertible}")
    if examination.expired and dataset.expires is not None:
        found.append(f"expired: its time was over at {say(dataset.expires)}")
    return found + [finding_text(finding) for finding in examination.unsatisfied()]


def finding_text(finding: Finding) -> str:
    """Return how one index stands to what is required of it."""
    index, wanted, held = finding.index, finding.wanted, finding.held
    if finding.is_satisfied:
        return f"{index}: holds all that is required ({_named(wanted)})"
    if held is None:
        return f"{index}: does not say which {_plural(index)} it covers, required {_named(wanted)}"
    if finding.state == "incomparable":
        return f"{index}: states {_named(held)}, which cannot be compared with {_named(wanted)}, required"
    if isinstance(wanted, Continuous) and isinstance(held, Continuous):
        return f"{index}: covers {held}, {_range_text(wanted, held, finding.missing)}"
    if index is DomainIndex.DATA_ID and isinstance(wanted, Discrete) and not wanted.excluded:
        absent = [item for item in finding.missing if isinstance(item, Discrete)]
        return f"{index}: is not called {_elements(value for item in absent for value in item.values)}"
    return f"{index}: {_set_text(wanted, held, finding.missing)}"


def examination_json(examination: Examination) -> dict[str, Any]:
    """Return an examination as JSON data."""
    dataset = examination.dataset
    return {
        "dataset": dataset.reference,
        "uuid": dataset.uuid,
        "fulfils": examination.is_fulfilled,
        "category_fits": examination.category_fits,
        "format": dataset.domain.format.name,
        "format_verdict": examination.format,
        "expired": examination.expired,
        "findings": [finding_json(finding) for finding in examination.findings],
        "reasons": reasons(examination),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON data."""
    return {
        "index": finding.index.value,
        "state": finding.state,
        "wanted": _alone(finding.index, finding.wanted),
        "held": None if finding.held is None else _alone(finding.index, finding.held),
        "missing": [_alone(finding.index, part) for part in finding.missing],
        "text": finding_text(finding),
    }


def requirement_json(requirement: Requirement) -> dict[str, Any]:
    """Return a requirement as JSON data."""
    return {
        "category": requirement.category.value,
        "format": None if requirement.format is None else requirement.format.name,
        "exact": requirement.exact,
        "role": requirement.role,
        **restrictions_to_json(requirement.box),
        "parameters": dict(requirement.parameters),
        "text": str(requirement),
    }


def _range_text(wanted: Continuous, held: Continuous, missing: Iterable[Restriction]) -> str:
    if held.intersection(wanted) is None:
        return f"required {wanted}: they do not overlap"
    lacks = [item for item in missing if isinstance(item, Continuous)]
    before = [item for item in lacks if item.begin == wanted.begin]
    after = [item for item in lacks if item.end == wanted.end]
    said = [f"{_length(item)} missing at the beginning" for item in before]
    said += [f"{_length(item)} missing at the end" for item in after]
    if before and after:
        return f"required {wanted}: " + ", ".join(said)
    bound = f"from {say(wanted.begin)}" if before else f"to {say(wanted.end)}"
    return f"required {bound}: " + ", ".join(said)


def _set_text(wanted: Restriction, held: Restriction, missing: Iterable[Restriction]) -> str:
    absent = next((item for item in missing if isinstance(item, Discrete)), None)
    if absent is None or absent.excluded or not isinstance(wanted, Discrete):
        return f"holds only {_named(held)}, required {_named(wanted)}"
    if wanted.excluded:
        return f"required {_named(wanted)}, absent: {_elements(absent.values)}"
    return f"{len(absent.values):,} of {len(wanted.values):,} absent: {_elements(absent.values)}"


def _length(gap: Continuous) -> str:
    """Return how long a range is, in the largest unit that says it without a fraction."""
    if not isinstance(gap.begin, datetime) or not isinstance(gap.end, datetime):
        return f"{float(gap.end) - float(gap.begin):g}"  # type: ignore[arg-type]
    length = gap.end - gap.begin
    if length >= timedelta(days=4) and length % timedelta(days=1) == timedelta():
        return f"{length // timedelta(days=1):,} days"
    for unit, name in ((timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if length % unit == timedelta():
            return f"{length // unit:,} {name}"
    return f"{length.total_seconds():,g} s"


def _named(held: Restriction) -> str:
    if isinstance(held, Continuous) or held.is_all:
        return str(held)
    return f"{'all but ' if held.excluded else ''}{_elements(held.values)}"


def _elements(values: Iterable[str | int]) -> str:
    ordered = [str(value) for value in in_order(values)]
    first = ", ".join(ordered[:SHOWN])
    return first if len(ordered) <= SHOWN else f"{first} and {len(ordered) - SHOWN:,} more"


def _plural(index: DomainIndex) -> str:
    return {
        DomainIndex.TIME: "period",
        DomainIndex.CATCHMENT_ID: "catchments",
        DomainIndex.FLOWPATH_ID: "flowpaths",
        DomainIndex.GAGE_ID: "gauges",
        DomainIndex.VARIABLE: "variables",
        DomainIndex.HYDROFABRIC_ID: "hydrofabric",
        DomainIndex.FORMULATION: "formulation",
    }.get(index, index.value.replace("_", " ").lower())


def _boxes(boxes: Boxes) -> str:
    texts = ["; ".join(f"{index} {_named(held)}" for index, held in sorted(box.items())) for box in boxes]
    more = f" and {len(texts) - SHOWN:,} more pieces" if len(texts) > SHOWN else ""
    return (" | ".join(texts[:SHOWN]) or "all of it") + more


def _identity(part: Part) -> dict[str, Any]:
    dataset = part.dataset
    return {
        "dataset": dataset.reference,
        "uuid": dataset.uuid,
        "digest": dataset.digest,
        "format": dataset.domain.format.name,
    }


def _alone(index: DomainIndex, held: Restriction) -> Mapping[str, Any]:
    found = restrictions_to_json({index: held})
    entry: Mapping[str, Any] = [*found["continuous"], *found["discrete"]][0]
    return entry
