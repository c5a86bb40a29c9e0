"""How a run routes: what its package's routing configuration asks for, or what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.core.problem import Problem, errors_of
from dmod.core.time_axis import TimeAxis
from dmod.errors import DmodError, InputError, RealizationError

if TYPE_CHECKING:
    from dmod.formulation.package import RunPackage
    from dmod.formulation.routing_config import RoutingConfig
    from dmod.hydrofabric import Hydrofabric

ROUTING_DT = 300


@dataclass(frozen=True, slots=True)
class RoutingScheme:
    """The choices that a routing configuration leaves to its writer.

    Parameters
    ----------
    dt : routing step [s]
    short_step : take the upstream flow of the step before in place of that of the same step
    reservoirs : simulate lakes as level pools; else their flowpaths are routed as channels
    """

    dt: int = ROUTING_DT
    short_step: bool = True
    reservoirs: bool = True

    @classmethod
    def of(cls, config: RoutingConfig) -> RoutingScheme:
        """Return what a configuration asks for."""
        return cls(config.dt, config.assume_short_ts, config.break_network_at_waterbodies)

    def describe(self, *, lakes: bool) -> str:
        """Name the method for people; ``lakes`` says whether there is a lake to simulate."""
        full = "" if self.short_step else ", full scheme"
        channels = ", lakes as channels" if lakes and not self.reservoirs else ""
        return f"Muskingum-Cunge, {self.dt} s steps{full}{channels}"


def has_lakes(fabric: Hydrofabric) -> bool:
    """Whether some flowpath lies in a lake that the fabric describes."""
    return fabric.lakes is not None and fabric.flowpaths is not None and any(fabric.flowpaths.waterbody)


def choose_scheme(package: RunPackage, time: TimeAxis) -> tuple[RoutingScheme, tuple[Problem, ...]]:
    """Return how a run of the package routes, and what of its routing configuration is done otherwise.

    With errors among the problems the scheme is the usual one, and must not be used.
    """
    if package.routing is None or not package.routing.exists():
        scheme = RoutingScheme()
        if time.step % scheme.dt:
            return scheme, (_indivisible(scheme.dt, time.step, str(package.root)),)
        return scheme, ()
    # a run without such a file need not load what reads it
    from dmod.formulation.routing_config import read_routing_config
    from dmod.services.check_routing import config_problems

    place = str(package.routing)
    try:
        config = read_routing_config(package.routing)
    except DmodError as error:
        hint = error.hint or "correct the file, or run with --no-route"
        return RoutingScheme(), (
            Problem("error", "routing-unreadable", error.message, where=place, hint=hint),
        )
    problems = tuple(config_problems(package, time, config))
    return (RoutingScheme() if errors_of(problems) else RoutingScheme.of(config)), problems


def require_scheme(package: RunPackage, time: TimeAxis) -> tuple[RoutingScheme, tuple[str, ...]]:
    """Return how a run of the package routes, and what the user must know about it.

    Raises
    ------
    RealizationError
        the routing configuration has errors; all of them in one message.
    InputError
        there is none, and the usual routing step does not fit the run's.
    """
    scheme, problems = choose_scheme(package, time)
    errors = errors_of(problems)
    if errors:
        hints = "; ".join(dict.fromkeys(p.hint for p in errors if p.hint))
        kind = InputError if package.routing is None else RealizationError
        raise kind("; ".join(map(_sentence, errors)), hint=hints or None)
    return scheme, tuple(map(_sentence, problems))


def _sentence(problem: Problem) -> str:
    if not problem.where or problem.message.startswith(problem.where):
        return problem.message
    return f"{problem.where}: {problem.message}"


def _indivisible(dt: int, step: int, place: str) -> Problem:
    message = f"a time step of {step} s is no multiple of the routing step of {dt} s"
    return Problem("error", "routing-dt", message, where=place, hint="run with --no-route")
