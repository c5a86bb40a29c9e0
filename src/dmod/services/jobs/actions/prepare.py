"""Making ready what a job reads: found in the catalog, or derived and kept there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmod.catalog.dataset import Dataset
from dmod.core.atomic import remove, replacing
from dmod.services.data.service import DataService
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.wanted import data_requirement, package_requirement


def prepare_package(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return the run package of a request: one that is there, or one that is derived now."""
    context.progress("looking for the run package")
    plan = data.plan(package_requirement(data, inputs))
    (package,) = data.derive(plan)
    return {**_found(package), "derived_by": [step.derivation.name for step in plan.steps()]}


def prepare_data(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return the data that a request asks for."""
    plan = data.plan(data_requirement(data, inputs))
    made = data.derive(plan, name=inputs.get("dataset") or "")
    first = _found(made[0])
    references = [dataset.reference for dataset in made]
    derived_by = [step.derivation.name for step in plan.steps()]
    identity = " ".join(sorted(dataset.uuid for dataset in made))
    return {**first, "identity": identity, "datasets": references, "derived_by": derived_by}


def partition_package(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Divide the hydrofabric of a package into parts, and keep the division as a dataset.

    Raises
    ------
    InputError
        there cannot be so many parts; the hint names how many there can be.
    """
    from dmod.formulation.package import find_package
    from dmod.hydrofabric import read_hydrofabric
    from dmod.hydrofabric.partition import partition_fabric, partition_text
    from dmod.services.catchment_costs import catchment_costs
    from dmod.services.data.bringing import Description
    from dmod.services.jobs.actions.collect import publish

    package = inputs["package"] or inputs["found"]["data"]["dataset"]
    source, made = context.folder / "partition-of", context.folder / f"partition-{inputs['parts']}.json"
    remove(source)
    data.get(package, source, link=True)
    context.progress(f"dividing into {inputs['parts']} parts")
    located = find_package(source)
    fabric = read_hydrofabric(located.hydrofabric, located.nexus)
    # what is done once for all parts does not count
    costs = catchment_costs(fabric, located.realization, is_routed=False)
    found = partition_fabric(fabric, inputs["parts"], weights=costs.seconds)
    with replacing(made) as hidden:
        hidden.write_text(partition_text(fabric, found), encoding="utf-8")
    remove(source)
    text = f"{package} in {inputs['parts']} parts"
    dataset = publish(
        data, [made], Description(text=text), name=f"partition-{inputs['key'][:16]}", key=inputs["key"]
    )
    quality = {"imbalance": found.imbalance, "crossings": found.crossings}
    return {**_found(dataset), "parts": inputs["parts"], **quality}


def _found(dataset: Dataset) -> dict[str, Any]:
    return {"dataset": dataset.reference, "uuid": dataset.uuid, "identity": dataset.uuid}
