"""A real swarm on this machine for tests: several Docker engines, each in a network namespace of its own.

    with SwarmNodes(folder) as swarm:
        engine = SwarmEngine(SwarmSettings(image=IMAGE, address=swarm.address, ...), "mark")

Wants Debian's packages ``docker.io iproute2`` and root, and leaves nothing of a Docker that is there alone.
The engines keep everything in one folder, reach one another over a bridge that nobody else sees, and are
ended by the numbers of their own processes. Images need not be fetched: `put_image` makes one that holds
nothing, into which the system's programs and this Python are mounted.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from dmod.jobs.executor.container.client import open_client
from dmod.jobs.executor.container.marks import LABEL
from dmod.jobs.executor.swarm.settings import SwarmSettings

IMAGE = "localhost:9/dmod-worker:test"
PROGRAMS = ("dockerd", "containerd", "runc", "ip", "nsenter", "unshare", "mount")
PATIENCE = 60.0
HEARTBEAT = 1
"""Of nodes [s]: one that was silent for three is down."""
NETWORK = "10.213.0"
CONTROL_GROUPS = Path("/sys/fs/cgroup")
_SERVICE = "com.docker.swarm.service.id"
_USR = {"Type": "bind", "Source": "/usr", "Target": "/usr", "ReadOnly": True}
_START = """
hostname "$1"
mount --make-rprivate /
for place in /run/docker /etc/docker; do mkdir -p $place; mount -t tmpfs none $place; done
# what started containers listens here, and is to be found again by the next engine
mkdir -p /run/containerd "$2"
mount --bind "$2" /run/containerd
shift 2
exec dockerd "$@"
"""


def missing() -> str:
    """Return why no such swarm can be started here; "" where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: docker.io iproute2)"
    if os.geteuid():
        return "Docker's engine and namespaces of networks want root"
    made = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "mount", "--make-rprivate", "/"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if made.returncode == 0 else f"no namespaces can be made here: {made.stderr.strip()}"


def machine_paths() -> tuple[str, ...]:
    """Return what a container has to see of this machine, read-only, to run this Python with dmod."""
    import dmod

    source = str(Path(dmod.__file__).resolve().parents[1])
    links = {path for path in ("/etc/alternatives", "/etc/openmpi") if Path(path).is_dir()}
    places = {"/usr", sys.base_prefix, sys.prefix, source} | links
    return tuple(sorted(place for place in places if place == "/usr" or not place.startswith("/usr/")))


class SwarmNode:
    """One engine of a swarm, with what came from it.

    Parameters
    ----------
    folder : for everything it writes; its path has to be short, for sockets are in it
    mark : of the swarm, in names of what the system keeps for it
    """

    def __init__(self, folder: Path, mark: str, number: int) -> None:
        self.name = f"node{number}"
        self.folder = folder
        self.number = number
        self.host = f"{NETWORK}.{number}"
        self.hub, self.space = f"dm{mark}h", f"dm{mark}n{number}"
        self.port = f"dm{mark}p{number}"
        self.group = f"dmod-{mark}-{number}"
        self.settings: Mapping[str, Any] = {}
        """Of its engine, as its own file has them; heeded at its next start."""
        self._engine: subprocess.Popen[bytes] | None = None
        self._client: Any = None

    @property
    def address(self) -> str:
        """Return where its engine listens."""
        return f"unix://{self.folder}/docker.sock"

    def client(self) -> Any:
        """Return a client of its engine, closed when that ends."""
        if self._client is None:
            self._client = open_client(SwarmSettings(IMAGE, address=self.address, timeout=20))
        return self._client

    def connect(self) -> None:
        """Give it a network of its own, with an address on the bridge."""
        ip("netns", "add", self.space)
        ip("-n", self.hub, "link", "add", self.port, "type", "veth", "peer", "name", "eth0",
           "netns", self.space)  # fmt: skip
        ip("-n", self.hub, "link", "set", self.port, "master", "bridge", "up")
        ip("-n", self.space, "addr", "add", f"{self.host}/24", "dev", "eth0")
        for name in ("eth0", "lo"):
            ip("-n", self.space, "link", "set", name, "up")
        ip("-n", self.space, "route", "add", "default", "via", f"{NETWORK}.254")

    def start(self) -> None:
        """Start its engine, in which it finds what it left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "daemon.json"
        settings.write_text(json.dumps(dict(self.settings)), encoding="ascii")
        for name in ("docker.pid", "exec/containerd/containerd.pid"):
            # whoever has that number now is not what had it
            (self.folder / name).unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._engine = subprocess.Popen(
                [
                    "nsenter", f"--net=/run/netns/{self.space}", "unshare", "--uts", "--mount",
                    "sh", "-c", _START, "sh", self.name, f"{self.folder}/run",
                    "--host", self.address,
                    "--config-file", str(settings),
                    "--data-root", f"{self.folder}/data",
                    "--exec-root", f"{self.folder}/exec",
                    "--pidfile", f"{self.folder}/docker.pid",
                    "--cgroup-parent", f"/{self.group}",
                ],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Wait until its engine answers."""
        client = self.client()
        _wait(client.ping, f"the engine of {self.name} does not answer; see {self.folder}/log")

    def kill(self) -> None:
        """Kill its engine and all that came from it, as when its machine fails."""
        if self._client is not None:
            self._client.close()
            self._client = None
        end = time.monotonic() + PATIENCE
        while True:
            for pid in (left := self._processes()):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not left or time.monotonic() > end:
                break
            time.sleep(0.02)
        if self._engine is not None:
            self._engine.kill()
            self._engine.wait()
            self._engine = None

    def kill_engine(self) -> None:
        """Kill its engine alone; containers go on."""
        assert self._engine is not None
        if self._client is not None:
            self._client.close()
            self._client = None
        self._engine.kill()
        self._engine.wait()
        self._engine = None

    def pause(self, *, is_paused: bool) -> None:
        """Have its engine do nothing, or go on."""
        assert self._engine is not None
        os.kill(self._engine.pid, signal.SIGSTOP if is_paused else signal.SIGCONT)

    def cut(self, *, is_cut: bool) -> None:
        """Cut it off from the others, or no more; what runs on it runs on."""
        ip("-n", self.hub, "link", "set", self.port, "down" if is_cut else "up")

    def containers(self, label: str) -> list[str]:
        """Return the containers of an attempt that run here."""
        found = self.client().containers(filters={"label": [f"{LABEL}={label}"]})
        return [str(container["Id"]) for container in found]

    def end_container(self, label: str) -> None:
        """Kill the container of an attempt, if it is here."""
        for container in self.containers(label):
            self.client().kill(container, "SIGKILL")

    def remove(self) -> None:
        """Remove what the system keeps for it; its engine has ended."""
        with suppress(subprocess.CalledProcessError):
            ip("netns", "delete", self.space)
        for place in (CONTROL_GROUPS, *CONTROL_GROUPS.glob("*/")):
            for path in sorted((place / self.group).rglob("*/"), reverse=True):
                with suppress(OSError):
                    path.rmdir()
            with suppress(OSError):
                (place / self.group).rmdir()

    def _processes(self) -> list[int]:
        """Return its engine, what started containers for it, and what is in them."""
        found = set()
        for place in (CONTROL_GROUPS, *CONTROL_GROUPS.glob("*/")):
            for path in (place / self.group).rglob("cgroup.procs"):
                with suppress(OSError):
                    found |= {int(line) for line in path.read_text(encoding="ascii").split()}
        try:
            own = os.stat(f"/run/netns/{self.space}")  # noqa: PTH116 - as below
        except FileNotFoundError:
            return sorted(found)
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                space = (path / "ns" / "net").stat()
                if (space.st_dev, space.st_ino) == (own.st_dev, own.st_ino):
                    found.add(int(path.name))
        return sorted(found)


class SwarmNodes:
    """A swarm that runs while the block does; its first node is the manager.

    Parameters
    ----------
    folder : for everything it writes; its path has to be short
    is_swarm : whether the engines make a swarm; those that do not can be set to keep containers alive
    """

    def __init__(self, folder: Path, count: int = 3, *, is_swarm: bool = True) -> None:
        self.folder = folder
        self.is_swarm = is_swarm
        self.held: set[str] = set()
        """Services that hold networks."""
        mark = uuid4().hex[:6]
        self.hub = f"dm{mark}h"
        self.nodes = [SwarmNode(folder / f"n{number}", mark, number) for number in range(1, count + 1)]

    @property
    def manager(self) -> SwarmNode:
        """Return the node that is asked."""
        return self.nodes[0]

    @property
    def address(self) -> str:
        """Return where the swarm is asked."""
        return self.manager.address

    def __enter__(self) -> SwarmNodes:
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

    def put_image(self, name: str = IMAGE) -> str:
        """Put an image that holds nothing on every node; return its id, the same on all."""
        client = self.manager.client()
        client.import_image_from_data(
            _empty_root(), repository=name.rpartition(":")[0], tag=name.rpartition(":")[2]
        )
        data = b"".join(client.get_image(name))
        for node in self.nodes[1:]:
            for _ in node.client().load_image(data):
                pass
        return str(client.inspect_image(name)["Id"])

    def hold_network(self, name: str) -> None:
        """Make a network between containers that every node is always on.

        An engine that leaves a network and joins it again may hear of the addresses of others, or they of
        its own, only with the next of their exchanges, 30 s or more later (moby issues 47396 and 47728).
        """
        client = self.manager.client()
        client.create_network(name, driver="overlay")
        container = {"Image": IMAGE, "Command": ["/bin/sleep", "infinity"], "Mounts": [_USR]}
        task = {"ContainerSpec": container, "Networks": [{"Target": name}]}
        service = client.create_service(task, name=f"holds-{name}", mode="global")["ID"]
        self.held.add(service)

        def is_held() -> bool:
            states = [found["Status"]["State"] for found in client.tasks({"service": service})]
            return states == ["running"] * len(self.nodes)

        _wait(is_held, f"not every node joins the network {name}")

    def services(self) -> list[str]:
        """Return the services that were not made to hold a network."""
        return [found["ID"] for found in self.manager.client().services() if found["ID"] not in self.held]

    def is_idle(self) -> bool:
        """Return whether nothing runs, on nodes that are heard of, but what holds networks."""
        client = self.manager.client()
        if all(task["ServiceID"] in self.held for task in client.tasks()):
            return True
        running = [found for node in self.nodes for found in node.client().containers()]
        return all(found["Labels"].get(_SERVICE) in self.held for found in running)

    def is_ready(self, number: int) -> bool:
        """Return whether the manager takes a node for ready."""
        name = self.nodes[number - 1].name
        return any(
            found["Status"]["State"] == "ready"
            for found in self.manager.client().nodes()
            if found["Description"]["Hostname"] == name
        )

    def set_availability(self, number: int, availability: str) -> None:
        """Say whether a node is to be given anything: ``active``, ``pause`` or ``drain``."""
        client, name = self.manager.client(), self.nodes[number - 1].name
        for found in client.nodes():
            if found["Description"]["Hostname"] == name:
                spec = {**found["Spec"], "Availability": availability}
                client.update_node(found["ID"], found["Version"]["Index"], spec)

    def wait_for(self, is_so: Callable[[], Any], what: str) -> None:
        """Wait until something is so."""
        _wait(is_so, what)

    def _start(self) -> None:
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        for name in ("bridge", "lo"):
            ip("-n", self.hub, "link", "set", name, "up")
        for node in self.nodes:
            node.connect()
            node.start()
        for node in self.nodes:
            node.wait()
        if self.is_swarm:
            self._join()

    def _join(self) -> None:
        import docker  # type: ignore[import-untyped]

        manager = self.manager.client()
        spec = docker.types.SwarmSpec("1.41", dispatcher_heartbeat_period=HEARTBEAT * 10**9)
        manager.init_swarm(
            f"{self.manager.host}:2377", listen_addr=f"{self.manager.host}:2377", swarm_spec=spec
        )
        token = manager.inspect_swarm()["JoinTokens"]["Worker"]
        for node in self.nodes[1:]:
            node.client().join_swarm([f"{self.manager.host}:2377"], token, f"{node.host}:2377", node.host)
        count = len(self.nodes)
        _wait(lambda: all(self.is_ready(number) for number in range(1, count + 1)), "nodes do not join")

    def _stop(self) -> None:
        for node in self.nodes:
            node.kill()
        for node in self.nodes:
            node.remove()
        with suppress(subprocess.CalledProcessError):
            ip("netns", "delete", self.hub)
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_services(swarm: SwarmNodes) -> None:
    """Remove all services, and wait until nothing of them runs on nodes that are heard of."""
    for service in swarm.services():
        swarm.manager.client().remove_service(service)
    _wait(swarm.is_idle, "services do not end")


def ip(*arguments: str) -> None:
    """Have the system's network changed."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _empty_root() -> bytes:
    """Return an archive of a root folder with nothing but names and places to mount things at."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name in ("usr", "proc", "dev", "sys", "etc", "tmp", "run"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(folder)
        for name in ("bin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(link)
        text = b"root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n"
        users = tarfile.TarInfo("etc/passwd")
        users.size = len(text)
        archive.addfile(users, io.BytesIO(text))
    return held.getvalue()


def _wait(is_so: Callable[[], Any], what: str) -> None:
    import docker
    import requests

    end = time.monotonic() + PATIENCE
    while True:
        with suppress(requests.RequestException, docker.errors.DockerException):
            if is_so():
                return
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
