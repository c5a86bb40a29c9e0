"""The plan of a run whose catchments the C++ framework computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.core.problem import Problem, errors_of, name_some
from dmod.core.time_axis import TimeAxis
from dmod.core.units import IDENTITY, conversion
from dmod.core.variables import PRECIPITATION
from dmod.engine.chain import BALANCE_TERMS, Chain, Column, Source, Stage
from dmod.engine.models.module import Config, Module, Prepared
from dmod.engine.native import forcing_key
from dmod.engine.ngen import FrameworkColumns, FrameworkProgram, columns_of
from dmod.errors import NotFoundError, UnitError, UnknownModule
from dmod.formulation.checks import find_realization_problems
from dmod.formulation.formulation import Formulation, ModuleSpec, substitute
from dmod.formulation.package import RunPackage
from dmod.formulation.realization import Realization
from dmod.hydrofabric.read import read_hydrofabric
from dmod.services.configurations import module_of
from dmod.services.engines import NATIVE
from dmod.services.forcing_inputs import open_inputs
from dmod.services.framework_library import find_library
from dmod.services.framework_settings import FrameworkSettings
from dmod.services.module_finder import ModuleFinder
from dmod.services.options import RunOptions
from dmod.services.plan import RAIN, RUNOFF, RunPlan, attribute_names, require_none

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric
    from dmod.services.forcing_inputs import ForcingInputs

RUNS_HERE = "layer-formulation"
"""Kind of problem that dmod's own engine has, and the framework has not."""


class FrameworkFinder(ModuleFinder):
    """What a run by the framework has in the place of modules: nothing but what it finds out of them.

    Parameters
    ----------
    notes : what a user has to know; is added to until the run is over
    """

    def __init__(self, package: RunPackage, options: RunOptions, axis: TimeAxis) -> None:
        super().__init__(package, replace(options, engine=NATIVE), axis)
        self.notes: list[str] = []
        if options.environment is not None:
            from dmod.services.environments import EnvironmentSpec
            from dmod.services.environments.image import image_environment

            spec = EnvironmentSpec.parse(options.environment)
            self.recorded["environment"] = image_environment(spec).record()

    def complaints(self) -> tuple[str, ...]:
        """Return what a user has to know."""
        return tuple(self.notes)


def plan_framework(
    package: RunPackage, options: RunOptions, settings: FrameworkSettings, program: FrameworkProgram
) -> tuple[RunPlan, tuple[FrameworkColumns, ...]]:
    """Read a package and say what the framework will write; writes nothing.

    Returns
    -------
    plan : each chain has the columns that the framework writes for it, and stages that name its modules and
        cannot be stepped
    columns : per chain

    Raises
    ------
    InputError
        the package cannot be run.
    NotFoundError
        a library or a configuration file of a module is not there.
    """
    realization = package.realization.with_period(options.start, options.end)
    fabric = read_hydrofabric(package.hydrofabric, package.nexus)
    catchments = fabric.catchments.ids
    problems = [
        problem
        for problem in find_realization_problems(realization, catchments, attribute_names(fabric))
        if problem.code != RUNS_HERE
    ]
    require_none(errors_of(problems))
    with ExitStack() as opened:
        forcing = opened.enter_context(closing(open_inputs(package, realization, catchments, fill=None)))
        units = forcing.units()
        chains, columns = [], []
        for formulation, rows in realization.groups(catchments, by_structure=True):
            written = columns_of(formulation)
            chains.append(_chain(formulation, written, rows, units, program))
            columns.append(written)
        plan = RunPlan(
            package=package,
            realization=realization,
            fabric=fabric,
            axis=realization.time,
            chains=tuple(chains),
            column_count=tuple(written.asked for written in columns),
            forcing=forcing,
            inputs=_inputs(package, realization, fabric, forcing, settings) | {"framework": (program.path,)},
            finder=FrameworkFinder(package, options, realization.time),
            warnings=(
                *_sentences([*package.problems, *fabric.notes, *problems]),
                *forcing.surplus(),
                *dict.fromkeys(note for written in columns for note in written.notes),
            ),
        )
        opened.pop_all()
    return plan, tuple(columns)


def _chain(
    formulation: Formulation,
    written: FrameworkColumns,
    rows: Sequence[int],
    units: Mapping[str, str],
    program: FrameworkProgram,
) -> Chain:
    last = len(formulation.modules) - 1
    sources = [Source("module", stage=last, output=i) for i in range(len(written.variables))]
    columns = [
        Column(header, source, unit)
        for header, source, unit in zip(written.headers, sources, written.units, strict=True)
    ][: written.asked]
    runoff = sources[written.main]
    if written.to_depth != IDENTITY:
        runoff = Source("module", stage=last, output=len(sources))
    if written.main >= written.asked or written.to_depth != IDENTITY:
        columns.append(Column(RUNOFF, runoff, "m", "main output per step"))
    rain = _rain(units)
    return Chain(
        name=" + ".join(_title(spec) for spec in formulation.modules),
        rows=np.asarray(rows, dtype=np.int64),
        stages=tuple(_stage(spec, len(rows), program) for spec in formulation.modules),
        columns=(*columns, *([rain] if rain is not None else [])),
        runoff=runoff,
    )


def _rain(units: Mapping[str, str]) -> Column | None:
    """Return rain as dmod reads it from the forcing; None where there is none that it knows."""
    for name in (PRECIPITATION.name, *PRECIPITATION.columns):
        if name in units:
            try:
                conversion(units[name], "mm h-1")
            except UnitError:
                return None
            return Column(RAIN, Source("forcing", key=forcing_key(name, "mm h-1")), "mm h-1")
    return None


def _title(spec: ModuleSpec) -> str:
    """Return the name of a module: dmod's own where it knows it, else that of the realization."""
    try:
        return module_of(spec).name
    except UnknownModule:
        return spec.model_type_name


def _stage(spec: ModuleSpec, count: int, program: FrameworkProgram) -> Stage:
    """Return what stands for a module that the framework steps: its name, no state, and no balance."""
    name = _title(spec)
    module = Module(
        name=name, revision=program.title, title=name, references=(), parameters=(), states=(), inputs=(),
        outputs=(), read_config=_never_read, check=_never_checked, prepare=_never_prepared, kernel=None,
        uses_water=False, tells_balance=False,
    )  # fmt: skip
    nothing = np.zeros((count, 0))
    return Stage(
        module=module, sources=(), parameters=nothing, state=nothing, state_names=(),
        balance=np.zeros((count, BALANCE_TERMS)), failed_step=np.full(count, -1, dtype=np.int64),
    )  # fmt: skip


def _never_read(_text: str, source: str) -> Config:
    return Config({}, source)


def _never_checked(_config: Config) -> list[str]:
    return []


def _never_prepared(configs: Sequence[Config]) -> Prepared:
    return Prepared(np.zeros((len(configs), 0)), np.zeros((len(configs), 0)), ())


def _inputs(
    package: RunPackage,
    realization: Realization,
    fabric: Hydrofabric,
    forcing: ForcingInputs,
    settings: FrameworkSettings,
) -> dict[str, tuple[Path, ...]]:
    """Return the files that are read, by role; each is there."""
    configs: dict[Path, None] = {}
    libraries: dict[Path, None] = {}
    catchments = fabric.catchments.ids
    for formulation, rows in realization.groups(catchments):
        members = [catchments[row] for row in rows]
        for spec in formulation.modules:
            configs |= dict.fromkeys(_configs(package, spec, members))
            if spec.library_file:
                libraries[find_library(spec.library_file, package, settings.library_path)] = None
    found = {
        "forcing": tuple(dict.fromkeys(path for source in forcing.sources for path in source.files)),
        "realization": (package.realization_file,),
        "hydrofabric": tuple(fabric.sources) or (package.hydrofabric,),
        "module configuration": tuple(configs),
        "module": tuple(libraries),
    }
    if package.routing is not None and package.routing.is_file():
        found["routing"] = (package.routing,)
    return found


def _configs(package: RunPackage, spec: ModuleSpec, catchments: Sequence[str]) -> list[Path]:
    if not spec.init_config:
        return []
    pattern = package.resolve_pattern(spec.init_config)
    paths = [Path(substitute(pattern, catchment)) for catchment in catchments]
    missing = [c for c, path in zip(catchments, paths, strict=True) if not path.exists()]
    if missing:
        raise NotFoundError(
            f"module {spec.model_type_name}: no configuration file for {name_some(missing)}; expected e.g. "
            f"{substitute(pattern, missing[0])}",
            hint="write the missing files, or correct init_config in the realization",
        )
    return [path for path in dict.fromkeys(paths) if path.is_file()]


def _sentences(problems: Sequence[Problem]) -> list[str]:
    """Return the warnings among problems as sentences."""
    return [
        (f"{p.where}: " if p.where else "") + p.message + (f" ({name_some(p.ids)})" if p.ids else "")
        for p in problems
        if not p.is_error
    ]
