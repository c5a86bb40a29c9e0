"""How a module's own step goes with the step of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.core.units import conversion
from dmod.errors import InputError, UnitError

if TYPE_CHECKING:
    from dmod.engine.foreign.module import ForeignModule

OWN, UNTIL, HELD = "own", "until", "held"
DAY = 86_400
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Stepping:
    """How an instance is advanced.

    Parameters
    ----------
    kind : by its own step (`OWN`), until the end of the run's step (`UNTIL`), or once in several steps of
        the run, with the mean of the inputs over them, its outputs holding meanwhile (`HELD`)
    own : its step, in its units
    step : the run's step, in its units
    units : of its time
    factor : steps of the run in one of its own
    end : the time at which the run ends, counted from its start, in its units; None where it may go past
        its end
    """

    kind: str
    own: float
    step: float
    units: str
    factor: int = 1
    end: float | None = None

    def require(self, module: ForeignModule) -> None:
        """Refuse an instance that has another step than the first, or ends before the run does.

        Raises
        ------
        ForeignError
            it is one of these.
        """
        own, units = module.time_step, module.time_units
        if abs(own - self.own) > _SAME * abs(self.own) or units != self.units:
            reason = f"said {own:g} {units}, and the first instance {self.own:g} {self.units}"
            raise module.failure("get_time_step", reason, hint="all instances of a module need one step")
        if self.end is None:
            return
        length = module.end_time - module.start_time
        if length < self.end * (1.0 - _SAME):
            reason = f"said that it ends after {length:g} {units}, and the run takes {self.end:g}"
            raise module.failure(
                "get_end_time",
                reason,
                hint="name a later end in its configuration, or set allow_exceed_end_time in the realization",
            )


def stepping_of(
    title: str, own: float, units: str, *, run_step: int, fixed: bool = True, count: int | None = None
) -> Stepping:
    """Return how a module goes with the run.

    Parameters
    ----------
    title : the module's name, for messages
    own, units : its step and the units of its time, as it says them
    run_step : [s]
    fixed : advance it by its own step where that is the run's
    count : steps of the run that it has to be able to go; None where it may go past its end

    Raises
    ------
    InputError
        its units are no time, its step is none, or one that does not go with the run's.
    """
    try:
        unit = conversion(units.strip() or "s", "s").scale
    except UnitError as error:
        raise InputError(
            f"module {title}: get_time_units said {units!r}, which is no unit of time",
            hint="s, min, h and d are, and other names of theirs",
        ) from error
    seconds = own * unit
    if not 0.0 < seconds < float("inf"):
        raise InputError(f"module {title}: get_time_step said {own:g} {units}, which is no step")
    step = run_step / unit
    end = None if count is None else count * step
    if abs(seconds - run_step) <= _SAME * run_step:
        return Stepping(OWN if fixed else UNTIL, own, step, units, end=end)
    ratio = seconds / run_step
    if ratio < 1.0:
        return Stepping(UNTIL, own, step, units, end=end)
    factor = round(ratio)
    if abs(ratio - factor) > _SAME * ratio or DAY % (factor * run_step):
        raise InputError(
            f"module {title} steps by {own:g} {units}, and the run by {run_step} s in chunks of days",
            hint="a longer step has to be a multiple of the run's by which a day can be divided",
        )
    return Stepping(HELD, own, step, units, factor, end)
