"""Whether a module computes numbers, the same every time, whatever other instances do."""

from __future__ import annotations

import numpy as np

from dmod.engine.foreign.module import Values
from dmod.services.modules.subject import Report, Subject, advance, difference
from dmod.services.modules.weather import KINDS


def check_numbers(subject: Subject, report: Report) -> str:
    """Look whether outputs are numbers on plausible input, and react to it."""
    changed: set[str] = set()
    unusual: set[str] = set()
    steps = 0
    for kind in KINDS:
        instance = subject.start()
        outputs = instance.output_names
        steps = subject.steps_of(instance)
        given = subject.input_of(instance, steps, kind)
        rows = advance([instance], [given], outputs, 0, steps)[0]
        instance.finalize()
        for name in outputs:
            at = _first_unusual(rows[name])
            if at is not None and name not in unusual:
                unusual.add(name)
                report.error(
                    f"get_value({name})",
                    f"is {rows[name][at].reshape(-1)[0].item()} at step {at + 1} of {kind} weather",
                    "numbers, neither NaN nor infinite",
                    f"look at what the module divides by, or takes the root of; its input then: "
                    f"{', '.join(f'{key} {values[at]:.4g}' for key, values in given.items()) or 'none'}",
                )
            if any(row.tobytes() != rows[name][0].tobytes() for row in rows[name]):
                changed.add(name)
    still = [name for name in outputs if name not in changed]
    if still and steps > 1:
        report.note("", f"never changed: {', '.join(still)}", to_do="see whether that is meant")
    return f"numbers in {len(KINDS)} kinds of weather over {steps} steps"


def _first_unusual(rows: list[Values]) -> int | None:
    return next((at for at, row in enumerate(rows) if not np.all(np.isfinite(row))), None)


def check_determinism(subject: Subject, report: Report) -> str:
    """Look whether two instances with the same input give the same bits."""
    runs = []
    for _ in range(2):
        instance = subject.start()
        steps = subject.steps_of(instance)
        given = subject.input_of(instance, steps)
        runs.append(advance([instance], [given], instance.output_names, 0, steps)[0])
        instance.finalize()
    found = difference(*runs)
    if found:
        report.error(
            "update",
            f"two instances with the same input differ: {found}",
            "the same bits from the same input",
            "look for values that are used before they are set, global variables, and random numbers",
        )
    return f"the same bits twice over {steps} steps"


def check_independence(subject: Subject, report: Report) -> str:
    """Look whether instances disturb each other that run by turns, with different input."""
    alone = []
    for kind in ("mixed", "dry"):
        instance = subject.start()
        steps = subject.steps_of(instance)
        given = subject.input_of(instance, steps, kind)
        alone.append(advance([instance], [given], instance.output_names, 0, steps)[0])
        instance.finalize()
    pair = [subject.start(), subject.start()]
    third = subject.start()
    inputs = [subject.input_of(pair[0], steps), subject.input_of(pair[1], steps, "dry")]
    middle = steps // 2
    outputs = pair[0].output_names
    together = advance(pair, inputs, outputs, 0, middle)
    third.finalize()  # what an instance frees is its own
    rest = advance(pair, inputs, outputs, middle, steps)
    for number, (one, first, second) in enumerate(zip(alone, together, rest, strict=True), 1):
        both = {name: first[name] + second[name] for name in outputs}
        found = difference(one, both)
        if found:
            report.error(
                "update",
                f"instance {number} gives something else beside another one than alone: {found}",
                "every instance keeps what is its own",
                "move global, static and saved variables into the data of the instance",
            )
    return f"two instances by turns over {steps} steps, and a third that ended meanwhile"
