"""A real Slurm cluster on this machine for tests: munge, one controller, several nodes, stopped by number.

All nodes are daemons of this host under names of their own; nothing outside the folder is written, and
``SLURM_CONF`` tells commands which cluster is meant.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

PATIENCE = 60.0
ACCOUNTING_PROGRAMS = ("sacct", "slurmdbd", "mariadbd", "mariadb-install-db")
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
MinJobAge={remembers}
WaitTime=0
MaxArraySize=100001
MaxJobCount=100000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 RealMemory=4000
PartitionName=batch Nodes=n[1-{nodes}] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=short Nodes=n1 MaxTime=5 State=UP OverSubscribe=NO
PartitionName=urgent Nodes=n1 PriorityTier=9 MaxTime=INFINITE State=UP OverSubscribe=NO
"""
NO_ACCOUNTING = "AccountingStorageType=accounting_storage/none\n"
ACCOUNTING = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePass={folder}/run/munge.sock
AccountingStoragePort={port}
AccountingStoreFlags=job_comment
"""
DATABASE_DAEMON = """
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
LogFile={folder}/log/slurmdbd.log
PidFile={folder}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct_db
"""
USER = """CREATE DATABASE slurm_acct_db;
CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';
"""

CONTROL_GROUPS = """
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=no
"""


def missing(*, accounting: bool = False) -> str:
    """Return why no such cluster can be started here; "" where it can."""
    wanted = (*PROGRAMS, *(ACCOUNTING_PROGRAMS if accounting else ()))
    absent = [name for name in wanted if shutil.which(name) is None]
    if absent:
        packages = "slurm-wlm munge" + " slurmdbd mariadb-server" * accounting
        return f"not installed: {', '.join(absent)} (Debian: {packages})"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started by root"


@dataclass
class SlurmCluster:
    """A cluster that runs while the block does.

    Parameters
    ----------
    folder : short enough for the path of a socket
    nodes : how many
    accounting : whether it keeps accounts of what has ended, in a database of its own
    remembers : how long the controller knows what has ended [s]
    """

    folder: Path
    nodes: int = 3
    accounting: bool = False
    remembers: int = 300
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

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
        accounts = free_port(1)
        accounting = ACCOUNTING.format(port=accounts, folder=self.folder)
        self.configuration.write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0], folder=self.folder, port=port, nodes=self.nodes,
                first=first, last=first + self.nodes - 1, remembers=self.remembers,
            )
            + (accounting if self.accounting else NO_ACCOUNTING),
            encoding="utf-8",
        )  # fmt: skip
        if self.accounting:
            self._start_accounting(accounts)
        (self.folder / "cgroup.conf").write_text(CONTROL_GROUPS, encoding="utf-8")
        self.start_controller()
        for number in range(1, self.nodes + 1):
            self.start_node(f"n{number}")
        self.until(lambda: self.states().count("idle") == self.nodes)
        return self

    def _start_accounting(self, port: int) -> None:
        """Start the database and the daemon of accounts, and wait until it knows of the cluster."""
        data, password, database = self.folder / "database", secrets.token_hex(), free_port(1)
        self._run(
            "mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        begin = self.folder / "database.sql"
        begin.write_text(USER.format(password=password), encoding="utf-8")
        server = subprocess.Popen(
            (
                "mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", "--bind-address=127.0.0.1",
                f"--port={database}", f"--socket={self.folder}/run/database.sock", f"--init-file={begin}",
                "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                f"--pid-file={self.folder}/run/mariadbd.pid", f"--log-error={self.folder}/log/mariadbd.log",
            ),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._children.append(server)
        configuration = self.folder / "slurmdbd.conf"
        configuration.touch(0o600)
        configuration.write_text(
            DATABASE_DAEMON.format(folder=self.folder, port=port, database=database, password=password),
            encoding="utf-8",
        )
        self.until(lambda: is_open(database))
        self._run("slurmdbd")
        self.until(lambda: is_open(port))

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
        for name in sorted(pids, key=["slurmdbd", "mariadbd", "munged"].count):
            self.kill(name)
        for child in self._children:
            child.kill()
            child.wait()
        self._end_steps()

    def _end_steps(self) -> None:
        """End the daemons of steps that are left: one outlives the daemon of its node."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                is_step = (process / "comm").read_text(encoding="utf-8").strip() == "slurmstepd"
                if is_step and (process / "cwd").readlink().is_relative_to(self.folder):
                    os.kill(int(process.name), signal.SIGKILL)

    def until(self, is_so: object) -> None:
        """Wait until something is so."""
        assert callable(is_so)
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, self._said()
            time.sleep(0.1)

    def __enter__(self) -> SlurmCluster:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _said(self) -> str:
        logs = sorted((self.folder / "log").glob("*"))
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-1000:]}" for path in logs)

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


def is_open(port: int) -> bool:
    """Return whether somebody listens at a port of this machine."""
    with closing(socket.socket()) as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
