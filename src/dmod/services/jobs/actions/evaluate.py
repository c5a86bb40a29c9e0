"""Scoring results that are in the catalog against observations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.atomic import remove
from dmod.errors import DatasetNotFound
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.jobs.actions.collect import publish
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.actions.run import SERIES
from dmod.services.jobs.actions.stage import only_file

FOLDER = "evaluation"
FILE = "scores.json"


def evaluate_results(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Compare the flow at the outlet with observations, and publish the scores."""
    earlier = inputs["found"].get("collect")
    results = earlier["dataset"] if earlier else inputs["results"]
    asked = inputs.get("evaluation")
    evaluation = asked if isinstance(asked, Mapping) else {}
    observed = evaluation.get("observed") or inputs["found"].get("stage", {}).get("observed")
    base = {"dataset": results, "summary": (earlier or {}).get("summary"), "evaluation": None, "scores": None}
    if observed is None:
        if not earlier:
            raise DatasetNotFound(
                f"nothing to compare {results} with is named", hint="name a dataset: evaluation.observed"
            )
        return {**base, "notes": inputs["found"]["stage"]["notes"]}
    folder = context.folder / FOLDER
    remove(folder)
    scores = _scores(data, folder, str(results), str(observed), evaluation)
    written = folder / "written" / FILE
    written.parent.mkdir()
    written.write_text(json.dumps(scores, indent=1), encoding="utf-8")
    description = Description(
        category=Category.EVALUATION,
        format=FORMATS["EVALUATION_RESULT"],
        restrictions=_covers(scores),
        text=f"scores of {results} against {observed}",
        came_from=(str(results), str(observed)),
        step="evaluate",
    )
    made = publish(
        data, [written.parent], description, name=f"scores-{inputs['key'][:16]}", key=inputs["key"]
    )
    return {**base, "evaluation": made.reference, "identity": made.uuid, **scores}


def _covers(scores: Mapping[str, Any]) -> dict[DomainIndex, Restriction]:
    """Return what scores are about: a gauge and a period."""
    found = scores["scores"]
    first, last = (
        datetime.fromisoformat(str(found[name])[:19]).replace(tzinfo=UTC) for name in ("start", "end")
    )
    held: dict[DomainIndex, Restriction] = {DomainIndex.TIME: Continuous(first, last + timedelta(seconds=1))}
    if scores["gauge"]:
        held[DomainIndex.GAGE_ID] = Discrete(frozenset({str(scores["gauge"])}))
    return held


def _scores(
    data: DataService, folder: Path, results: str, observed: str, evaluation: Mapping[str, Any]
) -> dict[str, Any]:
    from dmod.services.rescore import rescore

    data.get(results, folder / "results", link=True, check=True)
    data.get(observed, folder / "observed", link=True, check=True)
    package = next(
        (item for item in data.dataset(results).lineage.inputs if item.role in {"package", "input"}), None
    )
    if package is None:
        raise DatasetNotFound(
            f"the catalog does not know which package {results} came from",
            hint="add the package, then the results again: their record names what they read",
        )
    data.get(package.reference, folder / "package", link=True, check=True)
    hydrograph = rescore(
        folder / "results",
        folder / "package",
        only_file(folder / "observed", SERIES),
        outlet=evaluation.get("outlet"),
        warm_up=timedelta(seconds=evaluation.get("warm_up") or 0),
        unit=evaluation.get("unit"),
        column=evaluation.get("column"),
    )
    assert hydrograph.scores is not None
    return {
        "outlet": hydrograph.outlet.id,
        "gauge": hydrograph.outlet.gauge or None,
        "observed": observed,
        "scores": hydrograph.scores.as_dict(),
    }
