"""The launcher of ranks that is installed here: which one it is, and how it is told what we want.

Open MPI and MPICH are told by variables of their own how to start something on another node; both take a
program in the place of a remote shell. Documentation: Open MPI, "run-time tuning" (MCA parameters of plm,
oob, btl, rmaps); PRRTE, the same of Open MPI 5; MPICH, "Using the Hydra process manager".
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dmod.errors import InputError

PROGRAM = "DMOD_MPIRUN"
"""Variable that says which launcher is used."""
NAMES = ("mpirun", "mpiexec", "mpiexec.hydra")
SECONDS = 20.0


class LauncherKind(StrEnum):
    """What kind of launcher one is."""

    OPEN_MPI = "Open MPI"
    HYDRA = "Hydra"


@dataclass(frozen=True, slots=True)
class Launcher:
    """A launcher of ranks.

    Parameters
    ----------
    path : of the program
    version : what it says of itself, in a line
    """

    path: str
    kind: LauncherKind
    version: str

    def command(self, ranks: int, places: Sequence[tuple[str, int]], agent: str) -> list[str]:
        """Return what stands before the command of a rank.

        Parameters
        ----------
        places : address and slots of each host; none where all ranks run here
        agent : program that stands in for a remote shell
        """
        said = [self.path, "-n", str(ranks)]
        if not places:
            return said
        hosts = ",".join(f"{address}:{slots}" for address, slots in places)
        if self.kind is LauncherKind.HYDRA:
            return [*said, "-launcher", "ssh", "-launcher-exec", agent, "-hosts", hosts]
        return [*said, "--host", hosts]

    def variables(self, agent: str, interface: str, network: str) -> dict[str, str]:
        """Return the variables by which it is told the rest.

        More ranks than processors are allowed, and none is bound to one: how many an attempt may use is kept
        by whoever started it.

        Parameters
        ----------
        interface, network : over which ranks talk; "" where they are all on this host
        """
        if self.kind is LauncherKind.HYDRA:
            return {"HYDRA_IFACE": interface} if interface else {}
        values = {
            "plm_rsh_agent": agent,
            "plm_rsh_no_tree_spawn": "1",
            "plm": "^slurm,tm,lsf,alps",
            "ras": "^slurm,tm,lsf,alps",
            "orte_leave_session_attached": "1",
            "orte_tmpdir_base": "/tmp",  # sockets are in it, and their names may not be long
            "rmaps_base_oversubscribe": "1",
            "hwloc_base_binding_policy": "none",
            "mpi_yield_when_idle": "1",
            # between containers of one node no process may read another's memory
            "btl_vader_single_copy_mechanism": "none",
        }
        if network:
            values |= {"oob_tcp_if_include": network, "btl_tcp_if_include": network}
        later = {
            "plm_ssh_agent": agent,
            "plm_ssh_no_tree_spawn": "1",
            "rmaps_default_mapping_policy": ":oversubscribe",
            "hwloc_default_binding_policy": "none",
            "prte_tmpdir_base": "/tmp",
        }
        allowed = ("OMPI_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT")
        return {
            **{f"OMPI_MCA_{name}": value for name, value in values.items()},
            **{f"PRTE_MCA_{name}": value for name, value in later.items()},
            **{name: "1" for one in allowed for name in (one, f"{one}_CONFIRM")},
        }


def find_launcher(variables: Mapping[str, str] = os.environ) -> Launcher:
    """Return the launcher that is installed here.

    Raises
    ------
    InputError
        there is none, or not one that is known.
    """
    named = variables.get(PROGRAM, "")
    path = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if path is None:
        raise InputError(
            f"there is no {named or 'mpirun'} where the attempt runs",
            hint=f"install Open MPI (Debian: openmpi-bin) or MPICH there, or name one by {PROGRAM}",
        )
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{path} cannot be run: {error}", hint=f"name another one by {PROGRAM}") from error
    said = done.stdout + done.stderr
    for kind, word in (
        (LauncherKind.OPEN_MPI, "open mpi"), (LauncherKind.OPEN_MPI, "prrte"), (LauncherKind.HYDRA, "hydra"),
    ):  # fmt: skip
        if word in said.lower():
            line = next((line for line in said.splitlines() if word in line.lower()), "")
            return Launcher(path, kind, line.strip())
    raise InputError(
        f"{path} is neither Open MPI's nor MPICH's launcher: {said.strip()[:200]}",
        hint=f"name another one by {PROGRAM}",
    )
