"""The modules that the native engine runs, and those that it knows by name but does not run."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final

from dmod.engine.models.module import Module
from dmod.errors import UnknownModule


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a module is declared, and the words by which realizations mean it.

    Parameters
    ----------
    place : module of Python and name of the `Module` value in it
    marks : parts of a library's, registration function's or model type's name, lower case
    """

    name: str
    revision: str
    place: tuple[str, str]
    marks: tuple[str, ...]


_MODELS = "dmod.engine.models"

# The first revision of a name is the one that is taken where none is asked for.
ENTRIES: Final = (
    Entry("cfe", "6d08db7", (f"{_MODELS}.cfe", "CFE_6D08DB7"), ("cfe",)),
    Entry("cfe", "a349a95", (f"{_MODELS}.cfe", "CFE_A349A95"), ("cfe",)),
    Entry("pet", "", (f"{_MODELS}.pet", "PET"), ("petbmi", "bmi_pet", "pet")),
    Entry("sloth", "", (f"{_MODELS}.sloth", "SLOTH"), ("sloth",)),
    Entry("topmodel", "", (f"{_MODELS}.topmodel", "TOPMODEL"), ("topmodel",)),
)

_FRAMEWORK = "the C++ framework (ngen) with its library"
_PYTHON = "the C++ framework (ngen) built with Python"

# Names by which realizations mean modules that are not native: mark → title and what runs it.
FOREIGN: Final[Mapping[str, tuple[str, str]]] = {
    "noahowp": ("Noah-OWP-Modular", _FRAMEWORK),
    "noah-owp": ("Noah-OWP-Modular", _FRAMEWORK),
    "noah_owp": ("Noah-OWP-Modular", _FRAMEWORK),
    "surfacebmi": ("Noah-OWP-Modular", _FRAMEWORK),
    "snow17": ("Snow-17", _FRAMEWORK),
    "snow-17": ("Snow-17", _FRAMEWORK),
    "sacsma": ("SAC-SMA", _FRAMEWORK),
    "sac-sma": ("SAC-SMA", _FRAMEWORK),
    "sac_sma": ("SAC-SMA", _FRAMEWORK),
    "bmi_sac": ("SAC-SMA", _FRAMEWORK),
    "sacbmi": ("SAC-SMA", _FRAMEWORK),
    "lasam": ("LGAR (LASAM)", _FRAMEWORK),
    "lgar": ("LGAR (LASAM)", _FRAMEWORK),
    "ueb": ("UEB", _FRAMEWORK),
    "smp": ("SoilMoistureProfiles", _FRAMEWORK),
    "soilmoistureprofile": ("SoilMoistureProfiles", _FRAMEWORK),
    "soil_moisture_profile": ("SoilMoistureProfiles", _FRAMEWORK),
    "sft": ("SoilFreezeThaw", _FRAMEWORK),
    "soilfreezethaw": ("SoilFreezeThaw", _FRAMEWORK),
    "soil_freeze_thaw": ("SoilFreezeThaw", _FRAMEWORK),
    "casam": ("CASAM", _FRAMEWORK),
    "lstm": ("LSTM", _PYTHON),
    "dhbv": ("dHBV", _PYTHON),
}


def names() -> tuple[str, ...]:
    """Return the names of the native modules, in alphabetical order."""
    return tuple(sorted({entry.name for entry in ENTRIES}))


def revisions(name: str) -> tuple[str, ...]:
    """Return the revisions of a native module, the default first; empty for an unknown name."""
    return tuple(entry.revision for entry in ENTRIES if entry.name == name)


def default_revision(name: str) -> str:
    """Return the revision that is taken where none is asked for.

    Raises
    ------
    UnknownModule
        there is no native module of this name.
    """
    found = revisions(name)
    if not found:
        raise UnknownModule(f"there is no native module {name!r}", hint=_native())
    return found[0]


def modules() -> Mapping[tuple[str, str], Module]:
    """Return every native module by name and revision."""
    return {(entry.name, entry.revision): _load(entry) for entry in ENTRIES}


@cache  # asked for every module of every catchment
def find_module(
    model_type_name: str,
    registration_function: str = "",
    library_file: str = "",
    *,
    revision: str | None = None,
) -> Module:
    """Find the native module that a realization means.

    The library's name says most surely what a module is, then its registration function, then the name
    of its type, which is free text.

    Parameters
    ----------
    revision : which published revision to follow; the default one where None or empty

    Raises
    ------
    UnknownModule
        the module is not native (the message says which it is and what runs it), or it has no such
        revision.
    """
    library = PurePosixPath(library_file).name.lower().removeprefix("lib").partition(".")[0]
    for text in (library, registration_function.lower(), model_type_name.lower()):
        entry = _entry(text, revision)
        if entry is not None:
            return _load(entry)
        foreign = next((value for mark, value in FOREIGN.items() if mark in text), None)
        if foreign is not None:
            title, runner = foreign
            raise UnknownModule(
                f"module {model_type_name!r} is {title}, which the native engine does not have",
                hint=f"run it with {runner}; {_native()}",
            )
    given = ", ".join(repr(word) for word in (library_file, registration_function) if word)
    raise UnknownModule(
        f"module {model_type_name!r}{f' ({given})' if given else ''} is not known",
        hint=f"run it with {_FRAMEWORK}; {_native()}",
    )


def require_revision(name: str, revision: str) -> None:
    """Make sure that a native module has a revision.

    Raises
    ------
    UnknownModule
        there is no native module of this name, or it has no such revision.
    """
    default_revision(name)
    _of_revision([entry for entry in ENTRIES if entry.name == name], revision)


def _entry(text: str, revision: str | None) -> Entry | None:
    named = [entry for entry in ENTRIES if _means(text, entry.marks)]
    if not named or not revision:
        return named[0] if named else None
    return _of_revision(named, revision)


def _of_revision(named: Sequence[Entry], revision: str) -> Entry:
    for entry in named:
        if entry.revision == revision:
            return entry
    have = ", ".join(entry.revision for entry in named if entry.revision) or "none to choose from"
    raise UnknownModule(
        f"module {named[0].name!r} has no revision {revision!r}", hint=f"revisions of {named[0].name}: {have}"
    )


def _means(text: str, marks: tuple[str, ...]) -> bool:
    """Tell whether a name holds one of the marks; a short mark must be a word of its own."""
    words = text.replace("-", "_").split("_")
    return any(mark in words if len(mark) < 4 and mark != "cfe" else mark in text for mark in marks)


def _native() -> str:
    return "native modules: " + ", ".join(names())


@cache
def _load(entry: Entry) -> Module:
    place, value = entry.place
    try:
        module = getattr(importlib.import_module(place), value)
    except (ModuleNotFoundError, AttributeError) as error:
        raise UnknownModule(
            f"module {entry.name!r} cannot be loaded: {error}",
            hint="the installation of dmod is not complete",
        ) from error
    if not isinstance(module, Module):
        raise UnknownModule(f"{place}.{value} is not a module declaration")
    return module
