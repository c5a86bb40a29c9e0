"""Generated configuration files, read back as the native engine reads them before a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dmod.core.problem import Problem
from dmod.engine.models.module import Module
from dmod.engine.models.registry import find_module
from dmod.errors import DmodError
from dmod.formulation.generate.generator import Generator, Settings
from dmod.services.configurations import complaints


class ReadBack:
    """Complaints of the native engine's modules about generated files, each said once with its catchments."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._modules: dict[str, Module] = {}
        self._said: dict[tuple[str, str, str], list[str]] = {}

    def read(self, generator: Generator, catchment: str, text: str, path: Path) -> None:
        """Read one catchment's file; ``path`` is where it lies, for modules whose files name others."""
        if not generator.native:
            return
        module = self._module(generator)
        try:
            config = module.read_config(text, str(path))
        except DmodError as error:
            said = [error.message.replace(str(path), path.name)]
        else:
            said = complaints(module, config) + [f"key {key!r} has no meaning" for key in config.unknown]
            said += [f"key {key!r}: {reason}" for key, reason in config.ignored.items()]
        for sentence in said:
            self._said.setdefault((generator.name, generator.title, sentence), []).append(catchment)

    def problems(self) -> Iterator[Problem]:
        """Yield what was complained of."""
        for (name, title, sentence), catchments in self._said.items():
            hint = f"choose what stands in for an attribute that this comes from: --fallback (module {name})"
            yield Problem("error", "config-value", sentence, title, tuple(catchments), hint)

    def _module(self, generator: Generator) -> Module:
        if generator.name not in self._modules:
            params = generator.module(self._settings)
            self._modules[generator.name] = find_module(
                params["model_type_name"], params.get("registration_function", ""), params["library_file"]
            )
        return self._modules[generator.name]
