"""What is wrong with the forcing of a run, whichever sources it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis
from dmod.core.variables import BY_COLUMN
from dmod.errors import DmodError, InputError
from dmod.forcing.checks import describe_coverage, find_forcing_problems
from dmod.forcing.column import unit_problem
from dmod.forcing.fill import parse_methods
from dmod.forcing.opening import open_forcing
from dmod.forcing.source import ForcingSource, Wanted
from dmod.formulation.package import RunPackage
from dmod.formulation.realization import ForcingSpec, Realization
from dmod.services.check_report import problem_of

NO_FORCING = "NullForcingProvider"
FILLABLE = frozenset({"forcing-missing-value", "forcing-time-gap"})


@dataclass(slots=True)
class ForcingCheck:
    """The forcing of all catchments, opened.

    Parameters
    ----------
    members : forcing → catchments that read it
    sources : those that could be opened
    faults : why the others could not
    """

    members: Mapping[ForcingSpec, list[str]]
    sources: dict[ForcingSpec, ForcingSource] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)

    @classmethod
    def open(cls, package: RunPackage, realization: Realization, catchments: Sequence[str]) -> ForcingCheck:
        """Open every forcing that some catchment reads."""
        members: dict[ForcingSpec, list[str]] = {}
        for catchment in catchments:
            spec = realization.catchment_forcing.get(catchment, realization.forcing)
            if spec is not None:
                members.setdefault(spec, []).append(catchment)
        check = cls(members)
        reported = any(problem.code == "forcing-not-found" for problem in package.problems)
        for spec, ids in members.items():
            common = spec == realization.forcing
            if spec.provider == NO_FORCING or (common and reported):
                continue
            try:
                path = package.forcing if common and package.forcing else package.resolve(spec.path)
                check.sources[spec] = open_forcing(spec.provider, path, spec.file_pattern, ids)
            except DmodError as error:
                check.faults.append(problem_of(error, "forcing-unreadable", spec.path, ids))
        return check

    @property
    def units(self) -> Mapping[str, str] | None:
        """Variable → unit of what all sources offer; None where one could not be opened."""
        read = [spec for spec in self.members if spec.provider != NO_FORCING]
        if not self.members or len(self.sources) < len(read):
            return None
        if len(read) < len(self.members):
            return {}
        first, *others = (source.units for source in self.sources.values())
        return {name: unit for name, unit in first.items() if all(name in units for units in others)}

    def problems(self, time: TimeAxis, wanted: Sequence[Wanted], *, fill: str | None) -> Iterator[Problem]:
        """Yield what is wrong with it, and close it.

        Parameters
        ----------
        wanted : ``(name, unit)`` of the variables that the modules read; without any, all that are known
        fill : methods by which the run would fill what is missing
        """
        yield from self.faults
        filling = fill is not None
        if fill is not None:
            try:
                parse_methods(fill)
            except InputError as error:
                yield problem_of(error, "fill-unknown", "--fill")
                filling = False
        for spec, source in self.sources.items():
            # the unit of a column that is impossible is reported; no values can be judged by it
            sound = {name for name, column in source.columns.items() if not unit_problem(column)}
            asked = [(name, unit) for name, unit in wanted if name in sound]
            asked = asked or [(name, "") for name in sound if name in BY_COLUMN]
            for problem in find_forcing_problems(source, self.members[spec], time, asked, values=bool(asked)):
                if filling and problem.code in FILLABLE:
                    yield replace(problem, severity="warning", hint=f"filled by: {fill}")
                else:
                    yield problem
            source.close()

    def described(self) -> str:
        """Return one line about each source."""
        lines = [
            f"{spec.provider} {spec.path}: {describe_coverage(self.sources[spec])}"
            for spec in self.members
            if spec in self.sources
        ]
        return "; ".join(lines) or "none that can be read"
