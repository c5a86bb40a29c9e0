"""Where results of a run come from: what the run noted of its inputs, found again in the catalog by hash."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Dataset, Lineage

NOTED = "metadata/run.json"
STEP = "run"
NAMED = 20
"""How many inputs that the catalog has not are named one by one."""


def traced(catalog: Catalog, files: Sequence[tuple[str, Path]]) -> Lineage | None:
    """Return the lineage of a run's results; None where the files are none, or nothing is known of it.

    The inputs are as few datasets as hold all that the run read. What the catalog does not hold is named
    with its hash as a source outside.
    """
    noted = next((path for name, path in files if name == NOTED or name.endswith(f"/{NOTED}")), None)
    document = None if noted is None else _document(noted)
    inputs = _inputs(document) if document is not None else {}
    if not inputs or document is None:
        return None
    chosen, missing = _fewest(catalog.index.with_content(list(inputs)), inputs)
    sources = {
        inputs[sha256]: f"sha256:{sha256}" for sha256 in sorted(missing, key=inputs.__getitem__)[:NAMED]
    }
    if len(missing) > NAMED:
        sources["and others"] = f"{len(missing) - NAMED} files"
    versions = document.get("versions", {})
    software = f"dmod {versions.get('dmod', '')}".strip() if isinstance(versions, dict) else "dmod"
    return Lineage(
        STEP,
        tuple(
            dataset.as_input("package" if not missing and len(chosen) == 1 else "input") for dataset in chosen
        ),
        software=software,
        sources=sources,
    )


def _fewest(
    holding: Mapping[str, Sequence[Dataset]], inputs: Mapping[str, str]
) -> tuple[list[Dataset], set[str]]:
    """Choose datasets that hold the most of what is left, until none holds any of it."""
    held: dict[str, set[str]] = defaultdict(set)
    known: dict[str, Dataset] = {}
    for sha256, datasets in holding.items():
        for dataset in datasets:
            held[dataset.uuid].add(sha256)
            known[dataset.uuid] = dataset
    left, chosen = set(inputs), []
    while held:
        # of several that hold as much the smallest is meant: it holds little else
        uuid = min(held, key=lambda key: (-len(held[key] & left), known[key].files, known[key].created, key))
        if not held[uuid] & left:
            break
        chosen.append(known[uuid])
        left -= held.pop(uuid)
    return chosen, left


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _inputs(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths of the files that a run read, by hash."""
    listed = document.get("inputs")
    found = {}
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and _is_hash(item.get("sha256")):
            found[str(item["sha256"])] = str(item.get("path", ""))
    return found


def _is_hash(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")
