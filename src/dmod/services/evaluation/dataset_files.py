"""Datasets that a specification names, laid out in a folder; nothing else of the machine can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from dmod.errors import DatasetNotFound, DmodError, InputError, NotFoundError
from dmod.evaluation.location_series import SeriesSource
from dmod.services.data.service import DataService
from dmod.services.evaluation.dataset_gauge import gauge_of
from dmod.services.evaluation.member_openings import divided
from dmod.services.evaluation.opening import Opening
from dmod.services.evaluation.resolving import FolderResolver
from dmod.services.evaluation.sources import is_run, open_source

PACKAGES = frozenset({"package", "input", "hydrofabric"})
"""Roles of what results were made of that may have the hydrofabric."""


@dataclass
class DatasetFiles:
    """Lays out datasets as they are asked for: a resolver of addresses, and an opener of runs.

    Parameters
    ----------
    data : as whoever asks sees it
    folder : to lay them out in
    stack : closes what was opened
    """

    data: DataService
    folder: Path
    stack: ExitStack
    used: list[str] = field(default_factory=list)

    def __call__(self, address: str, place: str) -> Sequence[Path]:
        """Return the files that an address ``NAME/path`` means; the path may be a pattern."""
        name, _, path = address.partition("/")
        root = self._laid_out(name, place)
        if path:
            return FolderResolver(root)(path, place)
        files = sorted(item for item in root.rglob("*") if item.is_file())
        if len(files) != 1:
            raise NotFoundError(
                f"{place}: {name} has {len(files)} files", hint=f"say which one: {name}/path of the file"
            )
        return files

    def open(self, opening: Opening) -> SeriesSource:
        """Open a run or observations that the short form names.

        Raises
        ------
        InputError
            it holds no series, or cannot be read; its place in the specification is named.
        """
        return self._opened(opening, self._at(opening, _inside))

    def open_members(self, opening: Opening) -> Mapping[str, SeriesSource]:
        """Open all members of an ensemble that a dataset holds, by name.

        Raises
        ------
        InputError
            it holds none, or they cannot be read; its place in the specification is named.
        """
        found = divided(opening, self._at(opening, _whole))
        return {
            name: self._opened(replace(one, address=opening.address), Path(one.address))
            for name, one in found.items()
        }

    def _at(self, opening: Opening, inside: Callable[[Path], Path]) -> Path:
        """Return where what an address means is laid out."""
        name, _, path = opening.address.partition("/")
        root = self._laid_out(name, opening.place)
        at = root / path if path else inside(root)
        if path and not at.resolve().is_relative_to(root.resolve()):
            raise InputError(f"{opening.place}: {path!r} leads out of {name}", hint="write a path below it")
        return at

    def _opened(self, opening: Opening, at: Path) -> SeriesSource:
        name = opening.address.partition("/")[0]
        options = replace(opening.options, name=opening.options.name or name)
        if opening.kind == "run":
            options = replace(options, hydrofabric=self._fabric(name))
        else:
            options = replace(options, gauge=gauge_of(self.data.dataset(name)))
        try:
            source = open_source(at, opening.kind, options)
        except DmodError as error:
            raise type(error)(f"{opening.place}: {error.message}", hint=error.hint) from error
        self.stack.callback(source.close)
        return source

    def _laid_out(self, name: str, place: str) -> Path:
        try:
            dataset = self.data.dataset(name)
        except (DatasetNotFound, InputError) as error:
            raise type(error)(f"{place}: {error.message}", hint=error.hint) from error
        target = self.folder / dataset.reference
        if dataset.reference not in self.used:
            self.data.get(dataset.reference, target, link=True, check=True)
            self.used.append(dataset.reference)
        return target

    def _fabric(self, name: str) -> Path | None:
        """Return the hydrofabric of results, out of the package that they came from."""
        dataset = self.data.dataset(name)
        for item in dataset.lineage.inputs:
            if item.role not in PACKAGES:
                continue
            target = self.folder / "fabrics" / item.reference
            with suppress(DatasetNotFound, NotFoundError):
                if not target.is_dir():
                    self.data.get(item.reference, target, link=True, only=("*.gpkg",))
                return next(iter(sorted(target.rglob("*.gpkg"))), None)
        return None


def _whole(root: Path) -> Path:
    """Return what of a dataset holds members: the one file, or the folder that has more than one thing."""
    inside = list(root.iterdir())
    if len(inside) == 1 and inside[0].is_dir():
        return _whole(inside[0])
    return _alone(root)


def _alone(root: Path) -> Path:
    files = [item for item in root.rglob("*") if item.is_file()]
    return files[0] if len(files) == 1 else root


def _inside(root: Path) -> Path:
    """Return what of a dataset is the source: the one file, the folder of results, or all of it."""
    if is_run(root):
        return root
    alone = _alone(root)
    if alone != root:
        return alone
    runs = [item for item in sorted(root.rglob("*")) if item.is_dir() and is_run(item)]
    return runs[0] if runs else root
