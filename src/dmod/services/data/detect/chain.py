"""Chains of modules as one word: ``SLoTH+PET+CFE``, the value of FORMULATION in a domain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError
from dmod.formulation.formulation import Formulation
from dmod.formulation.realization import Realization

AND = "+"
_NATIVE = {"sloth": "SLoTH", "pet": "PET", "cfe": "CFE", "topmodel": "TOPMODEL"}


def formulation_chain(of: str | Path | Mapping[str, Any] | Realization | Formulation) -> str:
    """Return the chain of modules of a formulation, as it stands under FORMULATION in a domain.

    Parameters
    ----------
    of : a formulation that is known by name, in small letters as `dmod.configure` takes it (``cfe``); a
        chain in any spelling of its modules (``sloth+pet+cfe``); or a realization: its document, the path of
        its file, or as read; of several formulations the global one counts

    Raises
    ------
    InputError
        the realization has no formulation, or cannot be read.
    """
    if isinstance(of, Formulation):
        return chain_of(of)
    if isinstance(of, str):
        named = _named(of)
        if named:
            return named
        if not of.endswith(".json"):
            return AND.join(module_title(part.strip()) for part in of.split(AND))
    found = chains_of(_realization(of))
    if not found:
        raise InputError("the realization has no formulation", hint="add global.formulations")
    return found[0]


def chains_of(realization: Realization) -> tuple[str, ...]:
    """Return the chain of every formulation that occurs, the global one first, none twice."""
    layers = (layer.formulation for layer in realization.layers if layer.formulation is not None)
    return tuple(dict.fromkeys(map(chain_of, (*realization.formulations, *layers))))


def chain_of(formulation: Formulation) -> str:
    """Return the chain of a formulation as read."""
    return AND.join(
        module_title(module.model_type_name, module.registration_function, module.library_file)
        for module in formulation.modules
    )


def chain_of_names(names: Iterable[str]) -> str:
    """Return the chain of modules by the names that the native engine has for them."""
    return AND.join(map(module_title, names))


@lru_cache(maxsize=1024)
def module_title(model_type_name: str, registration_function: str = "", library_file: str = "") -> str:
    """Return a module's name for people; of one that is not known, the name of its type as it is written.

    As where a module is looked for to be run, its library says most surely what it is, then its registration
    function, then the name of its type, which is free text.
    """
    library = PurePosixPath(library_file).name.lower().removeprefix("lib").partition(".")[0]
    for text in (library, registration_function.lower(), model_type_name.lower()):
        title = next((title for mark, title in _marks() if mark in text), "")
        if title:
            return title
    return model_type_name


@lru_cache(maxsize=1)
def _marks() -> tuple[tuple[str, str], ...]:
    """Return what names of modules contain and the module's title, in the order of looking."""
    from dmod.engine.models.registry import ENTRIES, FOREIGN

    native = [(mark, _NATIVE.get(entry.name, entry.name)) for entry in ENTRIES for mark in entry.marks]
    return (*native, *((mark, title) for mark, (title, _) in FOREIGN.items()))


def _named(name: str) -> str:
    """Return the chain of a formulation that is known by name, "" where there is none."""
    from dmod.formulation.generate.formulations import FORMULATIONS
    from dmod.formulation.generate.generator import Settings

    known = FORMULATIONS.get(name)
    if known is None:
        return ""
    anything = Settings(TimeAxis(datetime(2000, 1, 1, tzinfo=UTC), 3600, 1))
    entries = [generator.module(anything) for generator in known.generators]
    return AND.join(
        module_title(
            str(entry["model_type_name"]),
            str(entry.get("registration_function", "")),
            str(entry.get("library_file", "")),
        )
        for entry in entries
    )


def _realization(of: str | Path | Mapping[str, Any] | Realization) -> Realization:
    from dmod.formulation.reader import read_realization, read_realization_text

    if isinstance(of, Realization):
        return of
    if isinstance(of, Mapping):
        return read_realization_text(json.dumps(of), "the realization")
    return read_realization(of)
