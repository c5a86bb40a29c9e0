"""The data that a request asks for, as requirements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmod.catalog.requirement import Requirement
from dmod.services.data.asking import requirement_of
from dmod.services.data.service import DataService

PACKAGE = "NGEN_JOB_COMPOSITE_CONFIG"


def package_requirement(data: DataService, asked: Mapping[str, Any]) -> Requirement:
    """Return the run package that a request for a run asks for.

    Parameters
    ----------
    asked : ``where``, ``period``, ``formulation`` or ``realization``, ``parameters`` of the request
    """
    return data_requirement(data, {**asked, "category": "CONFIG", "format": PACKAGE})


def data_requirement(data: DataService, asked: Mapping[str, Any]) -> Requirement:
    """Return what a request for data asks for; places are looked up in the catalog's hydrofabrics."""
    where, period = asked.get("where") or {}, asked.get("period") or {}
    catchments = list(where.get("catchments", ()))
    if where.get("places"):
        catchments += data.basin(where["places"], where.get("hydrofabric") or "").catchments
    parameters = dict(asked.get("parameters") or {})
    if where.get("hydrofabric"):
        parameters.setdefault("hydrofabric", where["hydrofabric"])
    if asked.get("realization"):
        parameters.setdefault("realization", asked["realization"])
    return requirement_of(
        asked["category"],
        format=asked.get("format"),
        catchments=catchments,
        start=period.get("start"),
        end=period.get("end"),
        formulation=asked.get("formulation"),
        parameters=parameters,
    )
