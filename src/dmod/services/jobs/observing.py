"""The observations that a run is compared with, where its request names none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing
from dmod.catalog.restriction import Continuous, Discrete
from dmod.errors import DmodError
from dmod.formulation.package import find_package
from dmod.hydrofabric import read_hydrofabric
from dmod.services.data.service import DataService
from dmod.services.outlet import choose_outlet

Hours = tuple[datetime, datetime]
"""A period; its end is not in it."""


def observations_for(
    data: DataService, package: Dataset, folder: Path, asked: Mapping[str, Any]
) -> str | None:
    """Return the dataset with most of what the gauge at the outlet saw while a run lasts; None without any.

    Of equally long ones it is the newest. What was seen during the warm-up does not count.

    Parameters
    ----------
    folder : where the package was laid out
    asked : ``period`` and ``evaluation`` of the request
    """
    evaluation = asked.get("evaluation") or {}
    period = asked.get("period")
    hours = _asked(period) if period else _held(package)
    gauge = gauge_at_outlet(folder, evaluation.get("outlet"))
    if not gauge or hours is None:
        return None
    hours = (hours[0] + timedelta(seconds=evaluation.get("warm_up") or 0), hours[1])
    seen = [
        (common, dataset.created, dataset.reference)
        for dataset in data.list(Listing(category=Category.OBSERVATION))
        if _is_of(dataset, gauge) and (common := _common(hours, _held(dataset))) > timedelta(0)
    ]
    return max(seen)[2] if seen else None


def gauge_at_outlet(package: Path, outlet: str | None) -> str:
    """Return the gauge that stands at the outlet of a package, "" where none does.

    Parameters
    ----------
    outlet : as the request names it; None for that of the largest basin
    """
    try:
        return choose_outlet(read_hydrofabric(find_package(package).hydrofabric), outlet).gauge
    except DmodError:  # the run says what is wrong with it
        return ""


def _asked(period: Mapping[str, Any]) -> Hours:
    return _moment(period["start"]), _moment(period["end"]) + timedelta(hours=1)


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _is_of(dataset: Dataset, gauge: str) -> bool:
    held = dataset.domain.restrictions.get(DomainIndex.GAGE_ID)
    return isinstance(held, Discrete) and not held.excluded and gauge in held.values


def _held(dataset: Dataset) -> Hours | None:
    held = dataset.domain.restrictions.get(DomainIndex.TIME)
    if not isinstance(held, Continuous) or not isinstance(held.begin, datetime):
        return None
    assert isinstance(held.end, datetime)
    return held.begin, held.end


def _common(one: Hours, other: Hours | None) -> timedelta:
    """Return how long two periods have in common; less than nothing where they have not."""
    return timedelta(0) if other is None else min(one[1], other[1]) - max(one[0], other[0])
