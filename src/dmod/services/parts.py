"""Runs in parts: each computes some of the catchments, anywhere; the whole goes on from what they found.

No catchment needs its neighbours before its water is in the river, so the parts need each other for nothing.
Outputs of catchments are written by the parts, by the same code and to the same places as where nothing is
divided. What follows (nexuses, routing, balance, scores) is done once, and in the same order. So results are
the same to the last bit, however many parts there were.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from dmod.core.atomic import remove, storing
from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis, format_time
from dmod.engine.chain import Chain
from dmod.engine.integrate import ChunkRunoff, Integrator, Sink, chunk_length
from dmod.errors import InputError
from dmod.output.part_files import (
    RAIN,
    PartChain,
    PartFiles,
    RunoffWriter,
    write_array,
    write_document,
)
from dmod.output.part_outputs import PartOutputs, require_delivered, take_over
from dmod.output.sink import Sink as OutputSink
from dmod.output.states import ModuleState, restore
from dmod.services.basin_rain import BasinRain
from dmod.services.options import RunOptions
from dmod.services.plan import RunPlan, locate, plan_run
from dmod.services.plan_outputs import outputs_of
from dmod.services.warm_start import restore_states

Report = Callable[[str, int, int], None]
TOKEN = 8
"""Bytes by which attempts at one part differ in their names."""


@dataclass(frozen=True, slots=True)
class PartResult:
    """A part that was run.

    Parameters
    ----------
    folder : what it found
    catchments, steps : how much it computed
    """

    folder: Path
    catchments: int
    steps: int


def run_part(
    package: str | Path,
    catchments: Collection[str],
    folder: Path,
    options: RunOptions | None = None,
    *,
    progress: Report | None = None,
) -> PartResult:
    """Compute some catchments of a package, for `dmod.run` with ``parts`` to go on from.

    The folder is there and complete afterwards, or as it was before. Outputs as NetCDF go into a file beside
    it that all parts of the run share: their folders have to lie beside one another.

    Parameters
    ----------
    catchments : ids
    folder : for what is found; one that is there is replaced
    options : as of the whole run; what concerns scores does not matter here

    Raises
    ------
    InputError
        a catchment is not of the package, or there are none.
    DmodError
        the package cannot be run, or the results cannot be written.
    """
    options = options or RunOptions()
    options.require_meaning()
    aside = folder.with_name(f".{folder.name}.{token_hex(TOKEN)}.new")
    plan = plan_run(locate(package, options.locations), options, only=frozenset(catchments))
    with closing(plan):
        restore_states(plan, options.warm_start)
        with storing(folder):
            for left in folder.parent.glob(f".{glob.escape(folder.name)}.{'[0-9a-f]' * 2 * TOKEN}.*"):
                remove(left)  # of one that was killed, or is taken for lost: it cannot finish any more
            aside.mkdir(parents=True)
        try:
            found = _compute(plan, aside, options, progress or (lambda *_: None))
            with storing(folder):
                _put_in_place(aside, folder)
        finally:
            remove(aside)
    return PartResult(folder, found, plan.axis.count)


def _put_in_place(aside: Path, folder: Path) -> None:
    """Give a part its name; what had it goes, but not if the part is not there any more."""
    before = aside.with_suffix(".old")
    if folder.exists():
        folder.rename(before)
    try:
        aside.rename(folder)
    except OSError:
        if before.exists():
            before.rename(folder)
        raise
    remove(before)


def _compute(plan: RunPlan, folder: Path, options: RunOptions, report: Report) -> int:
    chains = [_part_chain(number, chain) for number, chain in enumerate(plan.chains)]
    total = sum(len(chain.rows) for chain in chains)
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        report("simulate", done, total * plan.axis.count)

    rain = BasinRain(plan.fabric.catchments.area_km2, plan.axis.count)
    outputs = PartOutputs(outputs_of(plan, options), folder)
    with outputs.sink as sink, closing(RunoffWriter(folder, chains)) as runoff:
        integrator = Integrator(
            plan.chains, plan.catchments, axis=plan.axis, read=plan.forcing.read, sinks=[sink, rain],
            workers=options.workers, progress=advance,
        )  # fmt: skip
        for chunk in integrator.run():
            runoff.write(chunk.depth)
    if rain.found:
        write_array(folder, RAIN, rain.sums)
    for number, chain in enumerate(plan.chains):
        for place, stage in enumerate(chain.stages):
            write_array(folder, f"{number}.state-{place}", stage.state)
            write_array(folder, f"{number}.balance-{place}", stage.balance)
        if chain.feedback is not None:
            write_array(folder, f"{number}.feedback", chain.feedback)
    axis = _axis(plan.axis, len(plan.catchments))
    write_document(folder, chains, axis, outputs.record(), plan.finder.complaints())
    return total


def _part_chain(number: int, chain: Chain) -> PartChain:
    states = tuple(stage.state_names for stage in chain.stages)
    return PartChain(number, chain.rows, _modules(chain), states)


def _modules(chain: Chain) -> tuple[tuple[str, str], ...]:
    return tuple((stage.module.name, stage.module.revision) for stage in chain.stages)


def _axis(axis: TimeAxis, catchments: int) -> dict[str, Any]:
    chunk = chunk_length(axis, catchments)
    return {"start": format_time(axis.start), "step": axis.step, "count": axis.count, "chunk": chunk}


class Parts:
    """What all parts of a run found, in the place of computing it.

    Parameters
    ----------
    plan : of the whole run
    folders : of parts that hold every catchment once

    Raises
    ------
    NotFoundError
        there is no part in a folder.
    InputError
        the parts are not of this run: another period, other modules or outputs, catchments missing or twice.
    """

    def __init__(self, plan: RunPlan, folders: Sequence[Path], options: RunOptions) -> None:
        self._plan = plan
        self._outputs = outputs_of(plan, options)
        self._parts = [PartFiles.read(folder) for folder in folders]
        self._sources = [_Source(part, chain) for part in self._parts for chain in part.chains]
        self._require_fitting()
        count = len(plan.catchments)
        self._of, self._at = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int64)
        for number, source in enumerate(self._sources):
            self._of[source.chain.rows] = number
            self._at[source.chain.rows] = np.arange(len(source.chain.rows))
        self._require_alike()
        require_delivered(self._outputs, self._parts)

    @property
    def complaints(self) -> tuple[str, ...]:
        """Return what modules of others did in the parts that a user has to know."""
        return tuple(dict.fromkeys(text for part in self._parts for text in part.complaints))

    def take_over(self, folder: Path) -> OutputSink:
        """Return what puts the outputs of catchments into a folder when it is closed."""
        return take_over(self._outputs, self._parts, folder)

    def add_rain(self, rain: BasinRain) -> None:
        """Add up the rain of all parts."""
        for part in self._parts:
            found = part.rain(self._plan.axis.count)
            if found is not None:
                rain.add(found)

    def run(self, sinks: Sequence[Sink], progress: Callable[[int], None]) -> Iterator[ChunkRunoff]:
        """Yield the runoff chunk by chunk; sinks are handed nothing, for the parts wrote their outputs.

        Afterwards the chains hold states and balances as at the end of the run.
        """
        axis, count = self._plan.axis, len(self._plan.catchments)
        steps = chunk_length(axis, count)
        for first in range(0, axis.count, steps):
            window = axis.window(first, min(steps, axis.count - first))
            depth = np.empty((count, window.count))
            for source in self._sources:
                depth[source.chain.rows] = source.part.runoff(source.chain, first, window.count)
            progress(count * window.count)
            yield ChunkRunoff(window, first, depth)
        self._restore()

    def _restore(self) -> None:
        """Put states and balances into the chains."""
        for chain in self._plan.chains:
            of = self._of[chain.rows]
            for number in np.unique(of):
                here, source = np.flatnonzero(of == number), self._sources[number]
                part, own, at = source.part, source.chain, self._at[chain.rows[here]]
                for place, stage in enumerate(chain.stages):
                    balance = part.array(own, f"balance-{place}", stage.balance.shape[1])
                    stage.balance[here] = balance[at]
                    names = own.states[place]
                    if not names:
                        continue
                    values = part.array(own, f"state-{place}", len(names))
                    # which states there are depends on the catchments: ordinates of the longest hydrograph
                    state = stage.state[here]
                    module, revision = own.modules[place]
                    saved = ModuleState(module, revision, names, values)
                    restore(stage.state_names, state, saved, at.tolist())
                    stage.state[here] = state
                if chain.feedback is not None:
                    shape = chain.feedback.shape[1:]
                    found = part.array(own, "feedback", int(np.prod(shape)))
                    chain.feedback[here] = found[at].reshape(-1, *shape)

    def _require_fitting(self) -> None:
        """Refuse parts of another period, and such as do not hold every catchment once."""
        count = len(self._plan.catchments)
        wanted = _axis(self._plan.axis, count)
        for part in self._parts:
            if dict(part.axis) != wanted:
                raise InputError(
                    f"{part.folder} is part of another run: {dict(part.axis)}, wanted {wanted}",
                    hint="run all parts with the options of the whole",
                )
        held = np.zeros(count, dtype=np.int64)
        for source in self._sources:
            if source.chain.rows.size and source.chain.rows.max() >= count:
                raise InputError(f"{source.part.folder} is part of a run with more catchments")
            held[source.chain.rows] += 1
        for rows, what in ((held == 0, "in no part"), (held > 1, "in several parts")):
            if rows.any():
                named = name_some([self._plan.catchments[row] for row in np.flatnonzero(rows)])
                raise InputError(
                    f"{int(rows.sum())} catchments are {what} ({named})", hint="divide the run anew"
                )

    def _require_alike(self) -> None:
        """Refuse parts that ran other modules than the whole does."""
        for chain in self._plan.chains:
            wanted = _modules(chain)
            for number in np.unique(self._of[chain.rows]):
                source = self._sources[number]
                if source.chain.modules != wanted:
                    raise InputError(
                        f"{source.part.folder} ran other modules than the package says",
                        hint="run the part again",
                    )


@dataclass(frozen=True, slots=True)
class _Source:
    part: PartFiles
    chain: PartChain
