"""Whether a module ends well, and frees what it took."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

from dmod.errors import DmodError
from dmod.services.modules.subject import Report, Subject, feed

LONG = 4000
INSTANCES = 150
FEW = 30
SECONDS = 8.0
"""Slow modules take fewer steps and instances, to need no longer than this for each [s]."""
CONSTANT = 192 * 1024
"""What processes grow by without any leak, from one look to the next [bytes]."""


def check_finalize(subject: Subject, report: Report) -> str:
    """Look whether finalize succeeds, and a second one does no harm."""
    instance = subject.start()
    given = subject.input_of(instance, 1)
    feed(instance, given, 0)
    instance.update()
    instance.plainly("finalize")
    try:
        instance.plainly("finalize")
    except DmodError as error:
        report.note("finalize", f"fails when it is called again: {error.message}", "nothing, or to fail")
    return "a second finalize does no harm"


def check_memory(subject: Subject, report: Report) -> str:
    """Look whether memory grows with the steps of an instance, or with instances that have ended."""
    first = subject.start()
    steps, count = _affordable(subject)
    steps = subject.steps_of(first, steps)
    given = subject.input_of(first, steps)
    third = max(1, steps // 3)

    def advance(part: int) -> None:
        for step in range(part * third, min((part + 1) * third, steps)):
            feed(first, given, step)
            first.update()
            for name in first.output_names:
                first.get(name)

    grown = _growth(advance)
    if grown > CONSTANT:
        report.warning(
            "update",
            f"memory grew by {grown / third:.0f} bytes a step over {steps} steps",
            "what a step needs is freed at its end",
            "free or reuse what update, set_value and get_value allocate",
        )
    first.finalize()

    def begin_and_end(_part: int) -> None:
        for _ in range(count):
            instance = subject.start()
            if given:
                feed(instance, given, 0)
            instance.update()
            instance.finalize()

    grown = _growth(begin_and_end)
    if grown > CONSTANT:
        report.warning(
            "finalize",
            f"{grown / count:,.0f} bytes of every instance stay after its end",
            "what an instance needs is freed by finalize",
            "free the data of the instance, and close its files",
        )
    return f"does not grow over {steps} steps, nor over {3 * count} instances"


def _affordable(subject: Subject) -> tuple[int, int]:
    """Return how many steps, and a third of how many instances, a module does in a few seconds."""
    begin = time.perf_counter()
    instance = subject.start()
    given = subject.input_of(instance, 1)
    began = time.perf_counter()
    feed(instance, given, 0)
    instance.update()
    ended = time.perf_counter()
    instance.finalize()
    steps = min(LONG, max(FEW, int(SECONDS / max(ended - began, 1e-9))))
    return steps, min(INSTANCES, max(FEW // 3, int(SECONDS / 3 / max(ended - begin, 1e-9))))


def _growth(act: Callable[[int], None]) -> float:
    """Return by how many bytes memory grows each time, leaving out the first one; the smaller of two."""
    sizes = []
    for part in range(3):
        act(part)
        gc.collect()
        sizes.append(_resident())
    return min(sizes[1] - sizes[0], sizes[2] - sizes[1])


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
