"""Periods of many parts put together: what all of them have, and which have more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import EPOCH, TimeAxis
from dmod.errors import InputError
from dmod.forcing.times import text_of
from dmod.services.data.detect.csv_ends import Span
from dmod.services.data.detect.words import counted, step_text

HOUR = 3600


def period_of(first: int, last: int, step: int) -> Continuous:
    """Return the period of stamps, each of which stands for a step: the end is excluded."""
    return Continuous(EPOCH + timedelta(seconds=first), EPOCH + timedelta(seconds=last + step))


def period_of_axis(axis: TimeAxis) -> Continuous:
    """Return the period of equal steps: the last one is whole in it."""
    return Continuous(axis.start, axis.end + timedelta(seconds=axis.step))


def shared_period(
    spans: Mapping[str, Span], where: str, noun: tuple[str, str] = ("file", "files")
) -> tuple[Continuous, int, tuple[str, ...]]:
    """Return the period that all parts have, their step, and notes on those that differ.

    Parameters
    ----------
    spans : by the name of the part
    noun : what a part is, one and several

    Raises
    ------
    InputError
        there is no time that all have.
    """
    steps = Counter(span.step for span in spans.values() if span.step)
    step = steps.most_common(1)[0][0] if steps else HOUR
    notes = []
    if not steps:
        notes.append("there is one time only; its step is taken as an hour")
    other = sum(count for size, count in steps.items() if size != step)
    if other:
        notes.append(f"{counted(other, *noun)} have another step than {step_text(step)}")
    uneven = [name for name, span in spans.items() if not span.is_even and span.step == step]
    if uneven:
        notes.append(f"the times of {counted(len(uneven), *noun)} are uneven, such as {uneven[0]}")
    ends = Counter((span.first, span.last) for span in spans.values())
    (first, last), alike = ends.most_common(1)[0]
    latest = max(begin for begin, _ in ends)
    earliest = min(end for _, end in ends)
    if latest > earliest:
        raise InputError(
            f"{where}: there is no time that all its {noun[1]} have: one begins at {text_of(latest)}, "
            f"another ends at {text_of(earliest)}",
            hint="add them as several datasets, one a period",
        )
    if len(ends) > 1:
        count = len(spans) - alike
        verb = "has another period" if count == 1 else "have other periods"
        notes.append(
            f"{counted(count, *noun)} {verb} than {text_of(first)} to {text_of(last)}; "
            "the domain is what all have"
        )
    return period_of(latest, earliest, step), step, tuple(notes)
