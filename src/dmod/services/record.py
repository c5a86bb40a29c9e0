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
    from dmod.services.result import RunResult


@dataclass(slots=True)
class InputHashes:
    """Hashes of the input files by role, computed beside the run."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "hash"))
    _files: list[tuple[str, Future[HashedFile]]] = field(default_factory=list)

    def start(self, inputs: Mapping[str, Sequence[Path]]) -> None:
        """Begin to hash files; the large ones first."""
        for role, paths in inputs.items():
            self._files += [(role, self._pool.submit(hash_file, path)) for path in paths]

    def collect(self) -> list[tuple[str, HashedFile]]:
        """Wait for all hashes."""
        return [(role, future.result()) for role, future in self._files]

    def stop(self) -> None:
        """Give up what is not hashed yet."""
        self._pool.shutdown(wait=True, cancel_futures=True)


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
            changed += [(item.name, f"{name}={text}") for name, text in value.items()]
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
        "input_roles": {file.path: role for role, file in hashed},
    }
    (folder / "metadata").mkdir()
    write_run_record(
        folder / "metadata", [file for _, file in hashed], started=started, command=command, notes=notes
    )
