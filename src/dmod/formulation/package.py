"""Find the files of a run package in the layouts that users have.

    NextGen In A Box         flatter                  one folder
    config/realization.json  realization.json         realization.json
    config/*.gpkg            hydrofabric/*.gpkg       *.gpkg
    config/troute.yaml       config/…                 …
    forcings/forcings.nc     forcing/…                …

Paths inside the realization are relative to the package, to the realization's own folder, or to
the current directory, whichever holds the file. An absolute path that does not exist, as from
inside a container, is sought in the package by its longest tail.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dmod.core.problem import Problem
from dmod.errors import InputError, NotFoundError
from dmod.formulation.formulation import ID_PATTERN
from dmod.formulation.reader import read_realization
from dmod.formulation.realization import Realization

REALIZATION_FOLDERS = ("", "config")
HYDROFABRIC_FOLDERS = ("", "config", "hydrofabric", "domain")


@dataclass(frozen=True, slots=True)
class RunPackage:
    """The files of one run.

    Parameters
    ----------
    root : the package's folder, to which its relative paths refer
    hydrofabric : GeoPackage, or GeoJSON of the catchments
    nexus : GeoJSON of the nexuses; None with a GeoPackage
    realization : as read
    realization_file : where it was read from
    forcing : file or folder of the global forcing; None where there is none
    routing : t-route's configuration; None where the realization asks for no routing
    working_directory : the directory from which the program was started
    problems : files that the realization names and that are not there
    """

    root: Path
    hydrofabric: Path
    nexus: Path | None
    realization: Realization
    realization_file: Path
    forcing: Path | None
    routing: Path | None
    working_directory: Path
    problems: tuple[Problem, ...] = ()

    @property
    def bases(self) -> tuple[Path, ...]:
        """Folders to which a relative path may refer, in the order in which they are tried."""
        return tuple(dict.fromkeys((self.root, self.realization_file.parent, self.working_directory)))

    def resolve(self, text: str | Path, *beside: Path) -> Path:
        """Return the existing file or folder that a path of the package means.

        Parameters
        ----------
        text : as written in the realization or another configuration file
        beside : further folders to try, such as that of the file in which the path stands

        Raises
        ------
        NotFoundError
            it exists in none of the places that are tried; the message lists them.
        """
        return _resolve(str(text), (*self.bases, *beside))

    def resolve_pattern(self, pattern: str) -> str:
        """Return a path with ``{{id}}`` made absolute, ``{{id}}`` left in place.

        The first place in which any file matches is taken; where none does, the package's folder.
        """
        if ID_PATTERN not in pattern:
            found = next((p for p in _candidates(pattern, self.bases) if p.exists()), None)
        else:
            found = next((p for p in _candidates(pattern, self.bases) if _matches(p)), None)
        return str(found if found is not None else next(_candidates(pattern, self.bases)))


def find_package(
    path: str | Path,
    *,
    hydrofabric: str | Path | None = None,
    realization: str | Path | None = None,
    forcing: str | Path | None = None,
    routing: str | Path | None = None,
    nexus: str | Path | None = None,
) -> RunPackage:
    """Find the files of a run package.

    Parameters
    ----------
    path : the package's folder, or its realization document
    hydrofabric, realization, forcing, routing, nexus : taken instead of what would be found

    Raises
    ------
    NotFoundError
        the folder, an option's file, a realization or a hydrofabric is not there; the message
        lists what was looked for where.
    InputError
        several files could be meant; the message lists them and names the option to give.
    RealizationError
        the realization cannot be read.
    """
    root, document = _root_and_document(Path(path), realization)
    fabric, nexus_file = _hydrofabric(root, hydrofabric, nexus)
    content = read_realization(document)
    bases = tuple(dict.fromkeys((root, document.parent, Path.cwd())))
    problems: list[Problem] = []
    forcing_path = _given("forcing", forcing)
    if forcing_path is None and content.forcing is not None and content.forcing.path:
        forcing_path = _named(content.forcing.path, bases, "global.forcing.path", content, problems)
    routing_path = _given("routing", routing)
    if routing_path is None and content.routing is not None:
        routing_path = _named(str(content.routing), bases, "routing", content, problems)
    return RunPackage(
        root=root,
        hydrofabric=fabric,
        nexus=nexus_file,
        realization=content,
        realization_file=document,
        forcing=forcing_path,
        routing=routing_path,
        working_directory=Path.cwd(),
        problems=tuple(problems),
    )


def _given(option: str, value: str | Path | None) -> Path | None:
    """Return an option's path, which must exist."""
    if value is None:
        return None
    path = Path(value).expanduser()
    if not path.exists():
        raise NotFoundError(f"--{option}: {path} does not exist", hint="check the path")
    if option != "forcing" and path.is_dir():
        raise InputError(f"--{option}: {path} is a folder", hint="give the file")
    return path.absolute()


def _root_and_document(path: Path, option: str | Path | None) -> tuple[Path, Path]:
    path = path.expanduser()
    document = _given("realization", option)
    if path.is_dir():
        root = path.resolve()
        return root, document or _find_realization(root)
    if not path.exists():
        raise NotFoundError(f"{path} does not exist", hint="give a run package's folder or its realization")
    if path.suffix.lower() != ".json":
        raise InputError(f"{path} is neither a folder nor a realization document (*.json)")
    folder = path.parent.resolve()
    return folder.parent if folder.name == "config" else folder, document or folder / path.name


def _find_realization(root: Path) -> Path:
    patterns: Sequence[tuple[str, Callable[[Path], bool]]] = (
        ("realization.json", lambda _: True),
        ("*realization*.json", lambda _: True),
        ("*.json", _looks_like_realization),
    )
    for pattern, accept in patterns:
        found = [file for file in _files(root, REALIZATION_FOLDERS, (pattern,)) if accept(file)]
        if found:
            return _only_one(found, "realization", "--realization")
    raise _nothing(
        root, "realization", "--realization", REALIZATION_FOLDERS, ("*realization*.json", "*.json")
    )


def _looks_like_realization(file: Path) -> bool:
    return b'"formulations"' in file.read_bytes()


def _hydrofabric(
    root: Path, option: str | Path | None, nexus_option: str | Path | None
) -> tuple[Path, Path | None]:
    fabric = _given("hydrofabric", option)
    nexus = _given("nexus", nexus_option)
    if fabric is None:
        found = _files(root, HYDROFABRIC_FOLDERS, ("*.gpkg",))
        kinds = ("*catchment*.geojson", "*divides*.geojson", "*catchment*.json")
        found = found or _files(root, HYDROFABRIC_FOLDERS, kinds)
        if not found:
            raise _nothing(root, "hydrofabric", "--hydrofabric", HYDROFABRIC_FOLDERS, ("*.gpkg", *kinds))
        fabric = _only_one(found, "hydrofabric", "--hydrofabric")
    if nexus is None and fabric.suffix.lower() != ".gpkg":
        found = _files(fabric.parent, ("",), ("*nexus*.geojson", "*nexus*.json"))
        if not found:
            raise _nothing(fabric.parent, "nexus file", "--nexus", ("",), ("*nexus*.geojson", "*nexus*.json"))
        nexus = _only_one(found, "nexuses", "--nexus")
    return fabric, nexus


def _files(root: Path, folders: Sequence[str], patterns: Sequence[str]) -> list[Path]:
    found = (file for folder in folders for pattern in patterns for file in (root / folder).glob(pattern))
    return sorted({file for file in found if file.is_file()})


def _only_one(found: Sequence[Path], what: str, option: str) -> Path:
    if len(found) > 1:
        names = "".join(f"\n    {file}" for file in found)
        raise InputError(f"several files could be the {what}:{names}", hint=f"say which with {option}")
    return found[0]


def _nothing(
    root: Path, what: str, option: str, folders: Sequence[str], patterns: Sequence[str]
) -> NotFoundError:
    places = ", ".join(str(root / folder) for folder in folders)
    return NotFoundError(
        f"no {what} was found: looked for {', '.join(patterns)} in {places}", hint=f"give it with {option}"
    )


def _named(text: str, bases: Sequence[Path], key: str, content: Realization, problems: list[Problem]) -> Path:
    """Return the file that the realization names; one that is not there becomes a problem."""
    try:
        return _resolve(text, bases)
    except NotFoundError as error:
        message = f"{key}: {error.message}"
        if key == "routing":  # channels come from the hydrofabric, so that a run goes on without it
            hint = "routing runs as it does without such a file; correct the path, or give --routing"
            problems.append(Problem("warning", "routing-not-found", message, where=content.source, hint=hint))
        else:
            hint = "correct the path, or give --forcing"
            problems.append(Problem("error", "forcing-not-found", message, where=content.source, hint=hint))
        return next(_candidates(text, bases))


def _resolve(text: str, bases: Sequence[Path]) -> Path:
    tried = []
    for candidate in _candidates(text, bases):
        if candidate.exists():
            return candidate
        tried.append(str(candidate))
    raise NotFoundError(f"{text} does not exist; looked for {', '.join(dict.fromkeys(tried))}")


def _candidates(text: str, bases: Sequence[Path]) -> Iterator[Path]:
    """Yield the places that a path may mean, the likeliest first."""
    written = PurePosixPath(text)
    if not written.is_absolute():
        yield from (base / written for base in bases)
        return
    yield Path(written)
    tail = written.parts[1:]
    for start in range(len(tail)):
        yield from (base.joinpath(*tail[start:]) for base in bases[:2])


def _matches(path: Path) -> bool:
    """Whether any file fits a path with ``{{id}}`` in it."""
    pattern = "*".join(glob.escape(part) for part in str(path).split(ID_PATTERN))
    return next(glob.iglob(pattern), None) is not None  # noqa: PTH207 - Path has no absolute glob


def find_hydrofabric(folder: Path) -> Path:
    """Return the hydrofabric of a folder that need have no realization yet.

    Raises
    ------
    NotFoundError, InputError
        there is none, or there are several.
    """
    return _hydrofabric(folder, None, None)[0]
