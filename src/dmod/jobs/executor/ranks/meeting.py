"""Where the processes of one attempt meet that are on different nodes: a folder that all of them see.

    hosts/N.json        node, addresses and slots of host N; its time of change is its heartbeat
    launches/ID.json    a command line that is to be run on a host
    launches/ID.out     what it prints, as it comes
    launches/ID.exit    its exit code, once it has ended
    launches/ID.cancel  that it is to end

Host 0 is where the action runs; on each of the others a companion waits for what it is told. So ranks are
started on other nodes without a remote shell: there is no key to keep, and none to be found in an image.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HOSTS, LAUNCHES = "hosts", "launches"
SILENT_SECONDS = 15.0
"""After which a host that was heard of counts as lost [s]."""


@dataclass(frozen=True, slots=True)
class Host:
    """Where ranks can run.

    Parameters
    ----------
    number : of the host in the attempt; the action runs on 0
    node : name of the node, as its engine has it
    name : that it has itself
    addresses : by which others reach it, as ``a.b.c.d``
    slots : ranks that it has processors for
    """

    number: int
    node: str
    name: str
    addresses: tuple[str, ...]
    slots: int


class Meeting:
    """The folder of an attempt in which its hosts find one another.

    Parameters
    ----------
    folder : of the attempt
    """

    def __init__(self, folder: Path) -> None:
        self.hosts = folder / HOSTS
        self.launches = folder / LAUNCHES

    def make(self) -> None:
        """Make the folders, if they are not there."""
        for path in (self.hosts, self.launches):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def join(self, host: Host) -> None:
        """Say that a host is there."""
        write_whole(self.hosts / f"{host.number}.json", asdict(host))

    def beat(self, number: int) -> None:
        """Say that a host is still there.

        Raises
        ------
        FileNotFoundError
            nobody wants to know any more.
        """
        os.utime(self.hosts / f"{number}.json")

    def joined(self) -> dict[int, Host]:
        """Return the hosts that were ever there, by their number."""
        found = {}
        for path in self.hosts.glob("[0-9]*.json"):
            document = read_whole(path)
            if document is not None:
                host = Host(**{**document, "addresses": tuple(document["addresses"])})
                found[host.number] = host
        return found

    def silent(self) -> list[Host]:
        """Return the hosts that have not been heard of for too long, by the clock of the file system."""
        # a file of one's own tells what that clock says now
        probe = self.hosts / f".{os.getpid()}"
        probe.touch(mode=0o600)
        now = probe.stat().st_mtime
        probe.unlink()
        return [
            host
            for number, host in sorted(self.joined().items())
            if number and now - (self.hosts / f"{number}.json").stat().st_mtime > SILENT_SECONDS
        ]

    def launch(self, address: str, command: str, variables: Mapping[str, str]) -> str:
        """Ask for a command line to be run on the host with an address; return the name of the launch."""
        name = f"{os.getpid()}-{time.monotonic_ns()}"
        document = {"address": address, "command": command, "variables": dict(variables)}
        write_whole(self.launches / f"{name}.json", document)
        return name


def write_whole(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document so that whoever reads it sees all of it or nothing."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        json.dump(document, file)
    hidden.rename(path)


def read_whole(path: Path) -> dict[str, Any] | None:
    """Return a document; None if it is not there."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return document if isinstance(document, dict) else None
