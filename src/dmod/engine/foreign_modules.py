"""Modules that installed packages offer as ``dmod.modules``: what a package declares, and how it is found.

A package offers one in its own configuration, as a class or as a declaration:

    [project.entry-points."dmod.modules"]
    linear-reservoir = "linear_reservoir.module:LinearReservoir"
"""

from __future__ import annotations

import inspect
from collections.abc import Container, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from dmod.engine.foreign.program import COUPLINGS, ProgramSpec

GROUP = "dmod.modules"
"""Entry points by which packages offer modules."""


@dataclass(frozen=True, slots=True)
class ModuleDeclaration:
    """What a package says of a module that it brings along.

    Parameters
    ----------
    title : what the module is, in a few words
    coupling : ``bmi_python``, ``bmi_c``, ``bmi_c++`` or ``bmi_fortran``
    library_file, registration_function, create_function, destroy_function : of a module in machine code
    python_type, python_path : of a module in Python; the type as ``package.module.Class``
    virtual_destructor : of a module in C++; None to look
    description : what it computes, as long as it takes
    references : where that is published
    example_config : a configuration file that the package brings along, "" for none
    """

    title: str
    coupling: str = "bmi_python"
    library_file: str | Path = ""
    registration_function: str = ""
    create_function: str = ""
    destroy_function: str = ""
    python_type: str = ""
    python_path: str | Path = ""
    virtual_destructor: bool | None = None
    description: str = ""
    references: tuple[str, ...] = ()
    example_config: str | Path = ""

    def spec(self, title: str) -> ProgramSpec:
        """Return how the module's program is opened, under a name for messages."""
        return ProgramSpec(
            self.coupling,
            title,
            library_file=self.library_file,
            registration_function=self.registration_function,
            create_function=self.create_function,
            destroy_function=self.destroy_function,
            python_type=self.python_type,
            python_path=self.python_path,
            virtual_destructor=self.virtual_destructor,
        )


@dataclass(frozen=True, slots=True)
class RegisteredModule:
    """A module that a package offers.

    Parameters
    ----------
    name : of the entry point
    value : the object that the entry point names
    package, version : of the distribution, "" where it is unknown
    declaration : None where it cannot be used
    reason : why it cannot be used, "" where it can
    """

    name: str
    value: str
    package: str
    version: str
    declaration: ModuleDeclaration | None = None
    reason: str = ""


def offered_modules(group: str = GROUP) -> tuple[RegisteredModule, ...]:
    """Return what installed packages offer, by name, without loading anything.

    Of several that have one name only the first counts, by the name of its package; the others have that
    as the reason why they cannot be used.
    """
    return tuple(offered for offered, _ in _offered(group))


def registered_modules(
    group: str = GROUP, names: Container[str] | None = None
) -> tuple[RegisteredModule, ...]:
    """Return the modules that installed packages offer, by name; those that cannot be used with the reason.

    They are loaded in this process, which one that crashes takes with it.

    Parameters
    ----------
    names : only those of these names; None for all
    """
    return tuple(
        offered if offered.reason else _load(point)
        for offered, point in _offered(group)
        if names is None or offered.name in names
    )


def load_at(place: int, group: str = GROUP) -> RegisteredModule:
    """Return the module at a place of `offered_modules`, loaded."""
    offered, point = _offered(group)[place]
    return offered if offered.reason else _load(point)


def _offered(group: str) -> list[tuple[RegisteredModule, EntryPoint]]:
    points = sorted(entry_points(group=group), key=lambda p: (p.name, _package(p)[0], p.value))
    first: dict[str, EntryPoint] = {}
    found = []
    for point in points:
        holder = first.setdefault(point.name, point)
        taken = f"the name is taken by {holder.value} of {_package(holder)[0] or 'another package'}"
        reason = "" if holder is point else taken
        found.append((RegisteredModule(point.name, point.value, *_package(point), reason=reason), point))
    return found


def _package(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist is not None else ("", "")


def _load(point: EntryPoint) -> RegisteredModule:
    package = _package(point)
    try:
        value = point.load()
        if not inspect.isclass(value) and callable(value):
            value = value()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # boundary: code of others runs
        reason = f"loading it raised {type(error).__name__}: {error}"
        return RegisteredModule(point.name, point.value, *package, reason=reason)
    declaration = _declaration(value, point)
    reason = _fault(declaration, value)
    return RegisteredModule(
        point.name, point.value, *package, declaration=None if reason else declaration, reason=reason
    )


def _declaration(value: Any, point: EntryPoint) -> ModuleDeclaration | None:
    if isinstance(value, ModuleDeclaration):
        return value
    if not inspect.isclass(value):
        return None
    title, _, rest = (inspect.getdoc(value) or point.name).partition("\n")
    return ModuleDeclaration(
        title.strip().rstrip("."),
        python_type=f"{value.__module__}.{value.__qualname__}",
        description=rest.strip(),
    )


def _fault(declaration: ModuleDeclaration | None, value: Any) -> str:
    """Return why a declaration cannot be used, "" where it can."""
    if declaration is None:
        return f"it is a {type(value).__name__}, and neither a class nor a ModuleDeclaration"
    if declaration.coupling not in COUPLINGS:
        return f"coupling {declaration.coupling!r} is unknown; there are {', '.join(COUPLINGS)}"
    wanted: Mapping[bool, str] = {True: "python_type", False: "library_file"}
    setting = wanted[declaration.coupling == "bmi_python"]
    if not getattr(declaration, setting):
        return f"its declaration lacks {setting}, which {declaration.coupling} needs"
    return ""
