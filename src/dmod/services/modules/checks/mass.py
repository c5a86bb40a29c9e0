"""Whether water is kept, by the variables that the NextGen framework asks for it."""

from __future__ import annotations

import numpy as np

from dmod.errors import DmodError
from dmod.services.modules.known_names import measures, unit_fault
from dmod.services.modules.subject import Report, Subject, feed
from dmod.services.modules.watched import Watched

MASS = tuple(f"ngen::mass_{word}" for word in ("in", "out", "stored", "leaked"))
"""Amounts since the start: what came in with what was there then, what left, what is there, what got lost."""
TOLERANCE = 1e-9
FRAMEWORKS = 1e-16
"""What the framework tolerates where a realization does not say, in the module's unit."""


def check_mass(subject: Subject, report: Report) -> str:
    """Look whether in = out + stored + leaked holds at every step."""
    instance = subject.start()
    offered = [name for name in MASS if _offers(instance, name)]
    missing = [name for name in MASS if name not in offered]
    if not offered:
        report.note(
            "", "gives no amounts of water", ", ".join(MASS), "with them frameworks can watch its balance"
        )
        return ""
    if missing:
        report.warning("get_value", f"gives {', '.join(offered)}, and no {', no '.join(missing)}", "all four")
        return ""
    _require_description(instance, report)
    steps = subject.steps_of(instance)
    given = subject.input_of(instance, steps)
    largest, at, amount = 0.0, 0, 1.0
    for step in range(steps):
        feed(instance, given, step)
        instance.update()
        came, left, stored, leaked = (float(instance.get(name)[0]) for name in MASS)
        residual = abs(came - left - stored - leaked)
        if not residual <= largest:
            largest, at, amount = residual, step + 1, max(abs(came), abs(left), abs(stored))
    if not largest <= TOLERANCE * amount:
        report.error(
            ", ".join(MASS),
            f"in - out - stored - leaked is {largest:.3g} after {at} steps, of {amount:.3g}",
            f"at most {TOLERANCE:g} of the amounts",
            "look where water is made or lost; what was stored at the start counts as having come in",
        )
        return ""
    if largest > FRAMEWORKS:
        report.note(
            "", f"its balance is closed but for rounding, {largest:.2g}",
            f"the framework tolerates {FRAMEWORKS:g} where the realization does not say",
            f'give "mass_balance": {{"tolerance": {10 ** np.ceil(np.log10(largest) + 1):.0e}}} there',
        )  # fmt: skip
    return f"in = out + stored + leaked over {steps} steps, to {largest:.2g}"


def _offers(instance: Watched, name: str) -> bool:
    try:
        return instance.get(name).size == 1
    except DmodError:
        return False


def _require_description(instance: Watched, report: Report) -> None:
    units = {name: instance.units(name) for name in MASS}
    for name, unit in units.items():
        fault = unit_fault(unit)
        if fault:
            report.error(f"get_var_units({name})", fault, "the unit of all four")
        elif not measures(unit, units[MASS[0]]):
            report.error(
                f"get_var_units({name})", f"said {unit!r}, and of {MASS[0]} {units[MASS[0]]!r}", "one unit"
            )
        if str(instance.dtype(name)) != "float64":
            report.warning(f"get_var_type({name})", f"said {instance.type(name)!r}", "double")
