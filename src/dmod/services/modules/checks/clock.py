"""Whether time goes as a module says."""

from __future__ import annotations

import math

from dmod.errors import DmodError
from dmod.services.modules.known_names import measures
from dmod.services.modules.subject import Report, Subject, feed, seconds
from dmod.services.modules.watched import Watched

STEPS = 3
_NEAR = 1e-9


def check_time(subject: Subject, report: Report) -> str:
    """Look whether times are sensible, and update and update_until reach what they should."""
    instance = subject.start()
    units, start, step = instance.time_units, instance.start_time, instance.time_step
    if not measures(units, "s"):
        report.error("get_time_units", f"said {units!r}", "a unit of time, such as s, h or d")
    if not (math.isfinite(step) and step > 0):
        report.error("get_time_step", f"said {step:g}", "a number above zero")
        return ""
    end, now = instance.end_time, instance.time
    if math.isnan(end) or end < start:
        report.warning(
            "get_end_time", f"said {end:g}, and get_start_time {start:g}", "an end after the start"
        )
    if not _is_near(now, start, step):
        report.error("get_current_time", f"said {now:g} before the first step", f"the start, {start:g}")
    # where time stands still, going until a time may never end
    if _went_on(subject, report, instance, step) and instance.offers("update_until"):
        _require_until(subject, report, step)
        _require_between(subject, report, step)
    length = seconds(step, units)
    return f"a step of {step:g} {units}" + ("" if units == "s" else f" ({length:g} s)")


def _went_on(subject: Subject, report: Report, instance: Watched, step: float) -> bool:
    """Return whether an update advances by a step, for some steps; report where it does not."""
    count = subject.steps_of(instance, STEPS)
    given = subject.input_of(instance, count)
    for done in range(1, count + 1):
        before = instance.time
        feed(instance, given, done - 1)
        instance.update()
        if not _is_near(instance.time, before + step, step):
            report.error(
                "update",
                f"went from {before:g} to {instance.time:g} at step {done}",
                f"a step of {step:g}, as get_time_step said, to {before + step:g}",
                "advance get_current_time by get_time_step in every update",
            )
            return False
    return True


def _require_until(subject: Subject, report: Report, step: float) -> None:
    """Require that update_until reaches a time some steps ahead, and neither leaves it nor goes back."""
    instance = subject.start()
    count = subject.steps_of(instance, STEPS)
    feed(instance, subject.input_of(instance, 1), 0)
    wanted = instance.time + count * step
    instance.update_until(wanted)
    if not _is_near(instance.time, wanted, step):
        report.error(
            "update_until", f"was to reach {wanted:g}, and time is {instance.time:g}", f"{wanted:g}",
            "take as many steps as there are until then",
        )  # fmt: skip
        return
    for what, time in (("the time that is", wanted), ("a time that is past", wanted - step)):
        try:
            instance.update_until(time)
        except DmodError:
            continue
        if not _is_near(instance.time, wanted, step):
            report.warning(
                "update_until",
                f"given {what}, {time:g}, it went from {wanted:g} to {instance.time:g}",
                "to fail, or to leave everything as it is",
            )
            return


def _require_between(subject: Subject, report: Report, step: float) -> None:
    """Look what becomes of half a step."""
    instance = subject.start()
    feed(instance, subject.input_of(instance, 1), 0)
    begin = instance.time
    try:
        instance.update_until(begin + step / 2)
    except DmodError as error:
        report.note("update_until", f"refuses half a step: {error.message}", "steps of the module's own")
        return
    if not _is_near(instance.time, begin + step / 2, step):
        report.note(
            "update_until",
            f"was to reach half a step, {begin + step / 2:g}, and time is {instance.time:g}",
            "steps of the module's own",
        )


def _is_near(one: float, other: float, step: float) -> bool:
    return abs(one - other) <= _NEAR * max(abs(step), abs(other))
