"""Running a program of many ranks over all that an attempt was given."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_network

from dmod.errors import BackendError, InputError
from dmod.jobs.executor.action import ActionContext
from dmod.jobs.executor.local.confinement import THREADS
from dmod.jobs.executor.ranks.addresses import NETWORK, NODE, addresses_in, answers, interface_of
from dmod.jobs.executor.ranks.agent import VARIABLES
from dmod.jobs.executor.ranks.launcher import Launcher, find_launcher
from dmod.jobs.executor.ranks.meeting import Host, Meeting

PATIENCE = 300.0
"""For all hosts to be there [s]: an image may have to be fetched."""
REACHING = 120.0
"""For all hosts to answer over the network [s]: that of an engine may be ready after its containers are.

Docker's nodes tell one another of new addresses at once. Where that was lost, which happens as a node leaves
a network and joins it again, each tells one other node, chosen at random, every 30 s (moby issue 47728).
"""
PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class RanksEnded:
    """How a program of many ranks ended.

    Parameters
    ----------
    code : exit code of the launcher
    launcher : what it says of itself
    hosts : names of the nodes on which ranks could run
    """

    code: int
    launcher: str
    hosts: tuple[str, ...]


def run_ranks(
    command: Sequence[str],
    context: ActionContext,
    *,
    ranks: int | None = None,
    variables: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = print,
    patience: float = PATIENCE,
) -> RanksEnded:
    """Run a command as many ranks, on the nodes and with the processors that an attempt has.

    Parameters
    ----------
    command : of each rank
    ranks : how many; as many as there are processors if nobody says
    variables : that each rank has beside those of the attempt
    on_line : takes each line that ranks or launcher print
    patience : for the other nodes to be there [s]

    Returns
    -------
    also where ranks failed: what an exit code means is known to whoever knows the program

    Raises
    ------
    InputError
        there is no launcher here, or nodes have no common network.
    BackendError
        a node was lost, or is not there; retryable.
    """
    launcher = find_launcher()
    meeting = Meeting(context.attempt_folder)
    hosts = _gathered(meeting, context, patience)
    _reach(hosts, context)
    slots = sum(host.slots for host in hosts)
    count = ranks or slots
    given = {**dict.fromkeys(THREADS, str(max(1, slots // count))), **(variables or {})}
    before, told = _begin(launcher, meeting, hosts, count, given)
    ended = _follow([*before, *command], told, on_line)
    silent = meeting.silent() if ended and len(hosts) > 1 else []
    if silent:
        raise BackendError(
            f"{', '.join(host.node for host in silent)} was lost while its ranks ran",
            hint="the step is tried again",
            retryable=True,
        )
    return RanksEnded(ended, launcher.version, tuple(host.node for host in hosts))


def _gathered(meeting: Meeting, context: ActionContext, patience: float) -> list[Host]:
    """Return all hosts of the attempt, once they are there."""
    network = os.environ.get(NETWORK, "")
    node, slots = context.hosts[0] if context.hosts else ("", context.cpus)
    node = os.environ.get(NODE) or node
    here = Host(0, node, socket.gethostname(), addresses_in(network), slots)
    wanted = range(1, len(context.hosts))
    if not wanted:
        return [here]
    meeting.make()
    end = time.monotonic() + patience
    while True:
        joined = meeting.joined()
        absent = [context.hosts[number][0] for number in wanted if number not in joined]
        if not absent:
            return [here, *(joined[number] for number in wanted)]
        if time.monotonic() > end:
            raise BackendError(
                f"{', '.join(absent)} gave no sign of life in {patience:g} s",
                hint="the log of the engine there says why",
                retryable=True,
            )
        context.progress(f"waits for {', '.join(absent)}")
        time.sleep(PAUSE)


def _reach(hosts: Sequence[Host], context: ActionContext) -> None:
    """Wait for hosts to answer; one that never does may be behind a filter, and the launcher finds out."""
    silent = {host.addresses[0]: host.node for host in hosts if host.addresses}
    end = time.monotonic() + REACHING
    while silent and time.monotonic() < end:
        silent = {address: node for address, node in silent.items() if not answers(address)}
        if silent:
            context.progress(f"waits for the network to reach {', '.join(silent.values())}")
            time.sleep(PAUSE)


def _begin(
    launcher: Launcher, meeting: Meeting, hosts: list[Host], count: int, variables: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return what stands before the command of a rank, and the variables that the launcher has."""
    places = _places(hosts)
    places = places if len(places) > 1 else []
    agent = _agent(meeting) if places else ""
    interface = interface_of(hosts[0].addresses) if places else ""
    network = _network(hosts) if places else ""
    told = {**launcher.variables(agent, interface, network), **variables, VARIABLES: ",".join(variables)}
    return launcher.command(count, places, agent), {**os.environ, **told}


def _follow(command: Sequence[str], variables: Mapping[str, str], on_line: Callable[[str], None]) -> int:
    """Run a launcher and pass on what it prints; return its exit code."""
    process = subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", bufsize=1,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            on_line(line.rstrip("\n"))
        return process.wait()
    finally:
        if process.poll() is None:
            # it ends its ranks on all hosts when it is asked to
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5.0)
            process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()


def _places(hosts: Sequence[Host]) -> list[tuple[str, int]]:
    """Return an address and the slots of each machine; hosts that are on the same one are one place.

    Raises
    ------
    InputError
        a host has no address, or two machines have the same.
    """
    if len(hosts) == 1:
        return []
    found: dict[str, Host] = {}
    for host in hosts:
        address = host.addresses[0] if host.addresses else ""
        other = found.get(address)
        if not address or (other is not None and other.name != host.name):
            why = f"{host.node} has none" if other is None else f"{host.node} and {other.node} have {address}"
            raise InputError(
                f"nodes have no addresses by which ranks could reach one another: {why}",
                hint=f"name the network that they share in the executor's settings, or by {NETWORK}",
            )
        found[address] = replace(host, slots=host.slots + (other.slots if other is not None else 0))
    return [(address, host.slots) for address, host in found.items()]


def _network(hosts: Sequence[Host]) -> str:
    """Return the network over which ranks talk: the one that is named, or the smallest with all of them."""
    named = os.environ.get(NETWORK, "")
    if named:
        return str(ip_network(named, strict=False))
    for length in range(30, 0, -1):
        networks = {ip_network(f"{host.addresses[0]}/{length}", strict=False) for host in hosts}
        if len(networks) == 1:
            return str(networks.pop())
    return ""


def _agent(meeting: Meeting) -> str:
    """Return the program that is called in the place of a remote shell."""
    path = meeting.launches / "agent"
    words = [sys.executable, "-P", "-m", "dmod.jobs.executor.ranks.agent", str(meeting.launches.parent)]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    path.chmod(0o700)
    return str(path)
