"""A real Slurm cluster on this machine for tests: munge, one controller, several nodes, stopped by number.

All nodes are daemons of this host under names of their own; nothing outside the folder is written, and
``SLURM_CONF`` tells commands which cluster is meant.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PATIENCE = 60.0
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "scancel")
CONFIGURATION = """
ClusterName=dmodtest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/cgroup
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2,batch_sched_delay=0,sched_min_interval=10000
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=10
InactiveLimit=0
KillWait=2
MinJobAge=300
WaitTime=0
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 RealMemory=4000
PartitionName=batch Nodes=n[1-{nodes}] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=short Nodes=n1 MaxTime=5 State=UP OverSubscribe=NO
"""

CONTROL_GROUPS = """
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=no
"""


def missing() -> str:
    """Return why no such cluster can be started here; "" where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: slurm-wlm munge)"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started by root"


@dataclass
class SlurmCluster:
    """A cluster that runs while the block does.

    Parameters
    ----------
    folder : short enough for the path of a socket
    nodes : how many
    """

    folder: Path
    nodes: int = 3

    @property
    def configuration(self) -> Path:
        """Return the file that ``SLURM_CONF`` names."""
        return self.folder / "slurm.conf"

    def start(self) -> SlurmCluster:
        """Start all daemons and wait until every node is idle."""
        for name in ("state", "log", "run", "spool"):
            (self.folder / name).mkdir(parents=True)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        run = self.folder / "run"
        self._run(
            "munged", f"--key-file={key}", f"--socket={run}/munge.sock", f"--pid-file={run}/munged.pid",
            f"--log-file={self.folder}/log/munged.log", f"--seed-file={run}/munged.seed", "--force",
        )  # fmt: skip
        port, first = free_port(1), free_port(self.nodes)
        self.configuration.write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0], folder=self.folder, port=port, nodes=self.nodes,
                first=first, last=first + self.nodes - 1,
            ),
            encoding="utf-8",
        )  # fmt: skip
        (self.folder / "cgroup.conf").write_text(CONTROL_GROUPS, encoding="utf-8")
        self.start_controller()
        for number in range(1, self.nodes + 1):
            self.start_node(f"n{number}")
        self.until(lambda: self.states().count("idle") == self.nodes)
        return self

    def start_controller(self) -> None:
        """Start the controller."""
        self._run("slurmctld", "-f", str(self.configuration))

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        (self.folder / "spool" / name).mkdir(exist_ok=True)
        self._run("slurmd", "-f", str(self.configuration), "-N", name)

    def kill(self, daemon: str) -> None:
        """End a daemon (``slurmctld``, ``slurmd-n1``) with SIGKILL, as a crash would."""
        pid = self._pid(daemon)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            (self.folder / "run" / f"{daemon}.pid").unlink(missing_ok=True)

    def states(self) -> list[str]:
        """Return the states of the nodes of the whole partition."""
        done = self.ask("sinfo", "-h", "-N", "-p", "batch", "-o", "%T")
        return done.split()

    def ask(self, *command: str) -> str:
        """Return what a command of Slurm prints; "" where it fails."""
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE,
            env={**os.environ, "SLURM_CONF": str(self.configuration)},
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else ""

    def stop(self) -> None:
        """End all jobs and daemons."""
        if self._pid("slurmctld") is not None:
            self.ask("scancel", "--user=root")
        pids = [path.stem for path in (self.folder / "run").glob("*.pid")]
        for name in sorted(pids, key=lambda item: item == "munged"):
            self.kill(name)

    def until(self, is_so: object) -> None:
        """Wait until something is so."""
        assert callable(is_so)
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, (self.folder / "log" / "slurmctld.log").read_text()[-2000:]
            time.sleep(0.1)

    def __enter__(self) -> SlurmCluster:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _pid(self, daemon: str) -> int | None:
        try:
            return int((self.folder / "run" / f"{daemon}.pid").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env={**os.environ, "SLURM_CONF": str(self.configuration)},
        )  # fmt: skip


def free_port(count: int) -> int:
    """Return the first of so many neighbouring ports that nobody listens at."""
    while True:
        first = random.randint(20_000, 30_000)
        try:
            for port in range(first, first + count):
                with closing(socket.socket()) as tried:
                    tried.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
