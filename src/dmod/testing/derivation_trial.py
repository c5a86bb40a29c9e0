"""A derivation tried by itself: inputs staged by hand, needs and result compared with the domains.

    trial = DerivationTrial(tmp_path)
    done = trial.run(DERIVATION, requirement, {"hydrofabric": [tmp_path / "basin.gpkg"]})
    done.output     # the files that it made

Each input is copied into a folder, looked into, and must fulfil what the derivation says that it needs; and
what it makes must fulfil what was required.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset
from dmod.catalog.derivation import Derivation, Made, Refusal, Staged, Work
from dmod.catalog.domain import Domain
from dmod.catalog.explanation import reasons
from dmod.catalog.fulfilling import objection
from dmod.catalog.match import covering, examine
from dmod.catalog.requirement import Requirement

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Done:
    """What a derivation made, and where."""

    output: Path
    scratch: Path
    made: Made
    dataset: Dataset

    def content(self) -> dict[str, str]:
        """Return the SHA-256 of every file by its path."""
        return content_of(self.output)


@dataclass(slots=True)
class DerivationTrial:
    """Runs derivations in folders of its own.

    Parameters
    ----------
    folder : to work in
    """

    folder: Path
    _count: int = field(default=0, init=False)

    def run(
        self,
        derivation: Derivation,
        wanted: Requirement,
        inputs: Mapping[str, Sequence[Path | Done]],
        *,
        scratch: Path | None = None,
        progress: Any = None,
    ) -> Done:
        """Run a derivation; every role that it needs must be given, and no other.

        Parameters
        ----------
        inputs : by role: files, folders, or what was made before
        scratch : of an earlier attempt, to go on from; a new one where None
        progress : called with what is done; may raise, as an interruption would

        Raises
        ------
        AssertionError
            it refuses, an input is not what it needs, or the result is not what was required.
        """
        needs = derivation.needs(wanted)
        assert not isinstance(needs, Refusal), needs
        assert sorted(need.role for need in needs) == sorted(inputs)
        self._count += 1
        place = self.folder / f"trial-{self._count}"
        output = place / "output"
        output.mkdir(parents=True)
        scratch = scratch or place / "scratch"
        scratch.mkdir(exist_ok=True)
        staged = {need.role: self._stage(place, need, inputs[need.role]) for need in needs}
        silent = lambda *_: None  # noqa: E731 - three words
        work = Work(wanted, derivation.chosen(wanted), staged, output, scratch, progress or silent)
        made = derivation.run(work)
        dataset = draft(f"{derivation.name}-{self._count}", wanted.category, made.domain, output)
        dataset = replace(dataset, lineage=replace(dataset.lineage, parameters=dict(work.parameters)))
        found = examine(wanted, dataset, NOW)
        assert found.is_fulfilled, reasons(found)
        return Done(output, scratch, made, dataset)

    def _stage(self, place: Path, need: Requirement, given: Sequence[Path | Done]) -> tuple[Staged, ...]:
        staged = tuple(_staged(place / f"{need.role}-{i}", need, one) for i, one in enumerate(given))
        if len(staged) == 1:
            found = examine(need, staged[0].dataset, NOW)
            assert found.is_fulfilled, (need.role, reasons(found))
            assert objection(need, staged[0].dataset) is None
        else:
            assert covering(need, [one.dataset for one in staged], NOW).is_complete, need.role
        return staged


def _staged(folder: Path, need: Requirement, given: Path | Done) -> Staged:
    if isinstance(given, Done):
        shutil.copytree(given.output, folder)
        return Staged(given.dataset, folder, need)
    from dmod.services.data.detect import detect

    if given.is_dir() and given.suffix != ".zarr":
        shutil.copytree(given, folder)
    elif given.is_dir():
        shutil.copytree(given, folder / given.name)
    else:
        folder.mkdir()
        shutil.copyfile(given, folder / given.name)
    found = detect(folder)
    return Staged(draft(given.stem.replace(" ", "-"), need.category, found.domain, folder), folder, need)


def draft(name: str, category: Category, domain: Domain, folder: Path) -> Dataset:
    """Return a dataset as it would be in a catalog."""
    content = content_of(folder)
    digest = hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()
    return Dataset(name, 1, category, domain, name, digest, 1, 1, len(content), NOW)


def content_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
