"""Which module of a formulation dmod has itself, and which is a program of others."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis
from dmod.engine.integrate import default_workers
from dmod.engine.models.module import Module
from dmod.errors import InputError, NotFoundError, PluginError, UnknownModule
from dmod.formulation.formulation import ModuleSpec
from dmod.formulation.package import RunPackage
from dmod.services.configurations import ConfigFiles, module_of
from dmod.services.engines import ENGINES, NATIVE
from dmod.services.options import RunOptions

if TYPE_CHECKING:
    from dmod.engine.bmi.crew import Crew
    from dmod.engine.foreign.program import ProgramSpec
    from dmod.engine.native import ChainModule
    from dmod.services.environments import EnvironmentSpec

_LOG = logging.getLogger(__name__)
CONSTANTS = "sloth"


class ModuleFinder:
    """What a run has for the modules that its realization names.

    Under the engine ``native`` these are dmod's own alone. Under ``bmi`` a class in Python, or a library that
    is there, is run as what it is; a module whose library is not there is dmod's own, if that has it.

    Parameters
    ----------
    axis : steps of the run

    Attributes
    ----------
    recorded : what the record of a run tells of what ran
    ignores_unknown : whether a check has nothing against modules that are not dmod's own
    """

    def __init__(self, package: RunPackage, options: RunOptions, axis: TimeAxis) -> None:
        if options.engine not in ENGINES:
            raise InputError(f"there is no engine {options.engine!r}", hint=f"there are {', '.join(ENGINES)}")
        self._package = package
        self._options = options
        self._axis = axis
        self._crew: Crew | None = None
        self.recorded: dict[str, Any] = {}
        self.ignores_unknown = False
        self._programs: dict[tuple[object, ...], ProgramSpec | None] = {}
        self._wish: EnvironmentSpec | None = None
        if options.environment is not None:
            from dmod.services.environments import EnvironmentSpec

            self._wish = EnvironmentSpec.parse(options.environment)  # wrong ones are told at once
            if self._wish.kind == "image":
                from dmod.services.environments.image import require_inside

                require_inside(self._wish)

    def native(self, spec: ModuleSpec) -> Module | None:
        """Return dmod's own module for an entry of a realization; None where a program of others runs.

        Raises
        ------
        UnknownModule
            there is neither.
        """
        return None if self.program(spec) is not None else self._own(spec)

    def program(self, spec: ModuleSpec) -> ProgramSpec | None:
        """Return the program of others that an entry means; None for a module of dmod's own."""
        if self._options.engine == NATIVE:
            return None
        # what names the program, whichever catchment's entry it stands in
        key = (
            spec.name, spec.model_type_name, spec.library_file, spec.registration_function,
            spec.create_function, spec.destroy_function, spec.python_type, spec.python_path,
        )  # fmt: skip
        if key not in self._programs:
            self._programs[key] = self._program(spec)
        return self._programs[key]

    def join(
        self,
        spec: ModuleSpec,
        specs: Sequence[ModuleSpec],
        catchments: Sequence[str],
        settings: Sequence[Mapping[str, float | tuple[float, ...]]],
        *,
        may_exceed_end: bool,
    ) -> ChainModule:
        """Return a program of others as a module of a chain; see `dmod.engine.bmi.joining.join`.

        Parameters
        ----------
        specs : the entry for each catchment
        settings : what is set for each catchment after its initialisation

        Raises
        ------
        NotFoundError
            a configuration file is missing.
        """
        from dmod.engine.bmi.foreign_stage import Members
        from dmod.engine.bmi.joining import join

        program = self.program(spec)
        assert program is not None
        files = ConfigFiles.locate(self._package, specs, catchments)
        _require_there(program.title, specs, files, catchments)
        configs = [str(p) if s.init_config else "" for s, p in zip(specs, files.paths, strict=True)]
        members = Members(tuple(catchments), configs, settings)
        return join(self._crewed(), program, spec, members, may_exceed_end=may_exceed_end)

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files of the programs that run."""
        found = []
        for program in self._programs.values():
            if program is not None and program.library_file:
                found.append(Path(program.library_file))
            elif program is not None and program.python_path:
                folder = Path(program.python_path).joinpath(*program.python_type.split(".")[:-1])
                found += [
                    path for path in (folder.with_suffix(".py"), folder / "__init__.py") if path.is_file()
                ]
        return tuple(dict.fromkeys(found))

    def complaints(self) -> tuple[str, ...]:
        """Return what modules of others did that a user has to know."""
        return () if self._crew is None else tuple(self._crew.complaints)

    def close(self) -> None:
        """End the processes in which modules of others are."""
        if self._crew is not None:
            self._crew.close()

    def _crewed(self) -> Crew:
        if self._crew is None:
            from dmod.engine.bmi.crew import Crew
            from dmod.engine.bmi.host import Limits

            options, python = self._options, None
            if self._wish is not None:
                from dmod.services.environments import Environments

                environment = Environments().build(self._wish, log=_LOG.info)
                self.recorded["environment"] = environment.record()
                python = environment.python
            self._crew = Crew(
                options.workers or default_workers(), self._axis, self._package.root,
                python=python,
                limits=Limits(options.module_patience, options.module_memory),
            )  # fmt: skip
        return self._crew

    def _own(self, spec: ModuleSpec) -> Module:
        try:
            return module_of(spec)
        except UnknownModule as error:
            if self._options.engine == NATIVE and (spec.python_type or spec.library_file):
                hint = f"the engine bmi runs modules of others: --engine bmi; {error.hint}"
                raise UnknownModule(error.message, hint=hint) from error
            raise

    def _program(self, spec: ModuleSpec) -> ProgramSpec | None:
        from dmod.engine.foreign.program import ProgramSpec

        missing = ""
        own = None
        try:
            own = module_of(spec)
        except UnknownModule as error:
            missing = error.message
        if own is not None and own.name == CONSTANTS:
            return None  # its variables are what the realization says
        named = spec.python_type if spec.name == "bmi_python" else spec.library_file
        registered = None if named else _registered(spec)
        if registered is not None:
            return registered
        library: Path | str = ""
        if spec.name != "bmi_python":
            found = self._library(spec)
            if found is None and own is not None:
                return None
            if found is None:
                raise PluginError(
                    f"{spec.path}: module {spec.model_type_name}: there is no library "
                    f"{spec.library_file or '(none is named)'}, and {missing}",
                    hint="build the library, or name the file that was built as library_file",
                )
            library = found
        python_path = self._package.resolve(spec.python_path) if spec.python_path else ""
        return ProgramSpec(
            spec.name, spec.model_type_name, str(library), spec.registration_function, spec.create_function,
            spec.destroy_function, spec.python_type, str(python_path),
        )  # fmt: skip

    def _library(self, spec: ModuleSpec) -> Path | None:
        """Return the library that is there; the framework adds its ending where a name lacks one."""
        if not spec.library_file:
            return None
        for text in (spec.library_file, f"{spec.library_file}.so"):
            try:
                found = self._package.resolve(text)
            except NotFoundError:
                continue
            if found.is_file():
                return found.absolute()
        return None


def _registered(spec: ModuleSpec) -> ProgramSpec | None:
    """Return the program that an installed package offers under the name of an entry; None where none does.

    Raises
    ------
    PluginError
        a package offers it, and cannot be used.
    """
    from dmod.engine.foreign_modules import offered_modules
    from dmod.services.modules.registered import find_registered

    name = spec.model_type_name
    if name not in {module.name for module in offered_modules()}:
        return None
    found = next(iter(find_registered(name)))
    if found.declaration is None:
        raise PluginError(
            f"{spec.path}: module {name} of package {found.package} cannot be used: {found.reason}",
            hint="`dmod module list` lists what packages offer",
        )
    return found.declaration.spec(name)


def _require_there(
    title: str, specs: Sequence[ModuleSpec], files: ConfigFiles, catchments: Sequence[str]
) -> None:
    missing = [
        (catchment, path)
        for spec, path, catchment in zip(specs, files.paths, catchments, strict=True)
        if spec.init_config and not path.exists()
    ]
    if missing:
        named = name_some([catchment for catchment, _ in missing])
        raise NotFoundError(
            f"module {title}: no configuration file for {named}; expected e.g. {missing[0][1]}",
            hint="write the missing files, or correct init_config in the realization",
        )
