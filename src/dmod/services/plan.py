"""From a run package and options to everything a run needs, checked."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem, errors_of, name_some
from dmod.core.time_axis import TimeAxis
from dmod.core.units import conversion
from dmod.core.variables import PRECIPITATION
from dmod.engine.chain import Chain, Column, Source
from dmod.engine.models.module import Config, Module
from dmod.engine.models.settings import apply_settings
from dmod.engine.models.sloth import read_sloth_params
from dmod.engine.native import ChainModule, build_chain, forcing_key
from dmod.errors import InputError, RealizationError, UnknownModule
from dmod.formulation.checks import find_realization_problems
from dmod.formulation.formulation import Formulation, ModuleSpec
from dmod.formulation.package import RunPackage, find_package
from dmod.formulation.realization import Realization
from dmod.hydrofabric.read import read_hydrofabric
from dmod.services.choosing import as_chosen
from dmod.services.configurations import ConfigFiles, complaints, read_configs, settings_text
from dmod.services.engines import NATIVE
from dmod.services.forcing_inputs import ForcingInputs, open_inputs
from dmod.services.input_files import input_files
from dmod.services.module_finder import CONSTANTS, ModuleFinder
from dmod.services.options import Locations, RunOptions

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric

RAIN = "rain [mm h-1]"
RUNOFF = "runoff"
AREA_NAMES = ("areasqkm", "area_sqkm")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything a run needs.

    Parameters
    ----------
    axis : the steps that are run
    chains : together they hold every catchment exactly once
    column_count : per chain, how many of its columns the realization asked for; those after them
        are the run's own (rain, and the main output where it is not among the columns)
    groups : of catchments that run one chain, in order: their formulation, the first of them, and the
        number of the chain, -1 where none of them is to be run; empty where each has a chain
    inputs : files that are read, by role
    warnings : what does not stop the run, and the user must know
    """

    package: RunPackage
    realization: Realization
    fabric: Hydrofabric
    axis: TimeAxis
    chains: tuple[Chain, ...]
    column_count: tuple[int, ...]
    forcing: ForcingInputs
    inputs: Mapping[str, tuple[Path, ...]]
    finder: ModuleFinder
    warnings: tuple[str, ...] = ()
    groups: tuple[tuple[Formulation, int, int], ...] = ()

    def close(self) -> None:
        """Release the files that are held open, and the processes of modules of others."""
        self.forcing.close()
        self.finder.close()

    @property
    def catchments(self) -> tuple[str, ...]:
        """Return the catchments in the order of the hydrofabric."""
        return self.fabric.catchments.ids

    @property
    def modules(self) -> tuple[tuple[str, str], ...]:
        """Return every module that runs, with its revision, none twice."""
        found = [(s.module.name, s.module.revision) for chain in self.chains for s in chain.stages]
        return tuple(dict.fromkeys(found))


def locate(path: str | Path, locations: Locations) -> RunPackage:
    """Find a package's files; see `find_package`."""
    return find_package(
        path,
        hydrofabric=locations.hydrofabric,
        realization=locations.realization,
        forcing=locations.forcing,
        routing=locations.routing,
        nexus=locations.nexus,
    )


def plan_run(package: RunPackage, options: RunOptions, *, only: frozenset[str] | None = None) -> RunPlan:
    """Read a package and make everything ready to run; writes nothing.

    Parameters
    ----------
    only : ids of catchments; the chains then hold these alone, at their positions in the whole run

    Raises
    ------
    DmodError
        the first thing that makes the run impossible; `check_package` lists all of them.
    """
    realization = package.realization.with_period(options.start, options.end)
    realization = as_chosen(realization, options)
    fabric = read_hydrofabric(package.hydrofabric, package.nexus)
    catchments = fabric.catchments.ids
    wanted = _chosen(catchments, only)
    problems = find_realization_problems(realization, catchments, attribute_names(fabric))
    require_none(errors_of(problems))
    with ExitStack() as opened:
        forcing = opened.enter_context(
            closing(open_inputs(package, realization, catchments, fill=options.fill))
        )
        finder = opened.enter_context(closing(ModuleFinder(package, options, realization.time)))
        units = forcing.units()
        chains: list[Chain] = []
        counts, groups = [], []
        configs: list[Config] = []
        with _named_source(realization.source):
            for formulation, group in groups_of(realization, catchments, finder):
                rows = [row for row in group if wanted[row]]
                groups.append((formulation, group[0], len(chains) if rows else -1))
                if not rows:
                    continue
                modules = chain_modules(package, realization, fabric, rows, finder)
                configs += [config for part in modules for config in part.configs]
                chain, count = complete_chain(formulation, modules, units, rows, engine=options.engine)
                counts.append(count)
                chains.append(chain)
        plan = RunPlan(
            package,
            realization,
            fabric,
            realization.time,
            tuple(chains),
            tuple(counts),
            forcing,
            input_files(
                package,
                fabric,
                forcing,
                tuple(dict.fromkeys(Path(f) for c in configs for f in (c.source, *c.further_sources) if f)),
                finder.files,
            ),
            finder,
            (
                *_warnings([*package.problems, *fabric.notes, *problems]),
                *forcing.surplus(),
                *_unknown_keys(configs),
            ),
            tuple(groups),
        )
        opened.pop_all()
    return plan


def _chosen(catchments: Sequence[str], only: frozenset[str] | None) -> NDArray[np.bool_]:
    """Return which catchments are to be run."""
    if only is None:
        return np.ones(len(catchments), dtype=np.bool_)
    foreign = sorted(only.difference(catchments))
    if foreign or not only:
        what = f"{len(foreign)} catchments are not of the package ({name_some(foreign)})"
        raise InputError(
            what if foreign else "no catchments are named", hint="name catchments of the package"
        )
    return np.array([catchment in only for catchment in catchments], dtype=np.bool_)


@contextmanager
def _named_source(source: str) -> Iterator[None]:
    """Name the realization in errors about it; those about other files name these."""
    try:
        yield
    except (RealizationError, UnknownModule) as error:
        if str(Path(source).parent) in error.message:
            raise
        raise type(error)(f"{source}: {error.message}", hint=error.hint) from error


def require_none(errors: Sequence[Problem]) -> None:
    """Refuse a realization that has errors.

    Raises
    ------
    RealizationError
        all of them, in one message.
    """
    if errors:
        hints = "; ".join(dict.fromkeys(problem.hint for problem in errors if problem.hint))
        raise RealizationError(
            "; ".join(f"{p.where}: {p.message}" if p.where else p.message for p in errors), hint=hints or None
        )


def _warnings(problems: Sequence[Problem]) -> list[str]:
    return [
        (f"{p.where}: " if p.where else "") + p.message + (f" ({name_some(p.ids)})" if p.ids else "")
        for p in problems
        if not p.is_error
    ]


def _unknown_keys(configs: Sequence[Config]) -> list[str]:
    """Return a sentence per key of module configurations that has no meaning."""
    found: dict[str, list[str]] = {}
    for config in configs:
        for key in config.unknown:
            found.setdefault(key, []).append(config.source)
    return [
        f"module configuration: key {key!r} has no meaning ({len(files)} files, the first is {files[0]})"
        for key, files in found.items()
    ]


def groups_of(
    realization: Realization, catchments: Sequence[str], finder: ModuleFinder
) -> Iterator[tuple[Formulation, list[int]]]:
    """Yield which catchments run one chain: same modules, wiring and constants."""
    for _, rows in realization.groups(catchments, by_structure=True):
        parts: dict[tuple[object, ...], list[int]] = {}
        for row in rows:
            own = realization.formulation_for(catchments[row])
            constants = tuple(
                tuple(spec.model_params.items()) for spec in own.modules if _is_constant(finder, spec)
            )
            parts.setdefault(constants, []).append(row)
        for members in parts.values():
            yield realization.formulation_for(catchments[members[0]]), members


def _is_constant(finder: ModuleFinder, spec: ModuleSpec) -> bool:
    module = finder.native(spec)
    return module is not None and module.name == CONSTANTS


def chain_modules(
    package: RunPackage,
    realization: Realization,
    fabric: Hydrofabric,
    rows: Sequence[int],
    finder: ModuleFinder,
) -> list[ChainModule]:
    """Read the configurations of the catchments at ``rows`` for each module of their chain."""
    catchments = [fabric.catchments.ids[row] for row in rows]
    formulations = [realization.formulation_for(catchment) for catchment in catchments]
    modules = []
    for position, first in enumerate(formulations[0].modules):
        module = finder.native(first)
        specs = [formulation.modules[position] for formulation in formulations]
        if module is None:
            settings = [
                spec.parameters_for(attributes_of(fabric, row, spec.model_params))
                for spec, row in zip(specs, rows, strict=True)
            ]
            exceeds = formulations[0].allow_exceed_end_time
            modules.append(finder.join(first, specs, catchments, settings, may_exceed_end=exceeds))
            continue
        if module.name == CONSTANTS:
            values = first.parameters_for(attributes_of(fabric, rows[0], first.model_params))
            modules.append(ChainModule(module, constants=read_sloth_params(values)))
            continue
        files = ConfigFiles.locate(package, specs, catchments)
        configs = read_configs(module, files, catchments)
        if any(spec.model_params for spec in specs):
            configs = [
                _with_settings(module, config, spec, fabric, row)
                for config, spec, row in zip(configs, specs, rows, strict=True)
            ]
        modules.append(ChainModule(module, configs))
    return modules


def _with_settings(module: Module, config: Config, spec: ModuleSpec, fabric: Hydrofabric, row: int) -> Config:
    """Return a catchment's configuration with the realization's ``model_params`` set, and possible."""
    values = spec.parameters_for(attributes_of(fabric, row, spec.model_params))
    config = apply_settings(module, config, values)
    problems = complaints(module, config)
    if problems:
        raise RealizationError(
            f"{spec.path}.model_params ({settings_text(values)}), for {fabric.catchments.ids[row]}: "
            + "; ".join(problems),
            hint="correct model_params; `dmod check` lists all that is wrong",
        )
    return config


def attribute_names(fabric: Hydrofabric) -> Container[str]:
    """Return the attributes of catchments that ``model_params`` may refer to."""
    return {*AREA_NAMES, *fabric.catchments.attributes}


def attributes_of(fabric: Hydrofabric, row: int, wanted: Mapping[str, object]) -> dict[str, float]:
    """Return a catchment's attributes that some of the ``wanted`` values refer to."""
    from dmod.formulation.formulation import HydrofabricAttribute

    names = [value.name for value in wanted.values() if isinstance(value, HydrofabricAttribute)]
    columns = fabric.catchments.attributes
    found = {name: float(columns[name][row]) for name in names if name in columns}
    area = fabric.catchments.area_km2[row]
    return {**{name: area for name in names if name in AREA_NAMES}, **found}


def complete_chain(
    formulation: Formulation,
    modules: Sequence[ChainModule],
    units: Mapping[str, str],
    rows: Sequence[int],
    *,
    engine: str,
) -> tuple[Chain, int]:
    """Return the chain for the catchments at ``rows``, and how many of its columns were asked for."""
    chain = build_chain(formulation, modules, units, np.asarray(rows, dtype=np.int64))
    if engine != NATIVE:
        from dmod.engine.bmi.joining import settle

        chain = settle(chain)
    return _with_own_columns(chain, units), len(chain.columns)


def _with_own_columns(chain: Chain, units: Mapping[str, str]) -> Chain:
    """Append what the run itself needs per catchment: rain, and the main output if it is not asked for."""
    own = []
    if not any(column.source == chain.runoff for column in chain.columns):
        own.append(Column(RUNOFF, chain.runoff, "m", "main output per step"))
    for name in (PRECIPITATION.name, *PRECIPITATION.columns):
        if name in units:
            conversion(units[name], "mm h-1")
            own.append(Column(RAIN, Source("forcing", key=forcing_key(name, "mm h-1")), "mm h-1"))
            break
    return replace(chain, columns=(*chain.columns, *own))
