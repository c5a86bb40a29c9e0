"""What somebody who follows a job sees: a live line for each step on a terminal, lines of text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from dmod.cli.jobs.rendering import event_line, said_of

if TYPE_CHECKING:
    from dmod.client.job import Job
    from dmod.jobs.event import Event

EVERY = 0.1
"""Share of a step between two lines of progress where they are not drawn over each other."""


class View(Protocol):
    """Shows what happens to a job."""

    def event(self, event: Event) -> None:
        """Show an event."""

    def line(self, text: str) -> None:
        """Show a line of a log."""


class Silent:
    """Shows nothing."""

    def event(self, event: Event) -> None:
        """Show nothing."""

    def line(self, text: str) -> None:
        """Show nothing."""


class Lines:
    """Writes a line for each event to standard error; for progress, one now and then."""

    def __init__(self) -> None:
        self._shown: dict[str, float] = {}

    def event(self, event: Event) -> None:
        """Write an event."""
        from dmod.jobs.event import EventKind

        if event.kind is EventKind.PROGRESS:
            step, done = str(event.data.get("step")), float(event.data.get("done") or 0.0)
            if step in self._shown and done < min(self._shown[step] + EVERY, 1.0):
                return
            self._shown[step] = done
        self.line(event_line(event))

    def line(self, text: str) -> None:
        """Write a line."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class LiveSteps:
    """Draws a line for each step, with how far it is and what it says.

    Parameters
    ----------
    bar : of rich, under way
    """

    def __init__(self, bar: Any, job: Job) -> None:
        self._bar = bar
        self._tasks = {step.name: self._add(step.name, step.state.value) for step in job.steps}

    def event(self, event: Event) -> None:
        """Draw an event."""
        from dmod.jobs.event import EventKind

        step = str(event.data.get("step", ""))
        if event.kind is EventKind.STATE or not step:
            self.line(event_line(event) if event.kind is EventKind.STATE else said_of(event))
            return
        if step not in self._tasks:
            self._tasks[step] = self._add(step, "")
        task = self._tasks[step]
        if event.kind is EventKind.PROGRESS:
            self._bar.update(task, text=str(event.data.get("text") or ""))
            if event.data.get("done") is not None:
                self._bar.update(task, completed=float(event.data["done"]))
        else:
            self._move(task, str(event.data.get("to", "")), event)

    def line(self, text: str) -> None:
        """Write a line above what is drawn."""
        self._bar.console.print(text, markup=False, highlight=False)

    def _add(self, name: str, state: str) -> Any:
        done = 1.0 if state == "done" else 0.0
        task = self._bar.add_task(name, total=1.0, completed=done, state=state, text="")
        self._bar.stop_task(task)  # begun and stopped: one that has not begun would be drawn as if it moved
        return task

    def _move(self, task: Any, state: str, event: Event) -> None:
        if state == "running":
            next(item for item in self._bar.tasks if item.id == task).stop_time = None  # reset leaves it
            self._bar.reset(task, state=state, text="")
            return
        self._bar.update(task, state=state)
        if state == "done":
            self._bar.update(task, completed=1.0, text="")
        self._bar.stop_task(task)
        if event.data.get("cause"):
            self._bar.update(task, text=str(event.data["cause"].get("message", ""))[:80])


@contextmanager
def viewing(job: Job, *, wanted: bool) -> Iterator[View]:
    """Yield what shows the events of a job, by where standard error goes."""
    if not wanted:
        yield Silent()
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<10}", markup=False),
        TextColumn("{task.fields[state]:<9}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield LiveSteps(bar, job)
