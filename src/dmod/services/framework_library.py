"""Where a module's library is, as the framework would load it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from dmod.errors import NotFoundError
from dmod.formulation.package import RunPackage

SUFFIX = ".so"


def find_library(text: str, package: RunPackage, library_path: Sequence[Path]) -> Path:
    """Return the library that a realization names.

    It is where the realization says, in the package, or by its name in a folder of the library path. A name
    without a suffix has ``.so`` added, as the framework does.

    Raises
    ------
    NotFoundError
        it is in none of them; they are listed.
    """
    tried = []
    for candidate in _candidates(text, package, library_path):
        for path in (candidate, candidate.with_name(candidate.name + SUFFIX)):
            if path.is_file():
                return path.absolute()
            tried.append(str(path))
    places = ", ".join(dict.fromkeys(tried))
    raise NotFoundError(
        f"the library {text} is not there; looked for {places}",
        hint="correct library_file in the realization, or name the folder that has it in the library path",
    )


def _candidates(text: str, package: RunPackage, library_path: Sequence[Path]) -> Iterator[Path]:
    written = PurePosixPath(text)
    if written.is_absolute():
        yield Path(written)
    else:
        yield from (base / written for base in package.bases)
    yield from (folder / written.name for folder in library_path)
    try:
        yield package.resolve(text)
    except NotFoundError:
        return
