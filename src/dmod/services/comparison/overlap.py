"""What the layers of two runs have in common, and what only one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from dmod.core.problem import name_some
from dmod.core.units import IDENTITY, Conversion, canonical, conversion
from dmod.errors import UnitError
from dmod.evaluation.align import span
from dmod.services.comparison.layer import SINGULAR, Layer, LayerName, Rows, Stamps

DEPTHS = frozenset({"m", "mm", "kg m-2"})
"""Units in which modules give what a step brings."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that cannot be compared, or that was made comparable.

    Parameters
    ----------
    kind : ``layer``, ``place``, ``variable``, ``period``, ``step``, ``unit``, ``precision``
    sentence : what it is, with names
    items : ids or variables concerned
    counts : whether it makes the runs different in what they hold
    """

    kind: str
    sentence: str
    items: tuple[str, ...] = ()
    counts: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "items": list(self.items),
            "counts": self.counts,
        }


@dataclass(frozen=True, slots=True)
class Shared:
    """A variable that both layers have, with what brings the other's values into the reference's unit."""

    name: str
    unit: str
    change: Conversion


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two layers share.

    Parameters
    ----------
    ids : places, in the reference's order
    rows, other_rows : where each layer has them
    stamps : the common period
    first, other_first : step of each layer at which it begins
    """

    layer: LayerName
    ids: tuple[str, ...]
    rows: Rows
    other_rows: Rows
    stamps: Stamps
    first: int
    other_first: int
    variables: tuple[Shared, ...]

    @property
    def size(self) -> int:
        """Return how many values of each run it is."""
        return len(self.ids) * self.stamps.count * len(self.variables)


def overlap(
    layer: LayerName, reference: Layer, other: Layer, names: tuple[str, str], wanted: Sequence[str] | None
) -> tuple[Overlap | None, list[Gap]]:
    """Return what two layers share, None where that is nothing, and every gap.

    Parameters
    ----------
    names : what the two runs are called
    wanted : variables to look at; all if None
    """
    gaps: list[Gap] = []
    ids = _places(layer, reference, other, names, gaps)
    period = _period(layer, reference.stamps, other.stamps, names, gaps)
    variables = _variables(layer, reference, other, names, wanted, gaps=gaps)
    if not ids or period is None or not variables:
        return None, gaps
    stamps, first, other_first = period
    rows = np.array([reference.index[name] for name in ids], dtype=np.int64)
    other_rows = np.array([other.index[name] for name in ids], dtype=np.int64)
    return Overlap(layer, ids, rows, other_rows, stamps, first, other_first, variables), gaps


def _only(kind: str, what: str, items: Sequence[str], run: str, gaps: list[Gap]) -> None:
    if items:
        gaps.append(Gap(kind, f"{what} only in {run}: {name_some(items)}", tuple(items)))


def _places(
    layer: LayerName, reference: Layer, other: Layer, names: tuple[str, str], gaps: list[Gap]
) -> tuple[str, ...]:
    ids = tuple(name for name in reference.ids if name in other.index)
    if not ids:
        sentence = (
            f"no {SINGULAR[layer]} in common: {names[0]} has {name_some(reference.ids, 3)}, "
            f"{names[1]} has {name_some(other.ids, 3)}"
        )
        gaps.append(Gap("place", sentence))
        return ids
    _only("place", layer, [name for name in reference.ids if name not in other.index], names[0], gaps)
    _only("place", layer, [name for name in other.ids if name not in reference.index], names[1], gaps)
    return ids


def _period(
    layer: LayerName, a: Stamps, b: Stamps, names: tuple[str, str], gaps: list[Gap]
) -> tuple[Stamps, int, int] | None:
    if a.step != b.step and min(a.count, b.count) > 1:
        sentence = f"{layer}: the steps differ, {span(a.step)} in {names[0]} and {span(b.step)} in {names[1]}"
        gaps.append(Gap("step", sentence))
        return None
    step = a.step if a.count > 1 else b.step
    start, last = max(a.start, b.start), min(a.last, b.last)
    if start > last:
        sentence = f"{layer}: no step in common, {names[0]} is of {a.text}, {names[1]} of {b.text}"
        gaps.append(Gap("period", sentence))
        return None
    if (a.start - b.start) % step:
        sentence = (
            f"{layer}: no step in common, the stamps of {names[1]} lie "
            f"{span((b.start - a.start) % step)} beside those of {names[0]}"
        )
        gaps.append(Gap("period", sentence))
        return None
    stamps = Stamps(start, step, (last - start) // step + 1)
    if (a.start, a.last) != (b.start, b.last):
        sentence = f"{layer}: {names[0]} is of {a.text}, {names[1]} of {b.text}; compared are {stamps.text}"
        gaps.append(Gap("period", sentence, (_iso(start), _iso(last))))
    return stamps, (start - a.start) // step, (start - b.start) // step


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _variables(
    layer: LayerName,
    reference: Layer,
    other: Layer,
    names: tuple[str, str],
    wanted: Sequence[str] | None,
    *,
    gaps: list[Gap],
) -> tuple[Shared, ...]:
    def chosen(one: Layer) -> list[str]:
        return [name for name in one.units if wanted is None or name in wanted]

    ours, theirs = chosen(reference), chosen(other)
    _only("variable", f"variables of {layer}", [n for n in ours if n not in other.units], names[0], gaps)
    _only(
        "variable", f"variables of {layer}", [n for n in theirs if n not in reference.units], names[1], gaps
    )
    shared = []
    for name in (name for name in ours if name in other.units):
        unit, other_unit = reference.units[name], other.units[name]
        try:
            change, how = unit_change(other_unit, unit, reference.stamps.step)
        except UnitError as error:
            gaps.append(Gap("unit", f"{name} is not compared: {error.message}", (name,)))
            continue
        if how:
            gaps.append(Gap("unit", f"{name}: {names[1]} was converted {how}", (name,), counts=False))
        shared.append(Shared(name, unit or other_unit, change))
    _unstated(layer, [s.name for s in shared], reference, other, names, gaps=gaps)
    return tuple(shared)


def unit_change(source: str, target: str, step: int) -> tuple[Conversion, str]:
    """Return what brings values into a unit, and how in words; beside a rate, a depth is that of a step.

    Raises
    ------
    UnitError
        the units measure different things.
    """
    if not source or not target:
        return IDENTITY, ""
    how = f"from {source} to {target}"
    try:
        change = conversion(source, target)
        return change, "" if change.is_identity else how
    except UnitError:
        how += f", {target if _is_depth(target) else source} being the depth of a step of {span(step)}"
        with suppress(UnitError):  # what is said of the units as they are tells more
            if _is_depth(target):
                return Conversion(conversion(source, f"{target} s-1").scale * step), how
            if _is_depth(source):
                return Conversion(conversion(f"{source} s-1", target).scale / step), how
        raise


def _is_depth(unit: str) -> bool:
    return canonical(unit) in DEPTHS


def _unstated(
    layer: LayerName,
    shared: Sequence[str],
    reference: Layer,
    other: Layer,
    names: tuple[str, str],
    *,
    gaps: list[Gap],
) -> None:
    """Tell of units that one does not state, and of numbers held in fewer digits."""
    for one, another, run in ((reference, other, names[0]), (other, reference, names[1])):
        silent = tuple(name for name in shared if not one.units[name] and another.units[name])
        if silent:
            sentence = f"{layer}: {run} states no unit for {name_some(silent)}; the other's is assumed"
            gaps.append(Gap("unit", sentence, silent, counts=False))
        coarse = tuple(
            n for n in shared if one.precision[n] != "float64" and another.precision[n] == "float64"
        )
        if coarse:
            kind = one.precision[coarse[0]]
            how = "as text, in as many digits as were printed" if kind == "text" else f"as {kind}"
            sentence = f"{layer}: {run} holds its numbers {how}"
            gaps.append(Gap("precision", sentence, coarse, counts=False))
