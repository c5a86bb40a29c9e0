"""Making ready what a job reads: found in the catalog, or derived and kept there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmod.catalog.dataset import Dataset
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
    """Return the division of a package's hydrofabric into parts."""
    from dmod.catalog.data_format import DomainIndex
    from dmod.services.data.asking import requirement_of

    package = data.dataset(inputs["package"] or inputs["found"]["data"]["dataset"])
    catchments = sorted(map(str, package.domain.values(DomainIndex.CATCHMENT_ID)))
    wanted = requirement_of(
        "CONFIG",
        format="NGEN_PARTITION_CONFIG",
        catchments=catchments,
        restrictions={"LENGTH": [inputs["parts"]]},
    )
    (made,) = data.derive(wanted)
    return {**_found(made), "parts": inputs["parts"]}


def _found(dataset: Dataset) -> dict[str, Any]:
    return {"dataset": dataset.reference, "uuid": dataset.uuid, "identity": dataset.uuid}
