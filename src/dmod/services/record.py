"""The record of how a run was made: versions, options, warnings, and the hash of every input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.output.metadata import HashedFile, hash_file, write_run_record
from dmod.services.options import Locations, RunOptions

if TYPE_CHECKING:
    from dmod.formulation.package import RunPackage
    from dmod.services.result import RunResult


@dataclass(slots=True)
class InputHashes:
    """Hashes of the input files by role, computed beside the run."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hash"))
    _files: dict[Path, str] = field(default_factory=dict)
    _batches: list[Future[list[HashedFile]]] = field(default_factory=list)

    def start(self, inputs: Mapping[str, Sequence[Path]]) -> None:
        """Begin to hash files, in this order; those that were begun before are not hashed again."""
        new = {path: role for role, paths in inputs.items() for path in paths if path not in self._files}
        self._files |= new
        self._batches.append(self._pool.submit(lambda: [hash_file(path) for path in new]))

    def collect(self) -> list[tuple[str, HashedFile]]:
        """Wait for all hashes."""
        files = [file for batch in self._batches for file in batch.result()]
        return list(zip(self._files.values(), files, strict=True))

    def close(self) -> None:
        """Give up what is not hashed yet."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def large_inputs(package: RunPackage, options: RunOptions) -> dict[str, tuple[Path, ...]]:
    """Return the inputs that are known before a package is read; those take longest to hash."""
    given = {
        "forcing": package.forcing,
        "hydrofabric": package.hydrofabric,
        "observed": options.observed,
        "states": options.warm_start,
    }
    return {role: (path,) for role, path in given.items() if path is not None and path.is_file()}


def option_texts(options: RunOptions) -> list[tuple[str, str]]:
    """Return the options that are not at their default, as they would be read."""
    default = RunOptions()
    changed = []
    for item in fields(RunOptions):
        value = getattr(options, item.name)
        if value == getattr(default, item.name) or item.name == "output":
            continue
        if isinstance(value, Locations):
            places = ((part.name, getattr(value, part.name)) for part in fields(Locations))
            changed += [(name, str(place)) for name, place in places if place is not None]
        elif isinstance(value, Mapping):
            changed.append((item.name, ", ".join(f"{name}={text}" for name, text in value.items())))
        else:
            changed.append((item.name, str(value)))
    return changed


def write_record(
    folder: Path,
    result: RunResult,
    options: RunOptions,
    hashed: Sequence[tuple[str, HashedFile]],
    *,
    started: datetime,
    command: Sequence[str],
) -> None:
    """Write ``metadata/run.json``."""
    summary: dict[str, Any] = result.summary()
    notes = {
        "result": {name: summary[name] for name in summary if name not in ("output", "report", "warnings")},
        "options": dict(option_texts(options)),
        "warnings": list(result.warnings),
        "filled": list(result.plan.forcing.filled_sentences()),
        **result.plan.finder.recorded,
        "input_roles": {file.path: role for role, file in hashed},
    }
    (folder / "metadata").mkdir()
    write_run_record(
        folder / "metadata", [file for _, file in hashed], started=started, command=command, notes=notes
    )
