"""Why an attempt ended as it did."""

import signal

import pytest

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.local.verdict import Ending, Stop, verdict
from dmod.jobs.executor.outcome import Outcome

DONE = Outcome({"found": 1})
REFUSED = Outcome(cause=Cause(CauseKind.INPUT, "wrong"))
GIGABYTE = 10**9


def exited(code: int) -> int:
    return code << 8


@pytest.mark.parametrize(
    ("ending", "kind", "words"),
    [
        (Ending(exited(7)), CauseKind.EXIT, "code 7"),
        (Ending(exited(1), REFUSED), CauseKind.INPUT, "wrong"),
        (Ending(exited(0), REFUSED), CauseKind.INPUT, "wrong"),
        (Ending(exited(0)), CauseKind.INTERNAL, "without an answer"),
        (Ending(exited(1), DONE), CauseKind.EXIT, "code 1"),
        (Ending(signal.SIGKILL, DONE), CauseKind.SIGNAL, "SIGKILL"),
        (Ending(signal.SIGSEGV), CauseKind.SIGNAL, "SIGSEGV"),
        (
            Ending(signal.SIGKILL, is_short_of_memory=True, used=12 * 10**8, allowed=GIGABYTE),
            CauseKind.OUT_OF_MEMORY,
            "used 1.2 GB, allowed 1.0 GB",
        ),
        (
            Ending(signal.SIGKILL, stop=Stop.MEMORY, used=12 * 10**8, allowed=GIGABYTE),
            CauseKind.OUT_OF_MEMORY,
            "used 1.2 GB, allowed 1.0 GB",
        ),
        (Ending(exited(0), DONE, Stop.CANCELLED), CauseKind.CANCELLED, "cancelled"),
        (Ending(signal.SIGTERM, stop=Stop.TIME, seconds=60.0), CauseKind.TIME, "60 s"),
        (
            Ending(signal.SIGKILL, stop=Stop.TIME, seconds=60.0, grace=10.0, is_forced=True),
            CauseKind.TIME,
            "killed after 10 s",
        ),
        (
            Ending(signal.SIGTERM, stop=Stop.DISK, used=12 * 10**8, allowed=GIGABYTE),
            CauseKind.BACKEND,
            "1.2 GB of files, allowed 1.0 GB",
        ),
        (Ending(signal.SIGTERM, stop=Stop.SHUTDOWN), CauseKind.SIGNAL, "shut down"),
    ],
)
def test_ending_without_a_result_has_its_cause(ending: Ending, kind: CauseKind, words: str) -> None:
    found = verdict(ending)
    assert found.result is None
    assert found.cause is not None
    assert found.cause.kind is kind
    assert words in found.cause.message


def test_result_counts_only_where_the_process_ended_well() -> None:
    assert verdict(Ending(exited(0), DONE)) == DONE


def test_ending_that_says_why_is_not_overruled_by_memory_that_ran_short_in_a_child() -> None:
    found = verdict(Ending(exited(1), REFUSED, is_short_of_memory=True, allowed=GIGABYTE))
    assert found == REFUSED


@pytest.mark.parametrize(
    ("number", "retryable"), [(signal.SIGKILL, True), (signal.SIGHUP, True), (signal.SIGABRT, False)]
)
def test_signal_from_outside_may_be_tried_again(number: int, retryable: bool) -> None:
    cause = verdict(Ending(number)).cause
    assert cause is not None
    assert cause.retryable is retryable
