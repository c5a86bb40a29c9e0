"""What Slurm's queue and its accounts say of the same jobs, recorded on a real cluster, means the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.engine.port import SightState, name_of
from dmod.jobs.executor.slurm.accounts import parse_accounts
from dmod.jobs.executor.slurm.exit import Exit, parse_exit, parse_status
from dmod.jobs.executor.slurm.parsing import failed_jobs, parse_exits, parse_jobs

SAMPLES = Path(__file__).parent / "samples"
MARK = "a1b2c3"
ARRAY = ("part:run:1", "part:run:2", "part:run:3")
IDS = {
    "ok:run:1": "1", "code:run:1": "2", "kill:run:1": "3", "segv:run:1": "4", "none:run:1": "5",
    "cancel:run:1": "6", "never:run:1": "7", "memory:run:1": "8", "time:run:1": "9", "requeued:run:1": "10",
    "part:run:1": "11_0", "part:run:2": "11_1", "part:run:3": "11_2", "output:run:1": "14",
    "preempted:run:1": "17", "node:run:1": "19",
}  # fmt: skip
ENDS = {
    "ok:run:1": (None, None, "", False),
    "code:run:1": (CauseKind.EXIT, 3, "", False),
    "kill:run:1": (CauseKind.SIGNAL, None, "SIGKILL", True),
    "segv:run:1": (CauseKind.SIGNAL, None, "SIGSEGV", False),
    "none:run:1": (CauseKind.EXIT, 127, "", False),
    "cancel:run:1": (CauseKind.SIGNAL, None, "", True),
    "memory:run:1": (CauseKind.OUT_OF_MEMORY, None, "", False),
    "output:run:1": (CauseKind.BACKEND, None, "", True),
    "part:run:1": (None, None, "", False),
    "part:run:2": (CauseKind.EXIT, 1, "", False),
    "part:run:3": (CauseKind.EXIT, 2, "", False),
    "preempted:run:1": (CauseKind.LOST, None, "", True),
    "node:run:1": (CauseKind.LOST, None, "", True),
}
ONLY_ACCOUNTS = {
    "time:run:1": (CauseKind.TIME, None, "", False),  # in the queue it still completes
    "requeued:run:1": (CauseKind.LOST, None, "", True),  # and this one waits again
}


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="ascii")


def members(array: str, number: int) -> str | None:
    return ARRAY[number] if array == "0a1b" else None


@pytest.mark.parametrize("comments", [True, False])
def test_accounts_tell_how_each_job_ended(comments: bool) -> None:
    text = sample("sacct-22.05.txt")
    if not comments:  # a cluster that does not keep them
        text = "\n".join(
            line[: line.index("dmod:")] if "dmod:" in line else line for line in text.split("\n")
        )
    found = parse_accounts(text, MARK, IDS, members)
    assert set(found) == set(ENDS) | set(ONLY_ACCOUNTS)
    for label, (kind, code, signal, retryable) in (ENDS | ONLY_ACCOUNTS).items():
        cause = found[label].cause
        assert found[label].state is SightState.ENDED
        assert found[label].native_id == IDS[label]
        told = (
            (cause.kind, cause.exit_code, cause.signal, cause.retryable) if cause else (None, None, "", False)
        )
        assert told == (kind, code, signal, retryable), label


def test_queue_tells_the_same_of_what_has_ended_as_accounts() -> None:
    exits = parse_exits(sample("squeue-exit-22.05.txt"))
    text = sample("squeue-22.05.txt")
    assert set(failed_jobs(text, MARK)) == set(exits)
    sights = parse_jobs(text, MARK, members, exits)
    told = parse_accounts(sample("sacct-22.05.txt"), MARK, IDS, members)
    assert set(sights) == set(IDS)
    for label in ENDS:
        queue, accounts = sights[label], told[label]
        assert (queue.state, queue.is_lost) == (accounts.state, accounts.is_lost)
        assert (queue.cause and queue.cause.kind) == (accounts.cause and accounts.cause.kind), label
        assert (queue.cause and queue.cause.exit_code) == (accounts.cause and accounts.cause.exit_code)
    assert sights["requeued:run:1"].state is SightState.WAITING
    assert sights["time:run:1"].state is SightState.RUNNING


def test_id_that_was_given_to_another_is_not_believed() -> None:
    label = "job:run:1"
    lines = [
        f"7|COMPLETED|0:0|n1|{name_of(label)}|dmod:{MARK}:{label}",
        f"7|OUT_OF_MEMORY|0:125|n1|{name_of('x')}|dmod:{MARK}:x",
        f"7|FAILED|1:0|n1|{name_of(label)}|dmod:ffffff:{label}",
        "7|FAILED|2:0|n1|somebody else's|",
        "7|FAILED|2:0|n1|cut off",
    ]
    found = parse_accounts("\n".join(lines), MARK, {label: "7"})
    assert set(found) == {label}
    assert found[label].cause is None
    assert parse_accounts("\n".join(lines[1:]), MARK, {label: "7"}) == {}


def test_of_several_lives_the_last_counts_and_one_that_has_not_ended_is_no_end() -> None:
    first = f"7|REQUEUED|0:0|n1|{name_of('x:s:1')}|dmod:{MARK}:x:s:1"
    then = {
        state: f"7|{state}|0:0|n2|{name_of('x:s:1')}|"
        for state in ("COMPLETED", "NODE_FAIL", "RUNNING", "PENDING")
    }
    told = {
        state: parse_accounts(f"{first}\n{line}\n", MARK, {"x:s:1": "7"}).get("x:s:1")
        for state, line in then.items()
    }
    assert told["COMPLETED"] is not None
    assert told["COMPLETED"].cause is None
    assert told["NODE_FAIL"] is not None
    assert told["NODE_FAIL"].is_lost
    assert told["RUNNING"] is told["PENDING"] is None


def test_who_cancelled_it_is_told() -> None:
    found = parse_accounts(f"7|CANCELLED by 1001|0:0|n1|d|dmod:{MARK}:x:s:1", MARK, {"x:s:1": "7"})
    cause = found["x:s:1"].cause
    assert cause is not None
    assert "by user 1001" in cause.message


@pytest.mark.parametrize(
    ("text", "how"), [("3:0", Exit(3)), ("0:9", Exit(0, 9)), ("", None), ("x:y", None), ("3", None)]
)
def test_exit_of_accounts_is_read(text: str, how: Exit | None) -> None:
    assert parse_exit(text) == how


@pytest.mark.parametrize(
    ("text", "how"),
    [("0", Exit()), ("768", Exit(3)), ("9", Exit(0, 9)), ("4021", Exit(0, 53)), ("N/A", None)],
)
def test_exit_of_the_queue_is_read(text: str, how: Exit | None) -> None:
    assert parse_status(text) == how


@pytest.mark.parametrize(
    ("how", "words"),
    [(Exit(3), "shared|share"), (Exit(127), "Python"), (Exit(1), "worker.log"), (Exit(0, 53), "share")],
)
def test_what_a_worker_s_exit_means_is_hinted_at(how: Exit, words: str) -> None:
    cause = how.cause(" (n1)")
    assert cause is not None
    assert any(word in cause.hint for word in words.split("|"))
    assert "(n1)" in cause.message
    assert Exit().cause() is None
