"""A real S3 server on this machine for tests: Ceph's RADOS Gateway over a monitor and an OSD in memory.

    with CephServer(folder) as server:
        store = open_store(server.address("bucket"), server.options)

Wants Debian's packages ``radosgw ceph-mon ceph-osd ceph-mgr ceph-common`` and root. It listens on free ports
of the loopback address, keeps everything in one folder, and is stopped by the numbers of its own processes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from uuid import uuid4

PROGRAMS = ("ceph-mon", "ceph-osd", "ceph-mgr", "radosgw", "radosgw-admin", "ceph", "monmaptool")
ACCESS_KEY, SECRET_KEY = "TESTACCESSKEY", "testsecretkey"
PATIENCE = 90.0
MEMORY = 2 << 30
NOT_READY = ("problem getting command descriptions", "wrong fsid")
"""What `ceph` says while it does not know the monitor well enough yet."""

_CONFIGURATION = """
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{monitor}
mon_initial_members = a
public_addr = 127.0.0.1
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 500
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = {memory}
osd_client_watch_timeout = 3
osd_class_update_on_start = false
osd_crush_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
run_dir = {folder}/run
admin_socket = {folder}/run/$cluster-$name.asok
log_file = {folder}/log/$name.log
keyring = {folder}/keyring
mon_data = {folder}/mon
mgr_data = {folder}/mgr
osd_data = {folder}/osd
mon_data_avail_warn = 2
pid_file = {folder}/run/$name.pid
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1
rgw_data = {folder}/rgw
rgw_enable_usage_log = false
rgw_run_sync_thread = false
"""


def missing() -> str:
    """Return why no such server can be started here; "" where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: radosgw ceph-mon ceph-osd ceph-mgr ceph-common)"
    return "" if os.geteuid() == 0 else "Ceph's programs want root"


class CephServer:
    """A server that runs while the block does.

    Parameters
    ----------
    folder : for everything it writes; must be empty or not there
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def endpoint(self) -> str:
        """The address of the gateway."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> Mapping[str, str]:
        """Options of a store that reaches it."""
        return {
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
        }

    def __enter__(self) -> CephServer:
        started = False
        try:
            self._start()
            started = True
        finally:
            if not started:
                self._stop()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop()

    def make_bucket(self, name: str) -> str:
        """Make a bucket; return its address."""
        from obstore import sign
        from obstore.store import S3Store

        store = S3Store(
            name, endpoint=self.endpoint, access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY,
            region="us-east-1", client_options={"allow_http": True},
        )  # fmt: skip
        url = sign(store, "PUT", "", timedelta(minutes=1))
        urllib.request.urlopen(urllib.request.Request(url, data=b"", method="PUT"), timeout=30).close()
        return f"s3://{name}"

    def stop_gateway(self) -> None:
        """Kill the gateway, as when its machine fails."""
        gateway = self._running.pop("radosgw")
        gateway.kill()
        gateway.wait()

    def start_gateway(self) -> None:
        """Start the gateway, and wait until it answers."""
        self._run("radosgw", "-n", "client.rgw", "-f")
        self._wait(self._answers, "the gateway does not answer")

    def _start(self) -> None:
        for part in ("mon", "osd", "mgr", "rgw", "run", "log"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "keyring").touch()
        monitor, fsid = _free_port(), str(uuid4())
        self._configuration.write_text(
            _CONFIGURATION.format(
                fsid=fsid, monitor=monitor, gateway=self.port, folder=self.folder, memory=MEMORY
            )
        )
        plan = str(self.folder / "monmap")
        self._do(
            "monmaptool",
            "--create",
            "--clobber",
            "--fsid",
            fsid,
            "--addv",
            "a",
            f"[v1:127.0.0.1:{monitor}]",
            plan,
        )
        self._do("ceph-mon", "-c", self._configured, "--mkfs", "-i", "a", "--monmap", plan)
        self._run("ceph-mon", "-i", "a", "-f")
        self._wait(lambda: self._does("ceph", "-c", self._configured, "-s"), "the monitor does not answer")
        number = self._do("ceph", "-c", self._configured, "osd", "create").strip()
        self._do("ceph-osd", "-c", self._configured, "-i", number, "--mkfs")
        self._do(
            "ceph",
            "-c",
            self._configured,
            "osd",
            "crush",
            "add",
            f"osd.{number}",
            "1",
            "root=default",
            "host=here",
        )
        self._run("ceph-osd", "-i", number, "-f")
        self._run("ceph-mgr", "-i", "x", "-f")
        self._wait(
            lambda: "1 up" in self._do("ceph", "-c", self._configured, "osd", "stat"), "no OSD comes up"
        )
        self.start_gateway()
        self._do(
            "radosgw-admin", "-c", self._configured, "-n", "client.rgw", "user", "create", "--uid", "test",
            "--display-name", "test", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY,
        )  # fmt: skip

    def _stop(self) -> None:
        for process in reversed(self._running.values()):  # nothing of it is to be kept: no need to ask
            process.kill()
            process.wait()
        self._running.clear()

    @property
    def _configuration(self) -> Path:
        return self.folder / "ceph.conf"

    @property
    def _configured(self) -> str:
        return str(self._configuration)

    def _run(self, program: str, *arguments: str) -> None:
        """Start a program in the foreground, so that it is ours to stop."""
        log = (self.folder / "log" / f"{program}.out").open("ab")
        with log:
            self._running[program] = subprocess.Popen(
                [program, "-c", self._configured, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _do(self, *command: str) -> str:
        until = time.monotonic() + PATIENCE
        while True:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
            if done.returncode == 0:
                return done.stdout
            if not any(said in done.stderr for said in NOT_READY) or time.monotonic() > until:
                raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
            time.sleep(0.2)

    def _does(self, *command: str) -> bool:
        try:
            return subprocess.run(command, capture_output=True, check=False, timeout=5).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=2).close()
        except OSError:
            return False
        return True

    def _wait(self, ready: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + PATIENCE
        while not ready():
            ended = [name for name, process in self._running.items() if process.poll() is not None]
            if ended or time.monotonic() > until:
                what = f"{', '.join(ended)} ended" if ended else otherwise
                raise RuntimeError(f"Ceph: {what}\n{_tails(sorted((self.folder / 'log').iterdir()))}")
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _tails(logs: Sequence[Path]) -> str:
    return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-600:]}" for log in logs)
