"""Whether a run can be broken off and taken up again, where a module offers a way."""

from __future__ import annotations

import numpy as np

from dmod.errors import DmodError
from dmod.services.modules.subject import Report, Subject, advance, difference
from dmod.services.modules.watched import Watched

STATE = "ngen::serialization_state"
"""The variable by which the NextGen framework takes and gives back states."""


def check_restart(subject: Subject, report: Report) -> str:
    """Look whether a new instance that takes over the states of another one goes on with the same bits."""
    whole = subject.start()
    steps = subject.steps_of(whole)
    middle, outputs = max(1, steps // 2), whole.output_names
    given = subject.input_of(whole, steps)
    advance([whole], [given], outputs, 0, middle)
    heir = subject.start()
    way = _take_over(whole, heir)
    if not way:
        report.note("", "offers no way to save its states", "runs begin from the module's initial state")
        return ""
    kept = advance([whole], [given], outputs, middle, steps)[0]
    gone_on = advance([heir], [given], outputs, middle, steps)[0]
    found = difference(kept, gone_on)
    if not found:
        return f"goes on with the same bits from {way}"
    what = f"taken up by {way} it goes on differently: {found}"
    if way == STATE:
        report.error(STATE, what, "the same bits as a run that was not broken off", "save every state")
    else:
        report.note("", what, to_do="where runs are to be gone on with, offer all states as variables")
    return ""


def _take_over(source: Watched, heir: Watched) -> str:
    """Bring the states of an instance into a new one; return by which way, "" for none."""
    saved = source.packed()
    if saved is not None:
        heir.unpack(saved)
        return STATE
    taken = [name for name in source.output_names if _copied(source, heir, name)]
    return f"set_value of {', '.join(taken)}" if taken else ""


def _copied(source: Watched, heir: Watched, name: str) -> bool:
    try:
        heir.set(name, source.get(name))
    except DmodError:
        return False
    return np.array_equal(heir.get(name), source.get(name))
