"""Laying out in the folder of a job what its run reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmod.core.atomic import remove, replacing
from dmod.errors import DatasetNotFound
from dmod.services.data.service import DataService
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.observing import observations_for

PACKAGE, OBSERVED, STATES = "package", "observed", "states"
PARTITION, CHOSEN = "partition", "run.json"
"""Of a run in parts: how it is divided, and what all parts have to know."""


def stage(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Lay out the package, and the observations and states that the run is to use.

    Files are linked where the file system can. What an attempt before has laid out is laid out anew.
    """
    folder = context.folder
    for name in (PACKAGE, OBSERVED, STATES, PARTITION, CHOSEN):
        remove(folder / name)
    package = inputs["package"] or inputs["found"]["data"]["dataset"]
    found: dict[str, Any] = {"package": package, "notes": []}
    placed = data.get(package, folder / PACKAGE, link=True, check=True)
    found |= {"files": placed.files, "bytes": placed.bytes}
    if inputs.get("warm_start"):
        data.get(inputs["warm_start"], folder / STATES, link=True, check=True)
        found["states"] = inputs["warm_start"]
    if inputs.get("partition_file"):
        data.get(inputs["partition_file"], folder / PARTITION, link=True, check=True)
        found["partition"] = inputs["partition_file"]
    observed = _observations(data, package, folder, inputs)
    if observed:
        data.get(observed, folder / OBSERVED, link=True, check=True)
        found["observed"] = observed
    elif inputs.get("evaluation") is not False:
        found["notes"].append("nothing is evaluated: the catalog has no observations for it")
    if "run" in inputs:
        data.get(inputs["found"]["partition"]["dataset"], folder / PARTITION, link=True, check=True)
        text = json.dumps({"chosen": inputs["run"], "staged": found})
        with replacing(folder / CHOSEN) as hidden:
            hidden.write_text(text, encoding="utf-8")
    return found


def only_file(folder: Path, suffixes: tuple[str, ...]) -> Path:
    """Return the one file of some kind in what was laid out.

    Raises
    ------
    DatasetNotFound
        there is none, or there are several.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in suffixes)
    if len(files) != 1:
        raise DatasetNotFound(
            f"{folder.name}: one file is needed ({', '.join(suffixes)}), there are {len(files)}",
            hint="name a dataset of one file",
        )
    return files[0]


def _observations(data: DataService, package: str, folder: Path, inputs: Mapping[str, Any]) -> str | None:
    """Return the dataset of observations that is named, or the one with most of what the gauge saw."""
    asked = inputs.get("evaluation")
    if asked is False:
        return None
    if isinstance(asked, Mapping) and asked.get("observed"):
        return data.dataset(str(asked["observed"])).reference
    return observations_for(data, data.dataset(package), folder / PACKAGE, inputs)
