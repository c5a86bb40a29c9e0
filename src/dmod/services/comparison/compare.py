"""Compare the results of several runs with those of the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path

from dmod.errors import CoverageError, NotFoundError
from dmod.services.comparison.balances import TermDifference, balance_differences, read_balance
from dmod.services.comparison.comparison import ComparedRun, Comparison, RunDeviation, VariableDeviation
from dmod.services.comparison.deviation import Gathered, Tolerance
from dmod.services.comparison.layer import LAYERS, Layer
from dmod.services.comparison.overlap import Gap, Overlap, overlap
from dmod.services.comparison.provenance import main_output, unlike
from dmod.services.comparison.run_folder import RunFolder, names_of, open_run

BLOCK_BYTES = 32 << 20
"""Of values that are held of each of two runs at once."""
Progress = Callable[[str, int, int], None]


def compare(
    runs: Sequence[str | Path],
    names: Sequence[str] | None = None,
    *,
    variables: Sequence[str] | None = None,
    same: Mapping[str, str] | None = None,
    tolerance: Tolerance | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare runs, whatever formulation or engine made them: every place, variable and step they share.

    The first run is the reference. Places are matched by their ids, variables by their names, steps by
    their stamps; values are brought into the reference's units. What only one run has is told in `gaps`.
    Files are read in blocks, so that memory does not grow with them.

    Parameters
    ----------
    runs : folders of results: of ``dmod run``, or with the framework's own CSV files; two or more
    names : what the runs are called; the ends of their paths if not given
    variables : to compare, as the reference calls them; all if not given
    same : other runs' name of a variable → the reference's, where formulations call one thing by two names;
        main outputs are taken for the same by themselves, as far as the realizations are still there
    tolerance : within which values count as the same; none if not given
    progress : ``(what, done, total)``, in values

    Raises
    ------
    InputError
        fewer than two folders, one folder twice, or one that holds no whole results of a run.
    NotFoundError
        there is no such folder, or no run has a variable of that name.
    CoverageError
        a run shares nothing with the reference: another basin, another period, other steps.
    """
    begin = time.perf_counter()
    paths = [Path(run).expanduser() for run in runs]
    called = names_of(paths, names)
    with ExitStack() as stack:
        folders: list[RunFolder] = []
        for path, name in zip(paths, called, strict=True):
            folder = open_run(path, name, same if folders else None)
            stack.callback(folder.close)
            folders.append(folder)
        _require_same(folders, same or {})
        renamed = [_call_alike(folders[0], other) for other in folders[1:]]
        _require_variables(folders, variables)
        chosen = tolerance or Tolerance()
        found = [
            _deviation(folders[0], other, variables, chosen, gaps=gaps, progress=progress)
            for other, gaps in zip(folders[1:], renamed, strict=True)
        ]
        return Comparison(
            runs=tuple(_compared(folder) for folder in folders),
            deviations=tuple(found),
            tolerance=chosen,
            seconds=time.perf_counter() - begin,
        )


def _compared(run: RunFolder) -> ComparedRun:
    sizes = {kind: len(layer.ids) for kind, layer in run.layers.items()}
    stamps = next(iter(run.layers.values())).stamps
    aliases = {stored: name for layer in run.layers.values() for stored, name in layer.renamed.items()}
    return ComparedRun(run.name, run.path, run.note, sizes, stamps, aliases)


def _call_alike(reference: RunFolder, other: RunFolder) -> list[Gap]:
    """Give the other's main output the reference's name for it, where it has no variable of that name."""
    ours, theirs = main_output(reference.note), main_output(other.note)
    a, b = reference.layers.get("catchments"), other.layers.get("catchments")
    if a is None or b is None or ours is None or theirs is None or ours == theirs:
        return []
    if ours not in a.units or ours in b.units or theirs not in b.units or theirs in a.units:
        return []
    b.call(theirs, ours)
    sentence = f"the main outputs, {ours} of {reference.name} and {theirs} of {other.name}, are called {ours}"
    return [Gap("variable", sentence, (ours, theirs), counts=False)]


def _require_same(runs: Sequence[RunFolder], same: Mapping[str, str]) -> None:
    """Refuse pairs of names of which one is nobody's: nothing would be compared by them."""
    ours = {name for layer in runs[0].layers.values() for name in layer.units}
    others = [layer for run in runs[1:] for layer in run.layers.values()]
    theirs = {name for layer in others for name in (*layer.units, *layer.renamed)}
    for name, called in same.items():
        whose, wanted, known = (f"{runs[0].name} has", called, ours)
        if called in ours:
            whose, wanted, known = ("no other run has", name, theirs)
        if wanted not in known:
            close = ", ".join(get_close_matches(wanted, sorted(known), n=3, cutoff=0.5))
            raise NotFoundError(
                f"--same: {whose} {'a' if whose.startswith('no') else 'no'} variable {wanted}",
                hint=f"names near it: {close or ', '.join(sorted(known))}",
            )


def _require_variables(runs: Sequence[RunFolder], wanted: Sequence[str] | None) -> None:
    known = dict.fromkeys(name for run in runs for layer in run.layers.values() for name in layer.units)
    for name in wanted or ():
        if name not in known:
            close = ", ".join(get_close_matches(name, list(known), n=3, cutoff=0.5)) or ", ".join(known)
            raise NotFoundError(f"no run has a variable {name}", hint=f"did you mean: {close}")


def _deviation(
    reference: RunFolder,
    other: RunFolder,
    wanted: Sequence[str] | None,
    tolerance: Tolerance,
    *,
    gaps: list[Gap],
    progress: Progress | None,
) -> RunDeviation:
    shared, more = overlaps(reference, other, wanted)
    gaps = [*gaps, *more]
    if not shared:
        reasons = "; ".join(gap.sentence for gap in gaps if gap.counts)
        raise CoverageError(
            f"{other.name} cannot be compared with {reference.name}: {reasons}",
            hint="give runs of the same basin and period, with the same step and outputs in common",
        )
    total = sum(part.size for part in shared)
    done = 0
    found: list[VariableDeviation] = []
    for part in shared:

        def tell(values: int, before: int = done) -> None:
            if progress is not None:
                progress(f"compare {other.name}", before + values, total)

        found += _variables(part, reference.layers[part.layer], other.layers[part.layer], tolerance, tell)
        done += part.size
    found.sort(key=lambda variable: (-int(variable.values.missing.sum() > 0), -variable.distance))
    balance: tuple[TermDifference, ...] = ()
    if wanted is None and reference.balance is not None and other.balance is not None:
        balance = balance_differences(read_balance(reference.balance), read_balance(other.balance))
    return RunDeviation(other.name, tuple(found), unlike(reference.note, other.note), tuple(gaps), balance)


def overlaps(
    reference: RunFolder, other: RunFolder, wanted: Sequence[str] | None = None
) -> tuple[list[Overlap], list[Gap]]:
    """Return what two runs share, by kind of place, and what only one has."""
    shared: list[Overlap] = []
    gaps: list[Gap] = []
    names = (reference.name, other.name)
    for kind in LAYERS:
        ours, theirs = reference.layers.get(kind), other.layers.get(kind)
        if wanted is not None:
            ours, theirs = (
                layer if layer is not None and set(wanted) & set(layer.units) else None
                for layer in (ours, theirs)
            )
        if ours is None and theirs is None:
            continue
        if ours is None or theirs is None:
            there = names[1] if ours is None else names[0]
            gaps.append(Gap("layer", f"{kind} only in {there}", (kind,)))
            continue
        part, more = overlap(kind, ours, theirs, names, wanted)
        gaps += more
        if part is not None:
            shared.append(part)
    return shared, gaps


def _variables(
    part: Overlap, reference: Layer, other: Layer, tolerance: Tolerance, tell: Callable[[int], None]
) -> list[VariableDeviation]:
    names = [variable.name for variable in part.variables]
    count = part.stamps.count
    gathered = {name: Gathered(len(part.ids)) for name in names}
    size = max(1, BLOCK_BYTES // (8 * count * len(names)))
    for first in range(0, len(part.ids), size):
        rows = slice(first, first + size)
        ours = reference.read(names, part.rows[rows], part.first, count)
        theirs = other.read(names, part.other_rows[rows], part.other_first, count)
        for variable in part.variables:
            values = theirs[variable.name]
            if not variable.change.is_identity:
                values = values * variable.change.scale + variable.change.offset
            gathered[variable.name].add(first, ours[variable.name], values, tolerance)
        tell(min(first + size, len(part.ids)) * count * len(names))
    return [
        VariableDeviation(part.layer, v.name, v.unit, part.ids, part.stamps, gathered[v.name].deviations())
        for v in part.variables
    ]
