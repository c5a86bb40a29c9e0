"""Slurm as an engine: workers are batch jobs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from dmod.errors import BackendError, SubmitError
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.node_settings import used_nodes
from dmod.jobs.executor.engine.port import Engine, Order, Sight, SightState, name_of
from dmod.jobs.executor.slurm.accounting import Accounting
from dmod.jobs.executor.slurm.arrays import Arrays, alike, folder_of_element, name_of_array
from dmod.jobs.executor.slurm.commands import CommandRefused, Commands
from dmod.jobs.executor.slurm.exit import Exit
from dmod.jobs.executor.slurm.parsing import (
    EXITS,
    JOBS,
    NODES,
    comment_of,
    comment_of_array,
    failed_jobs,
    parse_exits,
    parse_jobs,
    parse_nodes,
)
from dmod.jobs.executor.slurm.settings import SlurmSettings

ENDING = 60.0
"""Beside the time of an attempt, for its worker to end it and to say so [s]."""
MEBIBYTE = 1 << 20
ELEMENT = "@ELEMENT@"
"""Stands for the folder of an attempt while the script of an array is made; no word that has to be quoted."""


class SlurmEngine(Engine):
    """Submits, looks at and cancels batch jobs.

    A job's name is made from the label, and the label stands in its comment, with a mark of the executor that
    it belongs to: ids alone are given again to others by a controller that lost what it had not yet written.

    Parameters
    ----------
    mark : of the executor among all that use the cluster
    arrays : where it is written which attempts a job array has
    """

    name = "slurm"
    spans_nodes = True

    starts_together = True

    def __init__(self, settings: SlurmSettings, mark: str, arrays: Arrays) -> None:
        self._settings = settings
        self._mark = mark
        self._commands = Commands(settings.patience)
        self._arrays = arrays
        self._accounting = Accounting(self._commands, mark, arrays.label)
        self._exits: dict[str, Exit] = {}

    def nodes(self) -> Sequence[Node]:
        """Return the nodes of the partition, or of all, with what the settings say of them."""
        partition = [f"--partition={self._settings.partition}"] if self._settings.partition else []
        found = parse_nodes(self._ask(["sinfo", "-h", "-N", *partition, "-o", NODES]), self.name)
        return used_nodes(found, self._settings.nodes)

    def start(self, order: Order) -> str:
        """Submit a batch job, unless there is one."""
        try:
            known = self._jobs(["--name", ",".join(self._arrays.names(order))]).get(order.label)
            return known.native_id if known is not None else self._submit(order)
        except CommandRefused as error:
            raise SubmitError(
                f"Slurm refused {order.label}: {error}",
                hint="see the settings of the executor, or ask for less",
            ) from error
        except (BackendError, OSError) as error:
            raise _unanswered(error) from error

    def start_many(self, orders: Sequence[Order]) -> list[str | SubmitError]:
        """Submit those that ask for the same as one job array, but for those that there are."""
        try:
            known = {label: sight.native_id for label, sight in self._jobs([]).items()}
            self._arrays.sweep()
        except (BackendError, OSError) as error:
            return [_unanswered(error) for _ in orders]
        found: dict[str, str | SubmitError] = {**known}
        settings = self._settings
        for group in alike((order for order in orders if order.label not in known), by_nodes=settings.place):
            size = max(1, settings.array)
            for first in range(0, len(group), size):
                found |= self._start_group(group[first : first + size])
        return [found[order.label] for order in orders]

    def _start_group(self, group: Sequence[Order]) -> dict[str, str | SubmitError]:
        """Submit some that ask for the same."""
        if len(group) > 1:
            try:
                job = self._submit_array(group)
                return {order.label: f"{job}_{number}" for number, order in enumerate(group)}
            except (BackendError, OSError) as error:
                return {order.label: _unanswered(error) for order in group}
            except CommandRefused:
                pass  # of whatever it will not have arrays, it may have single jobs
        found = dict(zip((order.label for order in group[:1]), super().start_many(group[:1]), strict=True))
        refusal = found[group[0].label]
        if isinstance(refusal, SubmitError):
            return found | {order.label: refusal for order in group}
        rest = group[1:]
        return found | dict(zip((order.label for order in rest), super().start_many(rest), strict=True))

    def look(self) -> Mapping[str, Sight]:
        """Return what the queue says of all of ours."""
        text = self._ask(self._listing([]))
        self._find_exits(failed_jobs(text, self._mark))
        return parse_jobs(text, self._mark, self._arrays.label, self._exits)

    def recall(self, missing: Mapping[str, str]) -> Mapping[str, Sight]:
        """Return what accounts say of jobs that the queue has forgotten, where the cluster keeps any."""
        return self._accounting.ended(missing)

    def stop(self, label: str) -> None:
        """End a job by force."""
        sight = self._jobs(["--name", name_of(label)]).get(label) or self._jobs([]).get(label)
        if sight is None:
            return
        if sight.state is SightState.RUNNING:
            # a signal to an element that waits would end all that wait of its array
            with suppress(CommandRefused):  # it has ended meanwhile
                self._commands.run(["scancel", "--full", "--signal=KILL", sight.native_id])
        with suppress(CommandRefused):
            self._commands.run(["scancel", sight.native_id])

    def remove(self, label: str) -> None:
        """Do nothing: Slurm forgets what has ended by itself."""

    def _submit(self, order: Order) -> str:
        log = f"{order.folder.replace('%', '%%')}/worker.log"
        told = [
            f"--job-name={order.name}", f"--comment={comment_of(self._mark, order.label)}",
            f"--chdir={order.folder}", f"--output={log}",
        ]  # fmt: skip
        return self._sbatch([*self._submitting(order), *told], self._settings.script(order))

    def _submit_array(self, orders: Sequence[Order]) -> str:
        array = self._arrays.write(orders)
        folder = self._arrays.folder(array)
        told = [
            f"--array=0-{len(orders) - 1}", f"--job-name={name_of_array(array)}",
            f"--comment={comment_of_array(self._mark, array)}",
            f"--chdir={folder}", f"--output={str(folder).replace('%', '%%')}/%a/worker.log",
        ]  # fmt: skip
        order = replace(orders[0], folder=ELEMENT)
        script = self._settings.script(order).removesuffix(f"{ELEMENT}\n")
        return self._sbatch([*self._submitting(orders[0]), *told], f"{script}{folder_of_element(folder)}\n")

    def _sbatch(self, command: Sequence[str], script: str) -> str:
        return self._commands.run(command, script).split(";")[0].strip()

    def _submitting(self, order: Order) -> list[str]:
        settings = self._settings
        hosts = max(1, len(order.nodes))
        memory = (order.memory or settings.memory) / hosts + settings.spare
        minutes = math.ceil((order.seconds + ENDING) / 60.0)
        command = [
            "sbatch", "--parsable", f"--nodes={hosts}", f"--ntasks={hosts}", "--ntasks-per-node=1",
            f"--cpus-per-task={math.ceil(order.cpus / hosts)}", f"--mem={math.ceil(memory / MEBIBYTE)}M",
            f"--time={minutes}", "--no-requeue", f"--export=PATH={settings.path}", "--open-mode=append",
            *settings.options(),
        ]  # fmt: skip
        if settings.place and order.nodes:
            command.append(f"--nodelist={','.join(order.nodes)}")
        return command

    def _jobs(self, only: Sequence[str]) -> dict[str, Sight]:
        return parse_jobs(self._ask(self._listing(only)), self._mark, self._arrays.label)

    def _listing(self, only: Sequence[str]) -> list[str]:
        return ["squeue", "-h", "-r", "-t", "all", "--me", *only, "-o", JOBS]

    def _find_exits(self, failed: Sequence[str]) -> None:
        """Find out how batch scripts ended that failed, once each; only the long format has it."""
        known = {job: self._exits[job] for job in failed if job in self._exits}
        if len(known) < len(failed):
            with suppress(BackendError):  # it failed in any case, and how may be known later
                known |= parse_exits(self._ask(["squeue", "-h", "-r", "-t", "F", "--me", "-O", EXITS]))
        self._exits = known

    def _ask(self, command: Sequence[str]) -> str:
        try:
            return self._commands.run(command)
        except CommandRefused as error:
            raise BackendError(f"{command[0]}: {error}", hint="see the settings of the executor") from error


def _unanswered(error: BackendError | OSError) -> SubmitError:
    """Return that it is not known whether it was taken: it is looked for by its name before the next try."""
    if isinstance(error, BackendError):
        return SubmitError(error.message, hint=error.hint, retryable=True)
    return SubmitError(f"what is to be submitted cannot be written down: {error}", retryable=True)
