"""What is wrong with the modules of a run: unknown ones, their configuration files, their wiring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.core.problem import Problem, Severity
from dmod.core.variables import FORCING_VARIABLES
from dmod.engine.models.module import Config, Module
from dmod.engine.models.registry import modules, revisions
from dmod.engine.models.settings import apply_settings
from dmod.engine.models.sloth import read_sloth_params
from dmod.engine.native import ChainModule, wire_modules
from dmod.errors import DmodError, InputError, NotFoundError, UnknownModule
from dmod.formulation.formulation import Formulation, HydrofabricAttribute, ModuleSpec
from dmod.formulation.package import RunPackage
from dmod.formulation.realization import Realization
from dmod.services.configurations import ConfigFiles, complaints, settings_text
from dmod.services.engines import NATIVE, NGEN
from dmod.services.module_finder import ModuleFinder
from dmod.services.options import RunOptions
from dmod.services.plan import attributes_of

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric

CONSTANTS = "sloth"
STANDARD_FORCING: Mapping[str, str] = {variable.name: variable.unit for variable in FORCING_VARIABLES}


@dataclass(slots=True)
class ModuleFindings:
    """What the modules of all chains are, and what is wrong with them.

    Parameters
    ----------
    modules : ``cfe 6d08db7`` → number of catchments that run it
    forcing : forcing variables that are read, with the unit in which they are wanted
    """

    problems: list[Problem] = field(default_factory=list)
    modules: dict[str, int] = field(default_factory=dict)
    forcing: dict[tuple[str, str], None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Member:
    """One module of one catchment's chain."""

    catchment: str
    spec: ModuleSpec


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is checked: a package, and which module each of its entries means."""

    package: RunPackage
    realization: Realization
    fabric: Hydrofabric | None
    finder: ModuleFinder


class _Collector:
    """Problems of many catchments, each said once with the catchments that it concerns."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._found: dict[tuple[Severity, str, str, str], list[str]] = {}

    def add(self, severity: Severity, code: str, message: str, catchment: str, hint: str = "") -> None:
        self._found.setdefault((severity, code, message, hint), []).append(catchment)

    def problems(self) -> Iterator[Problem]:
        for (severity, code, message, hint), catchments in self._found.items():
            yield Problem(severity, code, message, where=self.where, ids=tuple(catchments), hint=hint)


def check_modules(
    package: RunPackage,
    realization: Realization,
    catchments: Sequence[str],
    forcing: Mapping[str, str] | None,
    fabric: Hydrofabric | None = None,
    options: RunOptions | None = None,
) -> ModuleFindings:
    """Check every module of every catchment's chain.

    Parameters
    ----------
    forcing : variable → unit of what the forcing has; None where it could not be opened, and the
        standard variables stand in
    fabric : gives the values that ``model_params`` take from it; without, these are not checked
    """
    options = options or RunOptions()
    is_framework = options.engine == NGEN
    # what the framework runs is only looked at as far as dmod knows it
    options = replace(options, engine=NATIVE) if is_framework else options
    with closing(ModuleFinder(package, options, realization.time)) as finder:
        finder.ignores_unknown = is_framework
        return _check_chains(_Subject(package, realization, fabric, finder), catchments, forcing)


def _check_chains(
    subject: _Subject, catchments: Sequence[str], forcing: Mapping[str, str] | None
) -> ModuleFindings:
    findings, realization = ModuleFindings(), subject.realization
    covered = [c for c in catchments if realization.default is not None or c in realization.catchments]
    for formulation, rows in realization.groups(covered, by_structure=True):
        members = [covered[row] for row in rows]
        parts = _check_chain(findings, subject, formulation, members)
        if parts is not None:
            wiring = wire_modules(formulation, parts, STANDARD_FORCING if forcing is None else forcing)
            place = f"{realization.source}, {formulation.path}" if formulation.path else realization.source
            missing = [column.name for column in wiring.columns if column.kind == "missing"]
            for problem in wiring.problems:
                hint = problem.hint
                if problem.code == "output-missing":
                    hint = _revision_with(missing.pop(0), parts) or hint
                findings.problems.append(replace(problem, where=place, hint=hint))
            read = [c for inputs in wiring.connections for c in inputs] + list(wiring.columns)
            findings.forcing |= {(c.source, c.unit): None for c in read if c.kind == "forcing"}
    return findings


def _revision_with(output: str, parts: Sequence[ChainModule]) -> str:
    """Return the hint to take another revision of a module of the chain, where that gives the output."""
    for part in parts:
        name = part.module.name
        for revision in revisions(name):
            if output in {variable.name for variable in modules()[name, revision].outputs}:
                return f"{name} {revision} gives it: --revision {name}={revision}"
    return ""


def _check_chain(
    findings: ModuleFindings, subject: _Subject, formulation: Formulation, catchments: Sequence[str]
) -> list[ChainModule] | None:
    """Check the modules of one chain; None where one of them is not native."""
    parts: list[ChainModule] = []
    package, realization, fabric = subject.package, subject.realization, subject.fabric
    specs = [realization.formulation_for(catchment).modules for catchment in catchments]
    for position, spec in enumerate(formulation.modules):
        members = [_Member(c, own[position]) for c, own in zip(catchments, specs, strict=True)]
        try:
            module = subject.finder.native(spec)
        except UnknownModule as error:
            if subject.finder.ignores_unknown:
                label = spec.model_type_name
                findings.modules[label] = findings.modules.get(label, 0) + len(catchments)
                continue
            library = f" (library {spec.library_file})" if spec.library_file else ""
            message = error.message if spec.library_file in error.message else f"{error.message}{library}"
            place = f"{realization.source}, {spec.path}"
            findings.problems.append(
                Problem("error", "unknown-module", message, place, tuple(catchments), error.hint or "")
            )
            continue
        if module is None:
            joined = _joined(findings, subject, formulation, position, members)
            if joined is not None:
                parts.append(joined)
            continue
        label = f"{module.name} {module.revision}".rstrip()
        findings.modules[label] = findings.modules.get(label, 0) + len(catchments)
        place = f"{realization.source}, {spec.path}.model_params"
        parts.append(ChainModule(module, constants=_constants(findings, members, place, module)))
        if module.name != CONSTANTS:
            files = ConfigFiles.locate(package, [m.spec for m in members], catchments)
            findings.problems += _config_problems(module, members, files, place, fabric)
            findings.problems += _setting_problems(module, members, place)
    return parts if len(parts) == len(formulation.modules) else None


def _joined(
    findings: ModuleFindings,
    subject: _Subject,
    formulation: Formulation,
    position: int,
    members: Sequence[_Member],
) -> ChainModule | None:
    """Open a module of others and make its first instance; None where that fails."""
    spec = formulation.modules[position]
    findings.modules[spec.model_type_name] = findings.modules.get(spec.model_type_name, 0) + len(members)
    fabric = subject.fabric
    settings = [
        each.spec.parameters_for({} if fabric is None else _attributes(fabric, each)) for each in members
    ]
    try:
        return subject.finder.join(
            spec, [member.spec for member in members], [member.catchment for member in members], settings,
            may_exceed_end=formulation.allow_exceed_end_time,
        )  # fmt: skip
    except DmodError as error:
        place = f"{subject.realization.source}, {spec.path}"
        findings.problems.append(Problem("error", "module", error.message, place, (), error.hint or ""))
        return None


def _attributes(fabric: Hydrofabric, member: _Member) -> dict[str, float]:
    row = fabric.catchments.ids.index(member.catchment)
    return attributes_of(fabric, row, member.spec.model_params)


def _constants(
    findings: ModuleFindings, members: Sequence[_Member], place: str, module: Module
) -> tuple[tuple[str, str, float], ...]:
    """Read the constants of the chain; those taken from the hydrofabric count as zero here."""
    if module.name != CONSTANTS:
        return ()
    found = _Collector(place)
    constants: tuple[tuple[str, str, float], ...] = ()
    for member in members:
        values = {
            key: 0.0 if isinstance(value, HydrofabricAttribute) else value
            for key, value in member.spec.model_params.items()
        }
        try:
            constants = constants or read_sloth_params(values)
        except InputError as error:
            found.add("error", "constant", error.message, member.catchment, error.hint or "")
    findings.problems += found.problems()
    return constants


def _setting_problems(module: Module, members: Sequence[_Member], place: str) -> Iterator[Problem]:
    found = _Collector(place)
    for member in members:
        for variable in member.spec.model_params:
            if variable not in module.settable:
                hint = f"it can set {', '.join(module.settable)}" if module.settable else "it can set none"
                message = f"module {module.name} has no variable {variable!r} that can be set"
                found.add("error", "setting-unknown", message, member.catchment, hint)
    return found.problems()


def _config_problems(
    module: Module, members: Sequence[_Member], files: ConfigFiles, place: str, fabric: Hydrofabric | None
) -> Iterator[Problem]:
    """Read and check each catchment's configuration; a file shared by catchments once.

    Where the files are sound, they are checked again with the values that the realization sets.
    """
    patterns = list(dict.fromkeys(member.spec.init_config for member in members))
    where = f"{module.name} configuration, {patterns[0]}"
    found = _Collector(where if len(patterns) == 1 else f"{where} and {len(patterns) - 1} more")
    found_set = _Collector(place)
    known: dict[Path, _CheckedFile] = {}
    for path, member in zip(files.paths, members, strict=True):
        file = known.get(path) or known.setdefault(path, _check_file(module, path))
        for severity, code, message, hint in file.said:
            found.add(severity, code, message, member.catchment, hint)
        if file.config is not None and member.spec.model_params:
            for sentence in _impossible_settings(module, file.config, member, fabric):
                found_set.add("error", "setting-value", sentence, member.catchment)
    yield from found.problems()
    yield from found_set.problems()


def _impossible_settings(
    module: Module, config: Config, member: _Member, fabric: Hydrofabric | None
) -> list[str]:
    row = -1 if fabric is None else fabric.catchment_index[member.catchment]
    values = member.spec.parameters_for(
        {} if fabric is None else attributes_of(fabric, row, member.spec.model_params)
    )
    settable = {name: value for name, value in values.items() if name in module.settable}
    try:
        found = complaints(module, apply_settings(module, config, settable))
    except InputError as error:
        return [error.message]
    return [f"with {settings_text(settable)}: {sentence}" for sentence in found]


@dataclass(frozen=True, slots=True)
class _CheckedFile:
    """What one configuration file holds, if it is sound, and what is wrong with it."""

    config: Config | None
    said: tuple[tuple[Severity, str, str, str], ...]


def _check_file(module: Module, path: Path) -> _CheckedFile:
    try:
        config = _read(module, path)
    except NotFoundError as error:
        return _CheckedFile(None, (("error", "config-missing", error.message, error.hint or ""),))
    except DmodError as error:
        hint = error.hint or ""
        lines = error.message.splitlines()
        return _CheckedFile(
            None, tuple(("error", "config-invalid", _plain(line, path), hint) for line in lines)
        )
    said = tuple(_config_findings(module, config))
    sound = not any(severity == "error" for severity, *_ in said)
    return _CheckedFile(config if sound else None, said)


def _read(module: Module, path: Path) -> Config:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        hint = f"expected in {path.parent}; or correct init_config in the realization"
        raise NotFoundError("there is no configuration file", hint=hint) from error
    except UnicodeDecodeError as error:
        raise InputError("not a text file", hint="it must be UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from error
    return module.read_config(text, str(path))


def _config_findings(module: Module, config: Config) -> Iterator[tuple[Severity, str, str, str]]:
    for sentence in complaints(module, config):
        yield "error", "config-value", sentence, ""
    for key in config.unknown:
        yield "warning", "config-unknown-key", f"key {key!r} is unknown and has no effect", ""
    for key, reason in config.ignored.items():
        yield "warning", "config-ignored-key", f"key {key!r} has no effect: {reason}", ""


def _plain(sentence: str, path: Path) -> str:
    """Return a sentence without the file's name before it, so that those of many files are the same."""
    return sentence.replace(f"{path}, ", "").replace(f"{path}: ", "").strip()
