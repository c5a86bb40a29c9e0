"""Many runs at many locations by many metrics, side by side: how they are spread, and which is better."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.report.evaluation.contents import PairedTest
from dmod.evaluation.significance import difference, holm
from dmod.services.evaluation.score_comparison import (
    SKILL,
    Aspect,
    AspectComparison,
    PairTest,
    ScoreComparison,
)
from dmod.services.evaluation.score_store import ScoreStore

if TYPE_CHECKING:
    import pandas as pd


def open_scores(paths: Sequence[str | Path], names: Sequence[str] = ()) -> tuple[ScoreStore, tuple[str, ...]]:
    """Open evaluations that `write_evaluation` wrote, and return their names: the ends of their paths.

    Raises
    ------
    InputError
        there is none, or names are too few or not distinct.
    NotFoundError
        a folder holds no evaluation.
    """
    folders = [Path(path).expanduser() for path in paths]
    if not folders:
        raise InputError("there is no evaluation to compare", hint="give folders that dmod evaluate wrote")
    called = tuple(names) or _ends(folders)
    if len(called) != len(folders) or len(set(called)) < len(called):
        raise InputError(f"{len(called)} names for {len(folders)} evaluations", hint="give each another name")
    return ScoreStore(dict(zip(called, folders, strict=True))), called


def compare_scores(
    store: ScoreStore,
    *,
    metrics: Sequence[str] = (),
    facet: str = "",
    runs: Sequence[str] = (),
) -> ScoreComparison:
    """Compare all configurations of all evaluations, metric by metric.

    Scores are compared at the locations at which all runs have them.

    Parameters
    ----------
    metrics : names; all that the evaluations have if empty
    facet : ``season`` and the like: its parts are compared apart
    runs : names, in order; all if empty. A configuration is called by its own name where only one
        evaluation has it, else ``evaluation/configuration``

    Raises
    ------
    InputError
        fewer than two runs.
    NotFoundError
        there is no such run, or none has such a metric or facet.
    CoverageError
        the runs share no location.
    """
    wanted = [_stored(name) for name in metrics]
    return compare_table(store.scores(metrics=wanted, facet=facet), metrics=wanted, facet=facet, runs=runs)


def compare_table(
    scores: pd.DataFrame, *, metrics: Sequence[str] = (), facet: str = "", runs: Sequence[str] = ()
) -> ScoreComparison:
    """Compare the configurations in a table of scores; see `compare_scores`.

    Parameters
    ----------
    scores : with the columns of :data:`dmod.evaluation.evaluation.COLUMNS`, and ``evaluation`` where it holds
        several
    """
    wanted = [_stored(name) for name in metrics]
    frame = _named(scores if "evaluation" in scores else scores.assign(evaluation=""))
    frame = frame[frame["facet"] == facet]
    frame = frame[frame["metric"].isin(wanted)] if wanted else frame
    known = tuple(dict.fromkeys(frame["run"]))
    for name in runs:
        if name not in known:
            raise NotFoundError(f"there is no run {name}", hint=f"there are {', '.join(known)}")
    chosen = tuple(runs) or known
    _require_something(chosen, known, frame, wanted, facet)
    aspects, notes = [], []
    for key, rows in frame.groupby(["metric", "threshold", "facet", "part"], sort=False):
        found = _compared(Aspect(*map(str, key)), rows, chosen)
        if found is None:
            notes.append(f"{Aspect(*map(str, key)).title}: not all runs have it")
        elif found.locations:
            aspects.append(found)
            notes += _left_out(found)
        else:
            notes.append(f"{found.aspect.title}: no location is known to all runs")
    if not aspects:
        raise CoverageError(
            f"{', '.join(chosen)} share no location at which all have a score",
            hint="; ".join(notes[:3]) or None,
        )
    order = {name: index for index, name in enumerate(wanted)}
    aspects.sort(key=lambda found: order.get(found.aspect.metric, 0))
    return ScoreComparison(chosen, tuple(aspects), tuple(dict.fromkeys(notes)))


def paired_tests(comparison: ScoreComparison) -> tuple[PairedTest, ...]:
    """Return the tests over all times as the page of an evaluation shows them."""
    return tuple(
        PairedTest(
            found.aspect.metric,
            test.first,
            test.second,
            test.difference.median,
            test.p_adjusted,
            test.difference.locations,
            found.aspect.threshold,
            test.difference.low,
            test.difference.high,
            "Wilcoxon signed-rank, p by Holm",
        )
        for found in comparison.aspects
        if not found.aspect.facet
        for test in found.tests
    )


def _stored(name: str) -> str:
    if name.startswith(SKILL):
        return SKILL + find_metric(name.removeprefix(SKILL)).name
    return find_metric(name).name


def _ends(folders: Sequence[Path]) -> tuple[str, ...]:
    whole = [folder.resolve() for folder in folders]
    for length in range(1, max(len(path.parts) for path in whole) + 1):
        names = ["/".join(path.parts[-length:]) for path in whole]
        if len(set(names)) == len(names):
            return tuple(names)
    raise InputError("one folder is given twice", hint="give each evaluation once")


def run_names(runs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return (evaluation, configuration) → what the run is called.

    It is called by the configuration where only one evaluation has it, else by the evaluation where each has
    one alone, else ``evaluation/configuration``.
    """
    configurations = [configuration for _, configuration in runs]
    evaluations = [evaluation for evaluation, _ in runs]
    if len(set(configurations)) == len(runs):
        return {run: run[1] for run in runs}
    if len(set(evaluations)) == len(runs):
        return {run: run[0] for run in runs}
    several = {name for name in configurations if configurations.count(name) > 1}
    return {run: "/".join(run) if run[1] in several else run[1] for run in runs}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what each run is called."""
    pairs = frame[["evaluation", "configuration"]].drop_duplicates()
    names = run_names(list(pairs.astype(str).itertuples(index=False, name=None)))
    keys = zip(frame["evaluation"], frame["configuration"], strict=True)
    return frame.assign(run=[names[key] for key in keys])


def _require_something(
    chosen: Sequence[str], known: Sequence[str], frame: pd.DataFrame, metrics: Sequence[str], facet: str
) -> None:
    if not len(frame):
        what = f"metric {' or '.join(metrics)}" if metrics else "score"
        raise NotFoundError(
            f"no evaluation has a {what}{f' by {facet}' if facet else ''}",
            hint="evaluate with that metric and facet first",
        )
    if len(chosen) < 2:
        raise InputError(
            f"there is one run alone: {', '.join(known)}",
            hint="give several evaluations, or one of several configurations",
        )


def _compared(aspect: Aspect, rows: pd.DataFrame, runs: Sequence[str]) -> AspectComparison | None:
    wide = rows.pivot_table(index="location", columns="run", values="value", dropna=False, sort=False)
    if any(run not in wide for run in runs):
        return None
    wide = wide[list(runs)]
    known = {run: int(wide[run].notna().sum()) for run in runs}
    shared = wide.dropna()
    values = {run: shared[run].to_numpy(dtype=np.float64) for run in runs}
    pairs = list(itertools.combinations(runs, 2))
    found = [difference(values[a], values[b], aspect.ideal) for a, b in pairs]
    adjusted = holm([one.p for one in found])
    tests = tuple(PairTest(a, b, one, p) for (a, b), one, p in zip(pairs, found, adjusted, strict=True))
    return AspectComparison(aspect, tuple(map(str, shared.index)), values, known, tests)


def _left_out(found: AspectComparison) -> Iterator[str]:
    most = max(found.known.values())
    if most > len(found.locations):
        yield (
            f"{found.aspect.title}: compared at {len(found.locations):,} locations of up to {most:,}, "
            "those known to all runs"
        )
