"""What can be set of the executor over Slurm."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from dmod.errors import InputError
from dmod.jobs.executor.engine.node_settings import NodeSettings, read_node_settings
from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.ranks.addresses import NODE

ALLOWED = (
    "--account", "--begin", "--clusters", "--constraint", "--dependency", "--exclude", "--exclusive",
    "--gres", "--hint", "--licenses", "--nice", "--nodelist", "--prefer", "--qos", "--reservation",
    "--switches", "--tmp",
)  # fmt: skip
"""Options of ``sbatch`` that ``arguments`` may have: where and as what, never what is run."""


@dataclass(frozen=True, slots=True)
class SlurmSettings:
    """Settings of a `SlurmEngine`.

    Parameters
    ----------
    partition, account, qos, reservation, constraint : as ``sbatch`` has them; "" is the cluster's default
    arguments : further options of ``sbatch``, see `ALLOWED`
    python : that runs the worker; on a path which nodes share
    image : of Apptainer, in which that Python is; "" runs it on the node itself
    binds : paths that are seen in the image as they are
    place : whether attempts run on the nodes that dmod's schedule chose; otherwise Slurm chooses
    memory : asked for where a request has no limit [bytes]
    spare : beside what an attempt may have, for its worker [bytes]
    patience : for an answer of a command [s]
    array : attempts that one job array has, at most; 1 submits each alone
    variables : exported before the worker starts
    nodes : by name, what differs on one of them
    """

    partition: str = ""
    account: str = ""
    qos: str = ""
    reservation: str = ""
    constraint: str = ""
    arguments: tuple[str, ...] = ()
    python: str = sys.executable
    image: str = ""
    binds: tuple[str, ...] = ()
    place: bool = False
    memory: int = 1 << 30
    spare: int = 128 << 20
    patience: float = 10.0
    array: int = 250
    variables: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, NodeSettings] = field(default_factory=dict)

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> SlurmSettings:
        """Read a table of settings.

        Raises
        ------
        InputError
            a key is not known, or a value is not what it has to be.
        """
        known = {item.name: item for item in fields(cls)}
        unknown = sorted(set(table) - set(known))
        if unknown:
            raise InputError(
                f"[server.executors.slurm] has no key {', '.join(unknown)}",
                hint=f"allowed: {', '.join(sorted(known))}",
            )
        values: dict[str, Any] = {}
        for name, given in table.items():
            if name == "nodes":
                values[name] = read_node_settings("server.executors.slurm.nodes", given)
                continue
            default = getattr(cls(), name)
            kind = type(default)
            value = kind(given) if (kind, type(given)) in {(tuple, list), (float, int)} else given
            if not isinstance(value, kind):
                raise InputError(
                    f"[server.executors.slurm] {name}: {given!r} is none", hint=f"it is like {default!r}"
                )
            values[name] = value
        settings = cls(**values)
        settings.require_arguments()
        return settings

    def require_arguments(self) -> None:
        """Refuse options of ``sbatch`` that change what is run."""
        for argument in self.arguments:
            if argument.partition("=")[0] not in ALLOWED:
                raise InputError(
                    f"[server.executors.slurm] arguments: {argument!r} is not allowed",
                    hint=f"allowed: {', '.join(ALLOWED)}, each as --option=value",
                )

    def options(self) -> list[str]:
        """Return the options of ``sbatch`` that are the same for all attempts."""
        named = ("partition", "account", "qos", "reservation", "constraint")
        return [f"--{name}={getattr(self, name)}" for name in named if getattr(self, name)] + [
            *self.arguments
        ]

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        """Return the command that runs the worker."""
        inside = [self.python, *arguments]
        if not self.image:
            return inside
        binds = [word for path in self.binds for word in ("--bind", path)]
        return ["apptainer", "exec", "--containall", "--no-home", *binds, self.image, *inside]

    def script(self, order: Order) -> str:
        """Return the batch script: nothing in it but commands, every word of them quoted.

        On each node but the first it starts a companion, beside the worker.
        """
        lines = ["#!/bin/sh", f'export {NODE}="$SLURMD_NODENAME"']
        lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.variables.items())]
        if len(order.nodes) > 1:
            lines.append(f"{self._companions(order)} &")
        return "\n".join([*lines, f"exec {shlex.join(self.command(order.arguments))}", ""])

    def _companions(self, order: Order) -> str:
        """Return the command that starts all companions; Slurm numbers them."""
        further = len(order.nodes) - 1
        cpus = -(-order.cpus // len(order.nodes))
        step = [
            "srun", f"--nodes={further}", f"--ntasks={further}", "--ntasks-per-node=1", "--relative=1",
            f"--cpus-per-task={cpus}", "--overlap", "--kill-on-bad-exit=0", "--export=ALL",
            "sh", "-c", f'export {NODE}="$SLURMD_NODENAME"; exec "$@" "$((SLURM_PROCID + 1))"', "sh",
        ]  # fmt: skip
        *arguments, _ = replace(order, companion=0).arguments
        return shlex.join([*step, *self.command(tuple(arguments))])

    @property
    def path(self) -> str:
        """Return the search path that attempts begin with."""
        return os.environ.get("PATH", "/usr/bin:/bin")
