"""Whether values come back as they were given, and lie where a module says."""

from __future__ import annotations

import numpy as np

from dmod.engine.foreign.module import Values
from dmod.errors import DmodError
from dmod.services.modules.subject import Report, Subject, feed
from dmod.services.modules.watched import Watched

STEPS = 12


def check_values(subject: Subject, report: Report) -> str:
    """Look whether set_value, get_value and get_value_ptr agree."""
    instance = subject.start()
    for name in instance.input_names:
        _require_round_trip(instance, report, name)
    places = _places(instance, report)
    count = subject.steps_of(instance, STEPS)
    given = subject.input_of(instance, count)
    sizes = {name: instance.count(name) for name in instance.names}
    for step in range(count):
        feed(instance, given, step)
        instance.update()
        _require_sizes(instance, report, sizes, step)
        for name in [name for name in places if not _agrees(instance, report, name, places[name])]:
            del places[name]
    _require_indices(instance, report)
    for name in instance.output_names:
        if not np.array_equal(instance.get(name), instance.get(name), equal_nan=True):
            report.error(f"get_value({name})", "gives something else when it is called again", "one value")
    return f"get_value_ptr tells of {len(places)} of {len(instance.names)} variables"


def _require_round_trip(instance: Watched, report: Report, name: str) -> None:
    """Require that an input holds what it is given."""
    count, dtype = instance.count(name), instance.dtype(name)
    for value in (0.75, 0.125) if dtype.kind == "f" else (1, 0):
        given: Values = np.full(count, value, dtype=dtype)
        kept = given.copy()
        instance.set(name, given)
        if not np.array_equal(given, kept):
            report.error(f"set_value({name})", "changed the values of the caller", "a copy of them")
        got = instance.get(name)
        if not np.array_equal(got, kept):
            report.warning(
                f"set_value({name})",
                f"was given {value}, and get_value gives {got[0].item()}",
                "the value that was given",
                "keep inputs apart from what the module makes of them",
            )
            return


def _require_indices(instance: Watched, report: Report) -> None:
    """Require that the function for some of the values gives those that the one for all gives."""
    if not instance.offers("get_value_at_indices"):
        return
    for name in instance.output_names:
        values = instance.get(name)
        last = values.size - 1
        try:
            one = instance.get_at(name, last)
        except DmodError as error:
            report.note(f"get_value_at_indices({name})", f"fails: {error.message}", "dmod does without it")
            continue
        if not np.array_equal(one, values[last:], equal_nan=True):
            report.warning(
                f"get_value_at_indices({name})",
                f"gives {one[0].item()} at {last}, and get_value {values[last].item()}",
                "the same",
            )


def _require_sizes(instance: Watched, report: Report, sizes: dict[str, int], step: int) -> None:
    """Require that variables have as many values as before."""
    for name, before in sizes.items():
        now = instance.count(name)
        if now != before:
            report.error(
                f"get_var_nbytes({name})",
                f"said {now} values at step {step + 1}, and {before} before",
                "one size for the life of an instance",
            )
            sizes[name] = now


def _places(instance: Watched, report: Report) -> dict[str, int]:
    """Return where variables are kept, as far as the module says."""
    if not instance.offers("get_value_ptr"):
        return {}
    found = {}
    for name in instance.names:
        address, values = instance.pointed(name)
        if values is None:
            continue
        if np.array_equal(values, instance.get(name), equal_nan=True):
            found[name] = address
        else:
            _report_other(report, name, values, instance.get(name))
    return found


def _agrees(instance: Watched, report: Report, name: str, before: int) -> bool:
    address, values = instance.pointed(name)
    got = instance.get(name)
    if values is None or not np.array_equal(values, got, equal_nan=True):
        _report_other(report, name, values, got)
        return False
    if address != before:
        report.warning(
            f"get_value_ptr({name})",
            "gives another address after a step than before it",
            "one address for the life of an instance",
            "write new values into the array that is there",
        )
        return False
    return True


def _report_other(report: Report, name: str, values: Values | None, got: Values) -> None:
    pointed = "nothing" if values is None or not values.size else values[0].item()
    report.warning(
        f"get_value_ptr({name})",
        f"leads to {pointed}, and get_value gives {got[0].item()}",
        "the place of the value that get_value gives",
        "frameworks that read values in place get other ones: correct it, or let get_value_ptr fail",
    )
