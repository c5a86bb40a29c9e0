"""Whether datasets fulfil a requirement: one alone, or several that make up a whole; and if not, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal

from dmod.catalog.box import Box, Boxes
from dmod.catalog.data_format import DataFormat, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction, is_comparable

FormatVerdict = Literal["exact", "compatible", "convertible", "no"]
"""Whether a format can be used: as asked for, in its place, only once converted, or not at all."""
Shared = Literal[0, 1, 2]
State = Literal["satisfied", "unstated", "missing", "incomparable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one index of a dataset stands to a requirement.

    Parameters
    ----------
    index : which
    wanted : what is required
    held : what the dataset states; None where it states nothing
    state : ``incomparable`` where one is a range and the other a set, or one of times and one of numbers
    missing : what is required and not held, in parts that do not overlap
    """

    index: DomainIndex
    wanted: Restriction
    held: Restriction | None
    state: State
    missing: tuple[Restriction, ...] = ()

    @property
    def is_satisfied(self) -> bool:
        """Whether the dataset holds all that is required of this index."""
        return self.state == "satisfied"

    @property
    def is_shared(self) -> bool:
        """Whether the dataset holds any of it."""
        return self.is_satisfied or (self.state == "missing" and self.missing != (self.wanted,))

    @property
    def share(self) -> float:
        """How much of what is required the dataset holds, from 0 to 1; 0 where that cannot be counted."""
        if self.is_satisfied:
            return 1.0
        if not self.is_shared:
            return 0.0
        return max(0.0, 1.0 - sum(map(_extent, self.missing)) / _extent(self.wanted))


@dataclass(frozen=True, slots=True)
class Examination:
    """How one dataset stands to a requirement.

    Parameters
    ----------
    requirement, dataset : what was compared
    category_fits : whether the data are for what is asked for
    format : whether their format is
    expired : whether the dataset's time is over
    findings : one for each index that the requirement restricts, in the order of indices
    """

    requirement: Requirement
    dataset: Dataset
    category_fits: bool
    format: FormatVerdict
    expired: bool
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether the data can be used as they are, whatever they cover."""
        return self.category_fits and self.format in {"exact", "compatible"} and not self.expired

    @property
    def is_fulfilled(self) -> bool:
        """Whether this dataset alone is all that is required."""
        return self.is_usable and all(finding.is_satisfied for finding in self.findings)

    @property
    def shared(self) -> Shared:
        """Of how many of the indices that matter the dataset holds any: 2 all of them, 1 some, 0 none."""
        if all(finding.is_shared for finding in self.findings):
            return 2
        return 1 if any(finding.is_shared for finding in self.findings) else 0

    def unsatisfied(self) -> tuple[Finding, ...]:
        """Return the findings on what is not as required."""
        return tuple(finding for finding in self.findings if not finding.is_satisfied)


@dataclass(frozen=True, slots=True)
class Part:
    """A dataset and what it contributes: boxes inside the requirement's, which no other part contributes."""

    dataset: Dataset
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class Cover:
    """Datasets that together cover a requirement, or as much of it as there is.

    Parameters
    ----------
    parts : in the order of what they contribute, along the first index and within it the next
    uncovered : what remains of the requirement's box, as boxes that do not overlap
    """

    requirement: Requirement
    parts: tuple[Part, ...]
    uncovered: Boxes

    @property
    def is_complete(self) -> bool:
        """Whether nothing remains."""
        return bool(self.parts) and not self.uncovered


def examine(requirement: Requirement, dataset: Dataset, at: datetime) -> Examination:
    """Return how a dataset stands to a requirement.

    Every index that the requirement restricts must be stated by the dataset, and hold what is required. A
    dataset that is restricted to everything states it; ``DATA_ID`` is also stated by name, version and uuid.

    Parameters
    ----------
    at : time at which the dataset must not have expired
    """
    return Examination(
        requirement,
        dataset,
        dataset.category == requirement.category,
        format_verdict(requirement, dataset.domain.format),
        dataset.is_expired(at),
        tuple(_find(index, requirement.box[index], dataset) for index in sorted(requirement.box)),
    )


def format_verdict(requirement: Requirement, offered: DataFormat) -> FormatVerdict:
    """Return whether data of a format can be used for a requirement."""
    wanted = requirement.format
    if offered == wanted or (wanted is None and offered.name != "EMPTY"):
        return "exact"
    if wanted is None or not offered.stands_in_for(wanted):
        return "no"
    return "convertible" if requirement.exact else "compatible"


def preference(requirement: Requirement, dataset: Dataset) -> tuple[bool, float, str, int]:
    """Return a key that sorts datasets: those of the exact format first, then the newest."""
    differs = format_verdict(requirement, dataset.domain.format) != "exact"
    return (differs, -dataset.created.timestamp(), dataset.name, -dataset.version)


def nearness(
    requirement: Requirement, dataset: Dataset, at: datetime
) -> tuple[float, float, float, float, str, int]:
    """Return a key that sorts datasets: those first that come nearest to a requirement.

    What holds a part of everything comes before what holds a part of something, and that before the rest;
    then counts what can be used and how much is satisfied, then how large the parts are, then what is newer.
    """
    found = examine(requirement, dataset, at)
    satisfied = sum(finding.is_satisfied for finding in found.findings)
    share = sum(finding.share for finding in found.findings)
    points = satisfied + 2 * found.is_usable
    newest = -dataset.created.timestamp()
    return (-found.shared, -points, -share, newest, dataset.name, -dataset.version)


def serves(requirement: Requirement, dataset: Dataset, at: datetime) -> bool:
    """Whether a dataset can be a part of a whole that covers a requirement, or all of it."""
    found = examine(requirement, dataset, at)
    if not found.is_usable:
        return False
    return all(_can_serve(finding, _dividable(requirement, [found])) for finding in found.findings)


def covering(requirement: Requirement, datasets: Iterable[Dataset], at: datetime) -> Cover:
    """Choose datasets that together cover a requirement, few, and always the same ones.

    The parts may differ along the indices that their format can be divided along; each of them must fulfil
    all others alone. All parts are of formats that can stand in for each other. One dataset that fulfils
    everything is chosen alone. Where the whole cannot be covered, the choice covers as much as there is.

    Parameters
    ----------
    datasets : those to choose from; what cannot be used is passed over
    at : time at which they must not have expired
    """
    families: dict[str, list[Examination]] = defaultdict(list)
    for dataset in datasets:
        found = examine(requirement, dataset, at)
        if found.is_usable:
            form = dataset.domain.format
            families[form.family or form.name].append(found)
    covers = [_family_cover(requirement, families[name]) for name in sorted(families)]
    if not covers:
        return Cover(requirement, (), (requirement.box,))
    return min(covers, key=lambda item: (-item[0], len(item[1].parts)))[1]


def _family_cover(requirement: Requirement, usable: Sequence[Examination]) -> tuple[float, Cover]:
    """Return how much of a requirement data of one family cover, from 0 to 1, and the cover."""
    from dmod.catalog.cover_grid import Axis, CoverGrid  # NumPy: only where several are needed

    indices = _dividable(requirement, usable)
    fit = [item for item in usable if all(_can_serve(finding, indices) for finding in item.findings)]
    fit.sort(key=lambda item: preference(requirement, item.dataset))
    if not fit:
        return 0.0, Cover(requirement, (), (requirement.box,))
    if not indices:
        return 1.0, Cover(requirement, (Part(fit[0].dataset, (requirement.box,)),), ())
    axes = [
        Axis.of(index, requirement.box[index], [_offer(item, index) for item in fit]) for index in indices
    ]
    chosen, uncovered, share = CoverGrid(axes, len(fit)).choose()
    parts = tuple(Part(fit[number].dataset, _inside(requirement.box, boxes)) for number, boxes in chosen)
    return share, Cover(requirement, parts, _inside(requirement.box, uncovered))


def _find(index: DomainIndex, wanted: Restriction, dataset: Dataset) -> Finding:
    held = dataset.domain.restrictions.get(index)
    if index is DomainIndex.DATA_ID and isinstance(wanted, Discrete):
        return _find_data_id(wanted, held, dataset)
    if held is None:
        return Finding(index, wanted, None, "unstated", (wanted,))
    if not is_comparable(wanted, held):
        return Finding(index, wanted, held, "incomparable", (wanted,))
    missing = _missing(wanted, held)
    return Finding(index, wanted, held, "missing" if missing else "satisfied", missing)


def _missing(wanted: Restriction, held: Restriction) -> tuple[Restriction, ...]:
    if isinstance(held, Discrete):
        # a range is only comparable with the set of everything
        return () if not isinstance(wanted, Discrete) or held.contains(wanted) else wanted.subtract(held)
    return wanted.subtract(held) if isinstance(wanted, Continuous) else held.complement()


def _find_data_id(wanted: Discrete, held: Restriction | None, dataset: Dataset) -> Finding:
    """Return whether a dataset may be called all that is wanted; "all but" means: none of these."""
    called = held if isinstance(held, Discrete) and held.excluded else Discrete(dataset.data_ids)
    if not wanted.excluded:
        missing: tuple[Restriction, ...] = wanted.subtract(called)
    else:
        missing = () if called.excluded or wanted.contains(called) else (wanted,)
    return Finding(DomainIndex.DATA_ID, wanted, called, "missing" if missing else "satisfied", missing)


def _can_serve(finding: Finding, indices: Sequence[DomainIndex]) -> bool:
    """Whether a part with this finding is of any use: along ``indices`` others can add what is missing."""
    return finding.is_satisfied or (finding.index in indices and finding.is_shared)


def _offer(item: Examination, index: DomainIndex) -> Restriction:
    """Return what a dataset offers of an index: just what is wanted where it has all of that."""
    finding = next(finding for finding in item.findings if finding.index is index)
    return finding.wanted if finding.held is None or finding.is_satisfied else finding.held


def _dividable(requirement: Requirement, usable: Sequence[Examination]) -> list[DomainIndex]:
    """Return the indices along which datasets may be put together."""
    return [
        index
        for index, wanted in sorted(requirement.box.items())
        if all(index in item.dataset.domain.format.divides for item in usable)
        and _is_dividable(index, wanted, usable)
    ]


def _is_dividable(index: DomainIndex, wanted: Restriction, usable: Sequence[Examination]) -> bool:
    """Whether pieces can make up what is wanted of an index: of everything, ranges cannot."""
    stated = [item.dataset.domain.restrictions.get(index) for item in usable]
    return isinstance(wanted, Continuous) or not any(isinstance(held, Continuous) for held in stated)


def _extent(held: Restriction) -> float:
    """Return how many elements a set has, or how long a range is; without end, as much as nothing reaches."""
    if isinstance(held, Discrete):
        return inf if held.excluded else float(len(held.values))
    if isinstance(held.begin, datetime) and isinstance(held.end, datetime):
        return (held.end - held.begin).total_seconds()
    return float(held.end) - float(held.begin)  # type: ignore[arg-type]


def _inside(box: Box, boxes: Iterable[Box]) -> Boxes:
    return tuple({**box, **part} for part in boxes)
