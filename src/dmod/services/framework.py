"""A run package run by the C++ framework in the place of dmod's own engine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from dmod.core.atomic import storing
from dmod.core.time_axis import format_time
from dmod.engine.chain import Chain
from dmod.engine.integrate import ChunkRunoff, Sink, chunk_length, default_workers
from dmod.engine.ngen import FrameworkColumns, FrameworkProgram, Launch, execute, explain, find_program
from dmod.engine.ngen.execution import Execution
from dmod.engine.ngen.failure import telling
from dmod.engine.ngen.following import Follower
from dmod.engine.ngen.outputs import Group, Outputs, Piece, open_outputs
from dmod.engine.ngen.program import with_libraries
from dmod.errors import BackendError, NumericalError
from dmod.formulation.package import RunPackage
from dmod.services.framework_folder import Prepared, prepare
from dmod.services.framework_plan import FrameworkFinder, plan_framework
from dmod.services.framework_routing import FrameworkStreamflow
from dmod.services.framework_settings import FrameworkSettings
from dmod.services.framework_unit import find_scale
from dmod.services.options import RunOptions
from dmod.services.plan import RAIN, RUNOFF, RunPlan

__all__ = ["FrameworkRun", "FrameworkSettings", "open_framework"]

Never = Callable[[], bool]


def open_framework(
    package: RunPackage,
    options: RunOptions,
    settings: FrameworkSettings,
    folder: Path,
    *,
    launch: Launch | None = None,
    cancelled: Never = lambda: False,
) -> tuple[RunPlan, FrameworkRun]:
    """Make a package ready to be run by the framework.

    On success ``folder`` holds all that the framework needs; it runs when the second of what is returned is
    run. On failure there may be files in the folder, and nowhere else.

    Parameters
    ----------
    folder : to work in; what an earlier run left there is replaced. The framework's log stays in it
    launch : starts ranks, where that is not done by the launcher of this machine
    cancelled : asked again and again while the framework runs; True ends it

    Returns
    -------
    plan : its chains say what was written; nothing of them can be computed here
    run : in the place of computing

    Raises
    ------
    NotFoundError
        the program, a library of a module, or a configuration file is not there.
    PluginError
        the program cannot be started, or not on several ranks.
    InputError
        the package cannot be run.
    """
    program = find_program(settings.program, library_path=settings.library_path)
    settings.require_parallel(program)
    plan, columns = plan_framework(package, options, settings, program)
    with ExitStack() as opened:
        opened.enter_context(closing(plan))
        prepared = prepare(folder, plan, columns, settings, program, has_launcher=launch is None)
        opened.pop_all()
    run = FrameworkRun(plan, columns, prepared, program, settings, options.workers)
    run.launch, run.cancelled = launch if settings.ranks > 1 else None, cancelled
    return plan, run


class FrameworkRun:
    """The framework run once, and what it wrote in the place of computing it.

    Parameters
    ----------
    plan : of the run
    columns : per chain of the plan, what the framework writes
    prepared : where it runs
    workers : threads that read what it wrote; 0 for all cores
    """

    def __init__(
        self,
        plan: RunPlan,
        columns: Sequence[FrameworkColumns],
        prepared: Prepared,
        program: FrameworkProgram,
        settings: FrameworkSettings,
        workers: int = 0,
    ) -> None:
        self.program = program
        self.prepared = prepared
        self.launch: Launch | None = None
        self.cancelled: Never = lambda: False
        self.failed_log: Path | None = None
        """Where the log of a run that fails is kept and named, if its folder is not kept."""
        self._plan = plan
        self._columns = columns
        self._settings = settings
        self._workers = workers or default_workers()
        self._scales: list[float] = []
        self.streamflow: FrameworkStreamflow | None = None
        """In the place of dmod's own, where the framework routes."""
        if prepared.routing is not None:
            self.streamflow = FrameworkStreamflow(plan, prepared.routing, program)

    @property
    def notes(self) -> list[str]:
        """Return what a user has to know; complete after the run, and among the complaints of the plan."""
        finder = self._plan.finder
        return finder.notes if isinstance(finder, FrameworkFinder) else []

    @property
    def documents(self) -> tuple[Path, ...]:
        """Return what is worth keeping: the documents that are run, the partition file, and the log."""
        prepared = self.prepared
        routing = () if prepared.routing is None else (prepared.routing.config,)
        found = (prepared.realization, *routing, *prepared.partitions, prepared.log)
        return tuple(path for path in found if path.is_file())

    @property
    def record(self) -> dict[str, object]:
        """Return which program runs, and how, for the record of the run."""
        return {
            "program": str(self.program.path),
            "version": self.program.version,
            "description": self.program.description,
            "ranks": self._settings.ranks,
            "command": [*self.prepared.before, *self.prepared.command],
            **({} if self.streamflow is None else {"routing": self.streamflow.record}),
        }

    def close(self) -> None:
        """Close the files that are held open."""
        if self.streamflow is not None:
            self.streamflow.close()

    def run(self, sinks: Sequence[Sink], progress: Callable[[int], None]) -> Iterator[ChunkRunoff]:
        """Run the framework, then yield the runoff chunk by chunk, and hand output variables to sinks.

        Parameters
        ----------
        progress : told the number of catchment-steps just done, while the framework runs; from any thread

        Raises
        ------
        DmodError
            the framework failed: why, what its log says, and what to do; or it was cancelled, or over its
            limits.
        BackendError
            what it wrote is not complete; file and line are named.
        NumericalError
            the main output is no finite number; catchment and step are named.
        """
        self._execute(progress)
        self._open_streamflow()
        plan = self._plan
        groups = [
            Group(chain.rows, columns.variables)
            for chain, columns in zip(plan.chains, self._columns, strict=True)
        ]
        outputs = open_outputs(
            self.prepared.output, plan.catchments, groups, plan.axis, workers=self._workers
        )
        self._scales = [
            find_scale(plan, group.rows, columns, self.prepared.output, self.notes)
            for group, columns in zip(groups, self._columns, strict=True)
        ]
        yield from self._gather(outputs, sinks)

    def _execute(self, progress: Callable[[int], None]) -> None:
        plan, prepared, settings = self._plan, self.prepared, self._settings
        axis, count = plan.axis, len(plan.catchments)
        told = 0
        lock = threading.Lock()

        def tell(steps: int) -> None:
            nonlocal told
            with lock:
                if steps > told:
                    progress((steps - told) * count)
                    told = steps

        follower = Follower(prepared.log, prepared.tables(plan.catchments), axis.count)
        execution = Execution(
            prepared.command, prepared.work, prepared.log,
            variables={**prepared.variables, **with_libraries(settings.library_path, settings.environment)},
            before=prepared.before, ranks=settings.ranks, launch=self.launch,
            time_limit=settings.time_limit, silence_limit=settings.silence_limit,
        )  # fmt: skip
        ended = execute(execution, follower, progress=tell, cancelled=self.cancelled)
        if not ended.is_well:
            raise explain(ended, self._kept_log(), ranks=settings.ranks, title=self.program.title)
        tell(axis.count)

    def _open_streamflow(self) -> None:
        if self.streamflow is None:
            return
        try:
            self.streamflow.open(self.prepared.log, self._settings.environment)
        except BackendError as error:
            raise BackendError(f"{error.message}{telling(self._kept_log())}", hint=error.hint) from error

    def _kept_log(self) -> Path:
        """Return the log where it stays."""
        log = self.prepared.log
        if self.failed_log is None or not log.is_file():
            return log
        with storing(self.failed_log):
            shutil.copyfile(log, self.failed_log)
        return self.failed_log

    def _gather(self, outputs: Outputs, sinks: Sequence[Sink]) -> Iterator[ChunkRunoff]:
        axis, count = self._plan.axis, len(self._plan.catchments)
        steps = chunk_length(axis, count)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="gather") as pool:
            for first in range(0, axis.count, steps):
                window = axis.window(first, min(steps, axis.count - first))
                depth = np.empty((count, window.count))
                tasks = [
                    pool.submit(self._gather_piece, piece, first, depth, sinks) for piece in outputs.pieces
                ]
                try:
                    for task in wait(tasks, return_when=FIRST_EXCEPTION).done:
                        task.result()
                finally:
                    for task in tasks:
                        task.cancel()
                yield ChunkRunoff(window, first, depth)
        for piece in outputs.pieces:
            piece.finish()

    def _gather_piece(
        self, piece: Piece, first: int, depth: np.ndarray[tuple[int, int], np.dtype[np.float64]],
        sinks: Sequence[Sink],
    ) -> None:  # fmt: skip
        chain, columns = self._plan.chains[piece.group], self._columns[piece.group]
        scale = self._scales[piece.group]
        rows = piece.rows
        for begin in range(0, depth.shape[1], piece.steps):
            count = min(piece.steps, depth.shape[1] - begin)
            values = piece.read(first + begin, count)
            runoff = values[columns.main] * scale if scale != 1.0 else values[columns.main]
            self._require_finite(rows, runoff, first + begin)
            depth[rows, begin : begin + count] = runoff
            if not sinks:
                continue
            arrays = {column.name: values[i] for i, column in enumerate(chain.columns[: columns.asked])}
            for column in chain.columns[columns.asked :]:
                arrays[column.name] = (
                    runoff if column.name == RUNOFF else self._rain(chain, rows, first + begin, count)
                )
            for sink in sinks:
                sink.write(rows, first + begin, arrays)

    def _rain(
        self, chain: Chain, rows: np.ndarray[tuple[int], np.dtype[np.int64]], first: int, count: int
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        (key,) = (column.source.key for column in chain.columns if column.name == RAIN)
        rain = np.empty((len(rows), count))
        self._plan.forcing.read(rows, [key], first, {key: rain})
        return rain

    def _require_finite(
        self, rows: np.ndarray[tuple[int], np.dtype[np.int64]],
        runoff: np.ndarray[tuple[int, int], np.dtype[np.float64]], first: int,
    ) -> None:  # fmt: skip
        if np.isfinite(runoff).all():
            return
        place, step = (int(index) for index in np.argwhere(~np.isfinite(runoff))[0])
        axis = self._plan.axis
        catchment = self._plan.catchments[rows[place]]
        raise NumericalError(
            f"{self.program.title} gave no finite main output in {catchment} at step {first + step} "
            f"({format_time(axis.time(first + step))})",
            hint="look at the parameters and the forcing of the catchment, and at the log: "
            f"{self.prepared.log}",
        )
