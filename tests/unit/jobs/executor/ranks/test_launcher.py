"""Launchers of ranks: which one is there, how it is told what we want, and where ranks can run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.errors import BackendError, InputError
from dmod.jobs.executor.action import ActionContext
from dmod.jobs.executor.ranks.addresses import answers
from dmod.jobs.executor.ranks.launcher import Launcher, LauncherKind, find_launcher
from dmod.jobs.executor.ranks.meeting import Host, Meeting
from dmod.jobs.executor.ranks.running import run_ranks

PLACES = (("10.0.0.1", 2), ("10.0.0.2", 1))
FAKE = """#!/bin/sh
if [ "$1" = --version ]; then echo "{version}"; exit; fi
printf '%s\\n' "$@"
env | grep -E '^(OMPI|HYDRA|OMP)_'
"""


def fake(folder: Path, version: str) -> str:
    path = folder / "mpirun"
    path.write_text(FAKE.format(version=version), encoding="ascii")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("mpirun (Open MPI) 4.1.4", LauncherKind.OPEN_MPI),
        ("mpirun (Open MPI) 5.0.3", LauncherKind.OPEN_MPI),
        ("HYDRA build details:", LauncherKind.HYDRA),
    ],
)
def test_launcher_is_known_by_what_it_says(tmp_path: Path, said: str, kind: LauncherKind) -> None:
    launcher = find_launcher({"DMOD_MPIRUN": fake(tmp_path, said)})
    assert (launcher.kind, launcher.version) == (kind, said)


@pytest.mark.parametrize(
    ("version", "words"),
    [("what?", "neither Open MPI's nor MPICH's"), ("", "neither")],
)
def test_launcher_that_is_none_is_refused(tmp_path: Path, version: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_launcher({"DMOD_MPIRUN": fake(tmp_path, version)})


def test_launcher_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="no /nowhere/mpirun where the attempt runs"):
        find_launcher({"DMOD_MPIRUN": "/nowhere/mpirun"})


def test_hosts_and_agent_are_told_in_the_words_of_each_launcher() -> None:
    mpi = Launcher("mpirun", LauncherKind.OPEN_MPI, "")
    assert mpi.command(3, PLACES, "/a/agent") == ["mpirun", "-n", "3", "--host", "10.0.0.1:2,10.0.0.2:1"]
    told = mpi.variables("/a/agent", "eth1", "10.0.0.0/24")
    assert told["OMPI_MCA_plm_rsh_agent"] == told["PRTE_MCA_plm_ssh_agent"] == "/a/agent"
    assert told["OMPI_MCA_btl_tcp_if_include"] == "10.0.0.0/24"
    hydra = Launcher("mpiexec", LauncherKind.HYDRA, "")
    assert hydra.command(3, PLACES, "/a/agent") == [
        "mpiexec", "-n", "3", "-launcher", "ssh", "-launcher-exec", "/a/agent",
        "-hosts", "10.0.0.1:2,10.0.0.2:1",
    ]  # fmt: skip
    assert hydra.variables("/a/agent", "eth1", "10.0.0.0/24") == {"HYDRA_IFACE": "eth1"}
    assert mpi.command(2, (), "") == ["mpirun", "-n", "2"]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ActionContext:
    """Return what an action on two nodes is given, where a launcher only says what it was told."""
    monkeypatch.setenv("DMOD_MPIRUN", fake(tmp_path, "mpirun (Open MPI) 4.1.4"))
    monkeypatch.delenv("DMOD_RANKS_NETWORK", raising=False)
    hosts = (("n0", 4), ("n1", 2))
    return ActionContext("a:b:1", tmp_path, cpus=6, hosts=hosts, attempt_folder=tmp_path)


def test_ranks_are_as_many_as_processors_and_have_one_each(context: ActionContext) -> None:
    meeting = Meeting(context.attempt_folder)
    meeting.make()
    meeting.join(Host(1, "n1", "other", ("127.0.0.2",), 2))
    lines: list[str] = []
    ended = run_ranks(["program"], context, on_line=lines.append)
    assert (ended.code, ended.hosts) == (0, ("n0", "n1"))
    assert lines[lines.index("-n") + 1] == "6"
    assert lines[lines.index("--host") + 1].endswith(":4,127.0.0.2:2")
    assert "OMP_NUM_THREADS=1" in lines


def test_few_ranks_have_the_processors_among_them(context: ActionContext) -> None:
    meeting = Meeting(context.attempt_folder)
    meeting.make()
    meeting.join(Host(1, "n1", "other", ("127.0.0.2",), 2))
    lines: list[str] = []
    run_ranks(["program"], context, ranks=2, on_line=lines.append)
    assert lines[lines.index("-n") + 1] == "2"
    assert "OMP_NUM_THREADS=3" in lines


def test_node_that_does_not_come_is_named_and_it_is_tried_again(context: ActionContext) -> None:
    with pytest.raises(BackendError, match=r"n1 gave no sign of life in 0\.2 s") as caught:
        run_ranks(["program"], context, patience=0.2)
    assert caught.value.retryable


def test_ranks_begin_once_the_network_reaches_all_nodes(
    context: ActionContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting(context.attempt_folder)
    meeting.make()
    meeting.join(Host(1, "n1", "other", ("127.0.0.2",), 2))
    tried: list[str] = []

    def late(address: str) -> bool:
        tried.append(address)
        return address != "127.0.0.2" or tried.count(address) == 3

    monkeypatch.setattr("dmod.jobs.executor.ranks.running.answers", late)
    waited = []
    monkeypatch.setattr(ActionContext, "progress", lambda _, text, *__: waited.append(text))
    assert run_ranks(["program"], context, on_line=lambda _: None).code == 0
    assert tried.count("127.0.0.2") == 3
    assert waited == ["waits for the network to reach n1"] * 2


def test_a_refused_connection_is_an_answer() -> None:
    assert answers("127.0.0.2")
    assert not answers("127.0.0.999")


def test_machines_with_the_same_address_are_refused(context: ActionContext) -> None:
    meeting = Meeting(context.attempt_folder)
    meeting.make()
    meeting.join(Host(1, "n1", "other", (), 2))
    with pytest.raises(InputError, match="n1 has none"):
        run_ranks(["program"], context)
