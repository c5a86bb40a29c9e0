"""Progress on the terminal: a bar with rate and time left, or nothing where nobody looks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(*, wanted: bool, rate: str = " M steps/s") -> Iterator[Callable[[str, int, int], None]]:
    """Yield ``report(phase, done, total)``; draws to standard error if that is a terminal.

    ``report`` may be called from any thread. ``done`` and ``total`` count the phase's own items.

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
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    lock = threading.Lock()
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def report(phase: str, done: int, total: int) -> None:
            with lock:
                task = tasks.get(phase)
                if task is None:
                    task = tasks[phase] = bar.add_task(phase, total=total, rate="")
                speed = bar.tasks[task].speed
                text = f"{speed / 1e6:6.2f}{rate}" if speed else ""
                bar.update(task, completed=done, total=total, rate=text)

        yield report
