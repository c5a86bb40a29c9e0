"""Progress on the terminal: a bar with rate and time left, or nothing where nobody looks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dmod.core.compiling import Compiling, hearing_of_compiling

COMPILE = "compile"


@contextmanager
def progress_bar(*, wanted: bool, rate: str = " M steps/s") -> Iterator[Callable[[str, int, int], None]]:
    """Yield ``report(phase, done, total)``; draws to standard error if that is a terminal.

    ``report`` may be called from any thread. ``done`` and ``total`` count the phase's own items. While
    kernels are compiled that is said, too, and how many are done.

    Parameters
    ----------
    rate : what stands after millions of items in a second
    """
    if not wanted or not sys.stderr.isatty():
        yield lambda _phase, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[share]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    lock = threading.Lock()
    tasks: dict[str, TaskID] = {}
    # the line asks whether this is a terminal, which what a bar puts in the place of it denies
    with (
        compiling_line(wanted=True),
        Progress(*columns, console=Console(stderr=True), transient=True) as bar,
    ):

        def report(phase: str, done: int, total: int) -> None:
            with lock:
                task = tasks.get(phase)
                if task is None:
                    task = tasks[phase] = bar.add_task(phase, total=total, rate="", share="")
                speed = bar.tasks[task].speed
                text = f"{speed / 1e6:6.2f}{rate}" if speed else ""
                share = f"{min(100.0 * done / total, 100.0) if total else 0.0:>3.0f} %"
                bar.update(task, completed=done, total=total, rate=text, share=share)

        def show_compiling(known: Compiling) -> None:
            with lock:
                task = tasks.get(COMPILE)
                if task is None:
                    task = tasks[COMPILE] = bar.add_task(COMPILE, total=None, rate="", share="")
                bar.update(task, rate=f"kernels: {known.done}", visible=known.is_going_on)

        with hearing_of_compiling(show_compiling):
            yield report


@contextmanager
def compiling_line(*, wanted: bool) -> Iterator[None]:
    """Say on standard error, if that is a terminal, when the first kernel of the process is compiled.

    It would look like a hang; where all kernels are kept already there is nothing to say.
    """
    if not wanted or not sys.stderr.isatty():
        yield
        return
    said = threading.Event()

    def say(known: Compiling) -> None:
        if known.done == 0 and not said.is_set():
            said.set()
            sys.stderr.write(f"Compiling kernels, once for this machine; they are kept in {known.folder}\n")

    with hearing_of_compiling(say):
        yield
