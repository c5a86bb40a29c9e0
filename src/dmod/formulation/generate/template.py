"""A user's realization document as a template: its modules recognised, everything else kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dmod.core.problem import Problem
from dmod.formulation.document import Document as Text
from dmod.formulation.document import JsonPath, read_document
from dmod.formulation.formulation import ID_PATTERN, MODULE_NAMES, MULTI
from dmod.formulation.generate.documents import forcing_block, routing_block, time_block
from dmod.formulation.generate.generator import Document, Generator, Settings
from dmod.formulation.generate.registry import find_generator

# generator → parts of the names of library, registration function and type by which documents mean it
_MARKS: Final = {
    "sloth": ("sloth",),
    "noah-owp": ("noahowp", "noah-owp", "noah_owp", "surfacebmi"),
    "snow17": ("snow17", "snow-17"),
    "sac-sma": ("sacsma", "sac-sma", "sac_sma", "bmi_sac", "sacbmi", "fortran_sac"),
    "topmodel": ("topmodel",),
    "cfe": ("cfe",),
    "pet": ("petbmi", "bmi_pet", "pet"),
}
_XINANJIANG: Final = ("cfe-x", "cfe_x", "cfex", "xinanjiang")


@dataclass(frozen=True, slots=True)
class Part:
    """A module that is to be configured for some catchments.

    Parameters
    ----------
    pattern : path inside the package of each catchment's first file, ``{{id}}`` standing for the catchment;
        "" for the generator's own
    rows : the catchments, by number
    """

    generator: Generator
    pattern: str
    rows: tuple[int, ...]

    def place(self, catchment: str, given: PurePosixPath) -> PurePosixPath:
        """Return where a catchment's first file goes that a generator has placed at ``given``."""
        return PurePosixPath(self.pattern.replace(ID_PATTERN, catchment)) if self.pattern else given


@dataclass(frozen=True, slots=True)
class Template:
    """A template, taken apart.

    Parameters
    ----------
    parts : the modules that have a generator
    problems : modules that have none, and catchments that the fabric does not have
    """

    text: Text
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...] = ()

    def filled(self, settings: Settings, *, routed: bool) -> Document:
        """Return the document with period, forcing and routing of the package, all else as it was."""
        document: Document = copy.deepcopy(self.text.tree)
        document["time"] = {**document.get("time", {}), **time_block(settings.axis)}
        forcing = forcing_block(settings.forcing)
        places = [document.setdefault("global", {})] if "global" in document else []
        places += [own for own in document.get("catchments", {}).values() if "forcing" in own]
        for place in places:
            kept = {k: v for k, v in place.get("forcing", {}).items() if k != "file_pattern"}
            place["forcing"] = {**kept, **forcing}
        document.pop("routing", None)
        return document | ({"routing": routing_block()} if routed else {})


def read_template(path: Path, ids: Sequence[str]) -> Template:
    """Read a realization document that is to be filled in.

    Parameters
    ----------
    ids : the fabric's catchments

    Raises
    ------
    NotFoundError, RealizationError
        there is no such document, it is no JSON, it has no formulation, or it wants a module's files where
        they cannot go.
    """
    text = read_document(path)
    tree = text.tree
    if not isinstance(tree, dict) or not ({"global", "catchments"} & set(tree)):
        raise text.error((), "this is no realization: it has neither global nor catchments")
    row = {identifier: at for at, identifier in enumerate(ids)}
    overrides = tree.get("catchments", {})
    if not isinstance(overrides, dict):
        raise text.error(("catchments",), "an object with a member per catchment is expected")
    rest = tuple(at for identifier, at in row.items() if identifier not in overrides)
    found: list[Part | Problem] = []
    if "global" in tree:
        found += _parts(text, ("global",), rest)
    for identifier in overrides:
        if identifier in row:
            found += _parts(text, ("catchments", identifier), (row[identifier],))
    parts = tuple(_merged([part for part in found if isinstance(part, Part)]))
    problems = [problem for problem in found if isinstance(problem, Problem)]
    strangers = tuple(identifier for identifier in overrides if identifier not in row)
    if strangers:
        message = "formulations are given for catchments that the hydrofabric does not have"
        problems.append(Problem("warning", "override-unknown", message, text.source, strangers))
    return Template(text, parts, tuple({p.message: p for p in problems}.values()))


def _parts(text: Text, path: JsonPath, rows: tuple[int, ...]) -> Iterator[Part | Problem]:
    """Yield what each module of one formulation is."""
    place: Any = text.tree
    for step in path:
        place = place[step]
    formulations = place.get("formulations") if isinstance(place, dict) else None
    if not isinstance(formulations, list) or not formulations or not isinstance(formulations[0], dict):
        raise text.error(path, "formulations with one formulation are expected here")
    for at, entry in _modules(text, (*path, "formulations", 0), formulations[0]):
        params = entry["params"]
        generator = _recognised(params)
        if generator is None:
            name = params.get("model_type_name", "")
            message = f"module {name!r} has no generator: its configuration files are not made"
            hint = "put them where its init_config names them"
            yield Problem("warning", "module-not-configured", message, text.source, hint=hint)
        elif generator.folder:
            yield Part(generator, _pattern(text, at, params, rows), rows)


def _modules(text: Text, path: JsonPath, entry: Any) -> Iterator[tuple[JsonPath, Document]]:
    """Yield the single modules of an entry, chains taken apart."""
    if not isinstance(entry, dict) or not isinstance(entry.get("params"), dict):
        raise text.error(path, "a module with name and params is expected here")
    inner = entry["params"].get("modules")
    if entry.get("name") == MULTI or isinstance(inner, list):
        if not isinstance(inner, list) or not inner:
            raise text.error((*path, "params"), "a chain needs its modules")
        for number, module in enumerate(inner):
            yield from _modules(text, (*path, "params", "modules", number), module)
        return
    if entry.get("name") not in MODULE_NAMES:
        raise text.error(
            path, f"{entry.get('name')!r} is no kind of module", hint=f"one of {', '.join(MODULE_NAMES)}"
        )
    yield path, entry


def _recognised(params: Document) -> Generator | None:
    library = PurePosixPath(str(params.get("library_file", ""))).name.lower()
    kind = str(params.get("model_type_name", "")).lower()
    for word in (library, str(params.get("registration_function", "")).lower(), kind):
        name = next((n for n, marks in _MARKS.items() if any(mark in word for mark in marks)), None)
        if name == "cfe" and any(mark in kind for mark in _XINANJIANG):
            name = "cfe-x"
        if name is not None:
            return find_generator(name)
    return None


def _pattern(text: Text, path: JsonPath, params: Document, rows: tuple[int, ...]) -> str:
    """Return where a module wants its files, as a path inside the package."""
    place = (*path, "params", "init_config")
    pattern = params.get("init_config", "")
    if not isinstance(pattern, str) or not pattern:
        raise text.error(place[:-1], "init_config is missing: where are the module's files to go?")
    inside = PurePosixPath(pattern)
    if inside.is_absolute() or ".." in inside.parts:
        raise text.error(
            place,
            f"{pattern!r} leads out of the package",
            hint="write it relative to the package, as ./config/cat_config/CFE/{{id}}.ini",
        )
    if ID_PATTERN not in pattern and len(rows) > 1:
        raise text.error(
            place,
            f"{pattern!r} is the same file for all {len(rows)} catchments",
            hint="write {{id}} where the catchment's id belongs",
        )
    return str(inside)


def _merged(parts: Sequence[Part]) -> Iterator[Part]:
    """Yield parts with those of the same generator and pattern put together."""
    rows: dict[tuple[str, str], set[int]] = {}
    generators = {part.generator.name: part.generator for part in parts}
    for part in parts:
        rows.setdefault((part.generator.name, part.pattern), set()).update(part.rows)
    for (name, pattern), numbers in rows.items():
        yield Part(generators[name], pattern, tuple(sorted(numbers)))
