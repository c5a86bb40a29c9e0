"""What a requirement asks of a derivation: catchments, hours, formulation; or that it does not say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.derivation import Parameter, Refusal
from dmod.catalog.fulfilling import EXACTLY
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction, in_order, say
from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError

HOUR = 3600
HYDROFABRIC_ROLE = "hydrofabric"
GEOPACKAGE = FORMATS["NGEN_GEOPACKAGE_HYDROFABRIC_V2"]
OF_HYDROFABRIC = Parameter(
    "hydrofabric",
    "name of the hydrofabric to start from, where the catalog has several with these catchments",
)
OF_DATASET = Parameter(
    "dataset", "name of the dataset to take; whatever covers what is asked for without one"
)


def values_of(requirement: Requirement, index: DomainIndex) -> tuple[str, ...]:
    """Return the named elements of an index in order; none where it names none, or all but some."""
    held = requirement.restrictions.get(index)
    if not isinstance(held, Discrete) or held.excluded:
        return ()
    return tuple(map(str, in_order(held.values)))


def catchments_of(requirement: Requirement) -> tuple[str, ...]:
    """Return the catchments that are asked for; none where they are not named."""
    return values_of(requirement, DomainIndex.CATCHMENT_ID)


def hours_of(requirement: Requirement) -> TimeAxis | Refusal | None:
    """Return the hours of the period, the last one whole in it; None where no period is named."""
    held = requirement.restrictions.get(DomainIndex.TIME)
    if not isinstance(held, Continuous):
        return None
    begin, end = held.begin, held.end
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        return Refusal(f"the period is not one of times: {held}", "give start and end as times")
    if begin.minute or begin.second or begin.microsecond:
        return Refusal(f"the period starts at {say(begin)}, which is no full hour", "start on a full hour")
    return TimeAxis(begin, HOUR, max(1, -int(-(end - begin).total_seconds() // HOUR)))


def period_of(requirement: Requirement) -> TimeAxis:
    """Return the hours of a period that was found to be there.

    Raises
    ------
    InputError
        it is not.
    """
    axis = hours_of(requirement)
    if isinstance(axis, TimeAxis):
        return axis
    reason, hint = (NO_PERIOD.reason, NO_PERIOD.hint) if axis is None else (axis.reason, axis.hint)
    raise InputError(reason, hint=hint)


NO_PERIOD = Refusal("no period is named (TIME)", "give start and end: --start 2015-12-01 --end 2015-12-31")
NO_CATCHMENTS = Refusal(
    "no catchments are named (CATCHMENT_ID)",
    "name them with --catchment, or a place with --gage, so that they are looked up in a hydrofabric",
)
NO_FORMULATION = Refusal(
    "no formulation is named", "give --formulation cfe, or another: dmod configure --list shows them"
)


def lacking_period(requirement: Requirement) -> Refusal | None:
    """Return why the period is not enough; None if it is."""
    axis = hours_of(requirement)
    return NO_PERIOD if axis is None else axis if isinstance(axis, Refusal) else None


def lacking_fabric(requirement: Requirement) -> Refusal | None:
    """Return why nothing tells which hydrofabric is meant; None if something does."""
    if catchments_of(requirement) or values_of(requirement, DomainIndex.HYDROFABRIC_ID):
        return None
    return None if requirement.parameters.get("hydrofabric") else NO_CATCHMENTS


def kept(requirement: Requirement, *indices: DomainIndex) -> dict[DomainIndex, Restriction]:
    """Return the restrictions of some indices, of those that are restricted."""
    return {i: requirement.restrictions[i] for i in indices if i in requirement.restrictions}


def given(requirement: Requirement, names: Iterable[str]) -> dict[str, Any]:
    """Return the choices of some names that who asks has made."""
    chosen = ((name, requirement.parameters.get(name)) for name in names)
    return {name: value for name, value in chosen if value is not None}


def hydrofabric_need(requirement: Requirement) -> Requirement:
    """Return the need of a hydrofabric: just the catchments that are named, or the whole that is meant."""
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.HYDROFABRIC_ID)
    parameters = given(requirement, [OF_HYDROFABRIC.name])
    if catchments_of(requirement):
        parameters[EXACTLY] = True
    elif parameters:
        restrictions[DomainIndex.DATA_ID] = Discrete(frozenset({str(parameters.pop(OF_HYDROFABRIC.name))}))
    return Requirement(
        Category.HYDROFABRIC,
        GEOPACKAGE,
        restrictions,
        exact=True,
        role=HYDROFABRIC_ROLE,
        parameters=parameters,
    )


def output_need(requirement: Requirement, data_format: DataFormat, role: str) -> Requirement | Refusal:
    """Return the need of a run's output in another form, of what is asked for or of a named dataset."""
    asked = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.TIME, DomainIndex.VARIABLE)
    restrictions = asked | dataset_restriction(requirement)
    if not restrictions:
        return Refusal("nothing says which output is meant", "name catchments and a period, or the dataset")
    return Requirement(Category.OUTPUT, data_format, restrictions, exact=True, role=role)


def dataset_restriction(requirement: Requirement) -> dict[DomainIndex, Restriction]:
    """Return the restriction to the dataset that is named to be taken, if one is."""
    name = requirement.parameters.get(OF_DATASET.name)
    return {DomainIndex.DATA_ID: Discrete(frozenset({str(name)}))} if name else {}


def texts(value: object) -> list[str]:
    """Return a choice that is one text or several as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]  # type: ignore[attr-defined]


def size_of(requirement: Requirement) -> tuple[int, int]:
    """Return the numbers of catchments and hours, for estimates; 100 and a year where they are not named."""
    axis = hours_of(requirement)
    count = axis.count if isinstance(axis, TimeAxis) else 8760
    return len(catchments_of(requirement)) or 100, count
