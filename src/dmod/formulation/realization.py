"""A realization: period, formulations, forcing, output and routing of a run, as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError, RealizationError
from dmod.formulation.formulation import Formulation, ModuleSpec, substitute

Provider = Literal["CsvPerFeature", "NetCDF", "NullForcingProvider"]
Format = Literal["csv", "netcdf"]
Grouping = Literal["per_feature", "per_formulation"]

DEFAULT_PRECISION = 9


@dataclass(frozen=True, slots=True)
class ForcingSpec:
    """Where forcing is read from.

    Parameters
    ----------
    path : a file, or the folder of one file per catchment where there is a ``file_pattern``
    file_pattern : regular expression of the whole file name, ``{{id}}`` standing for the catchment
    """

    provider: Provider
    path: str
    file_pattern: str | None = None

    def file_pattern_for(self, catchment: str) -> str | None:
        """Return the regular expression of one catchment's file name."""
        return None if self.file_pattern is None else substitute(self.file_pattern, catchment)


@dataclass(frozen=True, slots=True)
class DomainOutput:
    """Whether and how one kind of feature is written."""

    enable: bool = True
    format: Format = "csv"
    grouping: Grouping = "per_feature"
    rank_subdir: bool = False


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What the document asks to be written.

    Parameters
    ----------
    root : folder, as written
    precision : significant digits in text files
    """

    root: str = "./"
    precision: int = DEFAULT_PRECISION
    catchment: DomainOutput = field(default_factory=DomainOutput)
    nexus: DomainOutput = field(default_factory=DomainOutput)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the document; formulations of their own run over a whole domain."""

    name: str
    id: int
    time_step: float | None = None
    time_step_units: str = "s"
    domain: str = ""
    formulation: Formulation | None = None


@dataclass(frozen=True, slots=True)
class Realization:
    """A realization document as read.

    Parameters
    ----------
    source : the file, for messages
    time : the run's steps; the end is the stamp of the last one
    default : formulation of catchments without an override
    catchments : catchment → formulation of its own
    forcing : forcing of catchments without an override
    catchment_forcing : catchment → forcing of its own
    routing : t-route's configuration file as written; None where there is no routing
    unknown : paths of keys that have no meaning
    problems : what was noticed on reading and does not stop it, unknown keys included
    """

    source: str
    time: TimeAxis
    default: Formulation | None
    catchments: Mapping[str, Formulation] = field(default_factory=dict)
    forcing: ForcingSpec | None = None
    catchment_forcing: Mapping[str, ForcingSpec] = field(default_factory=dict)
    output: OutputSpec = field(default_factory=OutputSpec)
    routing: Path | None = None
    layers: tuple[Layer, ...] = ()
    unknown: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def formulation_for(self, catchment: str) -> Formulation:
        """Return the formulation that a catchment runs.

        Raises
        ------
        RealizationError
            the catchment has none of its own and there is no global one.
        """
        found = self.catchments.get(catchment, self.default)
        if found is None:
            raise RealizationError(
                f"{self.source}: catchment {catchment} has no formulation",
                hint="add global.formulations, or one under catchments",
            )
        return found

    def forcing_for(self, catchment: str) -> ForcingSpec:
        """Return where a catchment's forcing is read from.

        Raises
        ------
        RealizationError
            the catchment has none of its own and there is no global one.
        """
        found = self.catchment_forcing.get(catchment, self.forcing)
        if found is None:
            raise RealizationError(
                f"{self.source}: catchment {catchment} has no forcing",
                hint="add global.forcing, or one under catchments",
            )
        return found

    @property
    def formulations(self) -> tuple[Formulation, ...]:
        """Every formulation that occurs, the global one first, none twice."""
        every = [*([self.default] if self.default else []), *self.catchments.values()]
        return tuple({id(formulation): formulation for formulation in every}.values())

    def groups(
        self, catchments: Sequence[str], *, by_structure: bool = False
    ) -> list[tuple[Formulation, list[int]]]:
        """Return which catchments run which formulation, by their positions in ``catchments``.

        With ``by_structure``, catchments whose formulations differ in nothing but paths of
        configuration files and parameter values form one group; its first member's formulation
        stands for the modules, and each member's own comes from `formulation_for`.
        """
        groups: dict[object, tuple[Formulation, list[int]]] = {}
        for index, catchment in enumerate(catchments):
            formulation = self.formulation_for(catchment)
            key = formulation.structure if by_structure else id(formulation)
            groups.setdefault(key, (formulation, []))[1].append(index)
        return list(groups.values())

    def with_period(self, start: datetime | None = None, end: datetime | None = None) -> Realization:
        """Return the realization over another period; the step stays.

        Raises
        ------
        InputError
            the end lies before the start.
        """
        first, last = start or self.time.start, end or self.time.end
        if last < first:
            raise InputError(
                f"the period ends ({format_time(last)}) before it starts ({format_time(first)})",
                hint="correct --start and --end; what is not given is taken from the realization: "
                f"{format_time(self.time.start)} to {format_time(self.time.end)}",
            )
        return replace(self, time=TimeAxis.between(first, last, self.time.step))

    def with_modules(self, change: Callable[[ModuleSpec], ModuleSpec]) -> Realization:
        """Return the realization with every module as ``change`` makes it."""

        def changed(formulation: Formulation) -> Formulation:
            return replace(formulation, modules=tuple(map(change, formulation.modules)))

        made = {id(formulation): changed(formulation) for formulation in self.formulations}
        default = None if self.default is None else made[id(self.default)]
        own = {catchment: made[id(formulation)] for catchment, formulation in self.catchments.items()}
        return replace(self, default=default, catchments=own)
