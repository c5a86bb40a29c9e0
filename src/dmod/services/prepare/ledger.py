"""What has been done of a package that is being made: steps by name, each with a hash of its inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmod.core.atomic import replacing

Facts = Mapping[str, Any]

LEDGER = ".steps.json"


def step_key(**inputs: object) -> str:
    """Return the hash of a step's inputs; the same for equal values, whatever their order."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Ledger:
    """The steps that are complete in a work folder; survives the process.

    Parameters
    ----------
    folder : where the package is made; it must exist
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER
        self._steps: dict[str, dict[str, Any]] = _read(self.path)

    def found(self, step: str, key: str) -> Facts | None:
        """Return what a step noted, if it is complete and its inputs were these; else None."""
        entry = self._steps.get(step)
        return entry["facts"] if entry is not None and entry["key"] == key else None

    def finish(self, step: str, key: str, facts: Facts) -> None:
        """Note durably that a step is complete."""
        self._steps[step] = {"key": key, "facts": dict(facts)}
        with replacing(self.path) as hidden:
            hidden.write_text(json.dumps(self._steps, default=str), encoding="utf-8")

    def forget(self, step: str) -> None:
        """Take a step as not done."""
        if self._steps.pop(step, None) is not None:
            with replacing(self.path) as hidden:
                hidden.write_text(json.dumps(self._steps, default=str), encoding="utf-8")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return what is noted; a damaged ledger is none, so that everything is done anew."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return {}
    sound = isinstance(content, dict) and all(
        isinstance(entry, dict) and {"key", "facts"} <= set(entry) for entry in content.values()
    )
    return content if sound else {}


def work_folder(target: Path) -> Path:
    """Return where a package is made before it appears as ``target``: beside it, hidden."""
    target = target.absolute()
    return target.with_name(f".{target.name}.preparing")
