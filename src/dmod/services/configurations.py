"""Reading the module configurations of the catchments that share a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.core.problem import name_some
from dmod.engine.models.module import Config, Module
from dmod.engine.models.registry import find_module
from dmod.errors import NotFoundError, RealizationError
from dmod.formulation.formulation import ModuleSpec, substitute
from dmod.formulation.package import RunPackage


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Where a module's configuration lies, for each catchment of a group."""

    paths: tuple[Path, ...]

    @classmethod
    def locate(
        cls, package: RunPackage, specs: Sequence[ModuleSpec], catchments: Sequence[str]
    ) -> ConfigFiles:
        """Find the files; ``specs`` and ``catchments`` go together.

        A path that does not exist is kept as it would be tried first, so that a check can name it.
        """
        resolved: dict[str, str] = {}
        for spec in specs:
            if spec.init_config not in resolved:
                resolved[spec.init_config] = package.resolve_pattern(spec.init_config)
        return cls(
            tuple(
                Path(substitute(resolved[spec.init_config], catchment))
                for spec, catchment in zip(specs, catchments, strict=True)
            )
        )


def module_of(spec: ModuleSpec, revision: str = "") -> Module:
    """Return the native module that a realization's entry means.

    Raises
    ------
    UnknownModule
        the native engine has none; the message names what could run it.
    """
    return find_module(
        spec.model_type_name,
        spec.registration_function,
        spec.library_file,
        revision=revision or spec.revision or None,
    )


def complaints(module: Module, config: Config) -> list[str]:
    """Return what is impossible in a configuration, without the name of its file."""
    source = config.source
    return [s.replace(f"{source}, ", "").replace(f"{source}: ", "").strip() for s in module.check(config)]


def settings_text(values: Mapping[str, object]) -> str:
    """Return values that a realization sets as ``name = value, …``."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def require_sound(module: Module, config: Config) -> None:
    """Refuse a configuration with impossible values.

    Raises
    ------
    RealizationError
        names the file and every key with its value and range.
    """
    problems = complaints(module, config)
    if problems:
        raise RealizationError(
            f"{config.source}: module {module.name}: " + "; ".join(problems),
            hint="correct the file; `dmod check` lists all of them",
        )


def read_configs(module: Module, files: ConfigFiles, catchments: Sequence[str]) -> list[Config]:
    """Read one configuration per catchment; a file shared by catchments is read once.

    Raises
    ------
    NotFoundError
        files are missing; the catchments without one are named.
    RealizationError
        a file cannot be read; names file, line and key.
    """
    known: dict[Path, Config] = {}
    missing: list[str] = []
    for path, catchment in zip(files.paths, catchments, strict=True):
        if path in known:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            missing.append(catchment)
        except OSError as error:
            raise RealizationError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RealizationError(f"{path} is not a text file", hint="it must be UTF-8") from error
        else:
            known[path] = module.read_config(text, str(path))
            require_sound(module, known[path])
    if missing:
        example = files.paths[list(catchments).index(missing[0])]
        raise NotFoundError(
            f"module {module.name}: no configuration file for {name_some(missing)}; expected e.g. {example}",
            hint="write the missing files, or correct init_config in the realization",
        )
    return [known[path] for path in files.paths]
