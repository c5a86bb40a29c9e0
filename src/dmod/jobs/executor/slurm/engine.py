"""Slurm as an engine: workers are batch jobs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

from dmod.errors import BackendError, SubmitError
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.port import Engine, Order, Sight, name_of
from dmod.jobs.executor.slurm.accounting import Accounting
from dmod.jobs.executor.slurm.commands import CommandRefused, Commands
from dmod.jobs.executor.slurm.exit import Exit
from dmod.jobs.executor.slurm.parsing import (
    EXITS,
    JOBS,
    NODES,
    comment_of,
    failed_jobs,
    parse_exits,
    parse_jobs,
    parse_nodes,
)
from dmod.jobs.executor.slurm.settings import SlurmSettings

ENDING = 60.0
"""Beside the time of an attempt, for its worker to end it and to say so [s]."""
MEBIBYTE = 1 << 20


class SlurmEngine(Engine):
    """Submits, looks at and cancels batch jobs.

    A job's name is made from the label, and the label stands in its comment, with a mark of the executor that
    it belongs to: ids alone are given again to others by a controller that lost what it had not yet written.

    Parameters
    ----------
    mark : of the executor among all that use the cluster
    """

    name = "slurm"
    spans_nodes = True

    def __init__(self, settings: SlurmSettings, mark: str) -> None:
        self._settings = settings
        self._mark = mark
        self._commands = Commands(settings.patience)
        self._accounting = Accounting(self._commands, mark)
        self._exits: dict[str, Exit] = {}

    def nodes(self) -> Sequence[Node]:
        """Return the nodes of the partition, or of all."""
        partition = [f"--partition={self._settings.partition}"] if self._settings.partition else []
        return parse_nodes(self._ask(["sinfo", "-h", "-N", *partition, "-o", NODES]), self.name)

    def start(self, order: Order) -> str:
        """Submit a batch job, unless there is one."""
        try:
            known = self._jobs(["--name", order.name]).get(order.label)
            if known is not None:
                return known.native_id
            return (
                self._commands.run(self._submitting(order), self._settings.script(order))
                .split(";")[0]
                .strip()
            )
        except CommandRefused as error:
            raise SubmitError(
                f"Slurm refused {order.label}: {error}",
                hint="see the settings of the executor, or ask for less",
            ) from error
        except BackendError as error:
            # it may have been taken all the same: it is looked for by its name before the next try
            raise SubmitError(error.message, hint=error.hint, retryable=True) from error

    def look(self) -> Mapping[str, Sight]:
        """Return what the queue says of all of ours."""
        text = self._ask(self._listing([]))
        self._find_exits(failed_jobs(text, self._mark))
        return parse_jobs(text, self._mark, exits=self._exits)

    def recall(self, missing: Mapping[str, str]) -> Mapping[str, Sight]:
        """Return what accounts say of jobs that the queue has forgotten, where the cluster keeps any."""
        return self._accounting.ended(missing)

    def stop(self, label: str) -> None:
        """End a job by force."""
        sight = self._jobs(["--name", name_of(label)]).get(label)
        if sight is None:
            return
        with suppress(CommandRefused):  # it has ended meanwhile
            self._commands.run(["scancel", "--full", "--signal=KILL", sight.native_id])
        with suppress(CommandRefused):
            self._commands.run(["scancel", sight.native_id])

    def remove(self, label: str) -> None:
        """Do nothing: Slurm forgets what has ended by itself."""

    def _submitting(self, order: Order) -> list[str]:
        settings = self._settings
        hosts = max(1, len(order.nodes))
        memory = (order.memory or settings.memory) / hosts + settings.spare
        minutes = math.ceil((order.seconds + ENDING) / 60.0)
        log = f"{order.folder.replace('%', '%%')}/worker.log"
        command = [
            "sbatch", "--parsable", f"--job-name={order.name}",
            f"--comment={comment_of(self._mark, order.label)}", f"--nodes={hosts}", f"--ntasks={hosts}",
            "--ntasks-per-node=1", f"--cpus-per-task={math.ceil(order.cpus / hosts)}",
            f"--mem={math.ceil(memory / MEBIBYTE)}M", f"--time={minutes}",
            "--no-requeue", f"--export=PATH={settings.path}", f"--chdir={order.folder}",
            f"--output={log}", "--open-mode=append", *settings.options(),
        ]  # fmt: skip
        if settings.place and order.nodes:
            command.append(f"--nodelist={','.join(order.nodes)}")
        return command

    def _jobs(self, only: Sequence[str]) -> dict[str, Sight]:
        return parse_jobs(self._ask(self._listing(only)), self._mark)

    def _listing(self, only: Sequence[str]) -> list[str]:
        return ["squeue", "-h", "-t", "all", "--me", *only, "-o", JOBS]

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
