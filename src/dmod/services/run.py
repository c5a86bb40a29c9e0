"""The main job: a run package in, streamflow, balance, scores and a report out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import remove
from dmod.core.time_axis import TimeAxis
from dmod.engine.integrate import ChunkRunoff, Integrator, Sink, default_workers
from dmod.output.csv_output import NexusCsv
from dmod.output.netcdf_output import NEXUS_FLOW, NexusNetcdf
from dmod.output.routed import RoutedNetcdf
from dmod.output.states import RunState
from dmod.services.balance import balance_of, documented_losses, write_balance
from dmod.services.basin_rain import BasinRain
from dmod.services.engines import NGEN
from dmod.services.evaluate import Hydrograph, evaluate, read_gauge, require_overlap
from dmod.services.hydrograph_table import FILE, table_of, write_hydrograph
from dmod.services.options import RunOptions
from dmod.services.outlet import Outlet, choose_outlet
from dmod.services.output_folder import require_free, staged
from dmod.services.parts import Parts
from dmod.services.plan import RunPlan, locate, plan_run
from dmod.services.plan_outputs import outputs_of
from dmod.services.record import InputHashes, large_inputs, write_record
from dmod.services.result import RunResult
from dmod.services.run_watch import Clock, Clocked, Computed, Report
from dmod.services.streamflow import ChunkFlow, Nexuses, RoutedStreamflow, Streamflow, streamflow_of
from dmod.services.warm_start import restore_states, routing_state, save_states

if TYPE_CHECKING:
    from dmod.engine.ngen import Launch
    from dmod.formulation.package import RunPackage
    from dmod.services.framework import FrameworkRun

Array = NDArray[np.float64]


def run(
    package: str | Path,
    options: RunOptions | None = None,
    *,
    parts: Sequence[Path] = (),
    progress: Report | None = None,
    launch: Launch | None = None,
) -> RunResult:
    """Run a package.

    On success the output folder holds the results, complete. On any error or interrupt it is as it
    was before, and nothing half-written is left.

    Parameters
    ----------
    package : folder of the run package, or its realization document
    parts : folders in which `run_part` has left what it found, of all catchments together: the run goes on
        from there
    progress : ``(phase, done, total)``, from any thread
    launch : starts ranks of the C++ framework; where None, this machine's launcher does

    Raises
    ------
    DmodError
        the package cannot be run, or the results cannot be written.
    """
    options = options or RunOptions()
    options.require_meaning()
    report = progress or (lambda _phase, _done, _total: None)
    clock = Clock()
    with clock.phase("read"):
        folder = _output_folder(Path(package), options)
        require_free(folder, overwrite=options.overwrite)
        located = locate(package, options.locations)
    with closing(InputHashes()) as hashes, ExitStack() as opened:
        hashes.start(large_inputs(located, options))
        found: Computed | None = None
        with clock.phase("read"):
            if options.engine == NGEN:
                plan, found = _framework(located, options, folder, opened, launch)
            else:
                plan = opened.enter_context(closing(plan_run(located, options)))
        hashes.start(plan.inputs)
        if parts:
            found = Parts(plan, parts, options)
        return _run_plan(plan, hashes, folder, options, Clocked(clock, report, found))


def _framework(
    package: RunPackage, options: RunOptions, folder: Path, opened: ExitStack, launch: Launch | None
) -> tuple[RunPlan, FrameworkRun]:
    """Make a package ready for the C++ framework, which works beside the results: ranks reach that."""
    from dmod.services.framework import FrameworkSettings, open_framework

    found_by_loader = (Path(text) for text in os.environ.get("LD_LIBRARY_PATH", "").split(":") if text)
    libraries = options.library_path or tuple(path for path in found_by_loader if path.is_dir())
    settings = FrameworkSettings(
        options.program, options.ranks, options.partition_file, libraries, options.time_limit,
        options.silence_limit, routes=options.routed_by == "framework",
    )  # fmt: skip
    work = folder.with_name(f".{folder.name}.framework")
    opened.callback(remove, work)
    plan, found = open_framework(package, options, settings, work, launch=launch)
    opened.callback(plan.close)
    opened.callback(found.close)
    found.failed_log = folder.with_name(f"{folder.name}.ngen.log")
    plan.finder.recorded["framework"] = found.record
    return plan, found


def _run_plan(
    plan: RunPlan, hashes: InputHashes, folder: Path, options: RunOptions, watch: Clocked
) -> RunResult:
    clock = watch.clock
    with clock.phase("read"):
        outlet = choose_outlet(plan.fabric, options.outlet)
        gauge = read_gauge(options)
        require_overlap(gauge, plan.axis, options)
        saved = restore_states(plan, options.warm_start)
        job = Job(plan, options, watch, saved)
    with staged(folder, overwrite=options.overwrite) as aside:
        result = job.run(aside, outlet)
        _keep_documents(watch.parts, aside)
        with clock.phase("evaluate"):
            hydrograph = evaluate(result.hydrograph, gauge, options)
        with clock.phase("write"):
            write_hydrograph(aside / FILE, table_of(hydrograph, plan.axis))
            result = replace(result, hydrograph=hydrograph, phases=clock.phases, seconds=clock.elapsed)
        hashed = hashes.collect()
        if options.report:
            with clock.phase("report"):
                from dmod.services.report import make_report

                make_report(aside / "report.html", result, options, hashed)
        result = replace(result, folder=folder, phases=dict(clock.phases), seconds=clock.elapsed)
        write_record(aside, result, options, hashed, started=hashes.started, command=sys.argv)
    return replace(result, seconds=clock.elapsed)


def _keep_documents(found: Computed | None, folder: Path) -> None:
    """Keep what the framework was told and what it said."""
    documents: Sequence[Path] = getattr(found, "documents", ())
    if documents:
        (folder / "framework").mkdir()
        for path in documents:
            shutil.copyfile(path, folder / "framework" / path.name)


def _output_folder(package: Path, options: RunOptions) -> Path:
    if options.output is not None:
        return options.output
    package = package.expanduser()
    if not package.is_dir():  # its realization document
        package = package.parent.parent if package.absolute().parent.name == "config" else package.parent
    return package / "outputs"


class Job:
    """One run of a plan."""

    def __init__(self, plan: RunPlan, options: RunOptions, watch: Clocked, saved: RunState | None) -> None:
        self.plan = plan
        self.options = options
        self.clock = watch.clock
        self.report = watch.report
        self.parts = watch.parts
        self.workers = options.workers or default_workers()
        self.rain = BasinRain(plan.fabric.catchments.area_km2, plan.axis.count)
        if isinstance(self.parts, Parts):
            self.parts.add_rain(self.rain)
        self.nexuses = Nexuses(plan.fabric)
        channels = routing_state(plan, saved)
        given: Streamflow | None = getattr(self.parts, "streamflow", None)
        self.streamflow, self.notes = (
            (given, ())
            if given is not None
            else streamflow_of(plan, options.route, channels, threads=self.workers)
        )
        if saved is not None and channels is None and isinstance(self.streamflow, RoutedStreamflow):
            self.notes += (
                "the saved states hold no flow in rivers: the catchments start warm, the rivers dry",
            )
        self.runoff = np.zeros(len(plan.catchments))
        self._done = 0

    def run(self, aside: Path, outlet: Outlet) -> RunResult:
        """Run all chunks, writing into ``aside``."""
        plan, axis = self.plan, self.plan.axis
        flow = np.zeros(axis.count)
        with ExitStack() as sinks:
            catchments = self._open_catchments(sinks, aside)
            nexuses = self._open_nexuses(aside)
            sinks.enter_context(nexuses)
            routed = sinks.enter_context(self._open_streamflow(aside))
            for runoff in self._chunks(catchments):
                with self.clock.phase("route"):
                    nexus_flow = self.nexuses.flow(runoff)
                    chunk = self.streamflow.advance(runoff.first, nexus_flow)
                    flow[runoff.first : runoff.first + runoff.window.count] = outlet.flow(
                        chunk.flow, nexus_flow
                    )
                with self.clock.phase("write"):
                    self._write_flows(nexuses, routed, runoff, nexus_flow, chunk)
        with self.clock.phase("write"):
            balance = balance_of(plan.chains, plan.catchments, self.runoff)
            write_balance(aside / "balance.csv", plan.catchments, balance)
            if self.options.save_states and self.options.engine != NGEN:
                router = self.streamflow.router if isinstance(self.streamflow, RoutedStreamflow) else None
                save_states(aside / "states.nc", plan, router)
        losses = documented_losses(plan.chains, plan.catchments)
        return RunResult(
            folder=aside,
            plan=plan,
            hydrograph=Hydrograph(
                outlet=outlet,
                times=axis.stamps() + np.timedelta64(self.streamflow.delay, "s"),
                simulated=flow,
                step=axis.step,
                rain=self.rain.series if self.rain.found else None,
            ),
            water_balance=balance,
            warnings=(
                *plan.warnings,
                *self.notes,
                *self.streamflow.notes(),
                *losses,
                *plan.finder.complaints(),
                *(self.parts.complaints if isinstance(self.parts, Parts) else ()),
            ),
            routing=self.streamflow.method,
            csv=self.options.csv,
        )

    def _chunks(self, sinks: Sequence[Sink]) -> Iterator[ChunkRunoff]:
        chunks = self.parts.run(sinks, self._advance) if self.parts else self._compute(sinks)
        while True:
            with self.clock.phase("compute"):
                chunk = next(chunks, None)
            if chunk is None:
                return
            self.runoff += chunk.depth.sum(axis=1)
            yield chunk

    def _compute(self, sinks: Sequence[Sink]) -> Iterator[ChunkRunoff]:
        integrator = Integrator(
            self.plan.chains,
            self.plan.catchments,
            axis=self.plan.axis,
            read=self.plan.forcing.read,
            sinks=sinks,
            workers=self.workers,
            progress=self._advance,
        )
        return integrator.run()

    def _advance(self, steps: int) -> None:
        self._done += steps
        self.report("simulate", self._done, len(self.plan.catchments) * self.plan.axis.count)

    def _open_catchments(self, stack: ExitStack, aside: Path) -> list[Sink]:
        """Return what takes the outputs of catchments; nothing where parts have written them."""
        if isinstance(self.parts, Parts):
            stack.enter_context(self.parts.take_over(aside))
            return []
        catchments = outputs_of(self.plan, self.options).open(aside)
        stack.enter_context(catchments)
        return [catchments, self.rain]

    def _open_nexuses(self, aside: Path) -> NexusCsv | NexusNetcdf:
        ids, axis = self.nexuses.ids, self.plan.axis
        if self.options.csv:
            return NexusCsv.open(aside, ids, axis, durable=False)
        return NexusNetcdf.open(aside / "nexuses.nc", ids, axis, durable=False)

    def _open_streamflow(self, aside: Path) -> RoutedNetcdf:
        return RoutedNetcdf.open(
            aside / "streamflow.nc",
            self.streamflow.ids,
            self.plan.axis,
            variables=self.streamflow.variables,
            attributes={"routing": self.streamflow.method},
            durable=False,
        )

    def _write_flows(
        self, nexuses: Sink, routed: RoutedNetcdf, runoff: ChunkRunoff, nexus_flow: Array, chunk: ChunkFlow
    ) -> None:
        rows = np.arange(len(self.nexuses.ids))
        if self.options.csv:
            rows = self.nexuses.receiving
        nexuses.write(rows, runoff.first, {NEXUS_FLOW: nexus_flow[rows]})
        routed.write(runoff.first, chunk.flow, chunk.velocity, chunk.depth)
        self.report("route", runoff.first + runoff.window.count, self.plan.axis.count)


__all__ = ["RunOptions", "RunResult", "TimeAxis", "run"]
