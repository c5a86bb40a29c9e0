"""Running some catchments of a run that was divided, and going on from what all parts found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmod.errors import NotFoundError
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.actions.run import options_of, run_model, written_in
from dmod.services.jobs.actions.stage import CHOSEN, PACKAGE, PARTITION, only_file

FOUND = "parts"


def run_part(inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Compute one part in the folder of the run's job, where the whole goes on from it.

    Raises
    ------
    NotFoundError
        the job of the run has laid out nothing, or no such part.
    """
    from dmod.services import parts

    home = context.folder.parent / inputs["parent"]
    try:
        laid_out = json.loads((home / CHOSEN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"job {inputs['parent']} has laid out nothing for its parts",
            hint="its folder is not there (any more), or not shared with where the part runs",
        ) from None

    def tell(phase: str, done: int, total: int) -> None:
        context.progress(phase, done / total if total else None)

    options = options_of(laid_out["chosen"], laid_out["staged"], home, workers=context.cpus)
    catchments = _catchments(only_file(home / PARTITION, (".json",)), inputs["part"])
    place = written_in(home, inputs) / FOUND
    place.mkdir(exist_ok=True)
    found = parts.run_part(home / PACKAGE, catchments, place / str(inputs["part"]), options, progress=tell)
    return {"catchments": found.catchments, "steps": found.steps}


def gather(inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Go on with the run from what its parts found.

    Raises
    ------
    NotFoundError
        nothing of what they found is there.
    """
    found = written_in(context.folder, inputs) / FOUND
    folders = sorted(path for path in found.glob("[0-9]*")) if found.is_dir() else []
    if not folders:
        raise NotFoundError("what the parts of the run found is not there", hint="run it again")
    return run_model(inputs, context, folders)


def _catchments(path: Path, part: int) -> list[str]:
    """Return the catchments of one part of a partition file."""
    parts = json.loads(path.read_text(encoding="utf-8"))["partitions"]
    if part >= len(parts):
        raise NotFoundError(f"{path.name} has {len(parts)} parts, none of number {part}")
    return [str(item) for item in parts[part]["cat-ids"]]
