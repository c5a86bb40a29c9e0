"""Requirements and domains out of what people write: names, ids and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat, DomainIndex, find_format
from dmod.catalog.fulfilling import EXACTLY
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.time_axis import parse_time
from dmod.errors import InputError

HOUR = timedelta(hours=1)
CHAINED = ("NGEN_REALIZATION_CONFIG", "NGEN_JOB_COMPOSITE_CONFIG")
"""Formats that state a formulation as its chain of modules."""
Moment = datetime | str


def requirement_of(
    category: str | Category,
    *,
    format: str | DataFormat | None = None,
    catchments: Sequence[str] = (),
    gages: Sequence[str] = (),
    start: Moment | None = None,
    end: Moment | None = None,
    variables: Sequence[str] = (),
    formulation: str | None = None,
    restrictions: Mapping[str, Sequence[str | int]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    exact: bool = False,
    exactly: bool = False,
) -> Requirement:
    """Return a requirement.

    Parameters
    ----------
    start, end : first and last hour, UTC, both included, as everywhere on the command line
    formulation : named as `dmod configure` names it; is a parameter and, where the format states it, required
    restrictions : of further indices by name (``HYDROFABRIC_ID``)
    parameters : choices for what derives the data
    exact : whether no other format of the family will do
    exactly : whether the dataset must hold just these catchments and no more

    Raises
    ------
    InputError
        a name is unknown, an id is empty, the period ends before it starts or is half given.
    """
    kind = category if isinstance(category, Category) else Category.named(category)
    form = find_format(format) if isinstance(format, str) else format
    held = domain_restrictions(
        catchments=catchments, gages=gages, start=start, end=end, variables=variables,
        restrictions=restrictions,
    )  # fmt: skip
    chosen = dict(parameters or {})
    if exactly:
        chosen[EXACTLY] = True
    if formulation is not None:
        chosen["formulation"] = formulation
        if form is not None and form.name in CHAINED:
            from dmod.services.data.detect.chain import formulation_chain

            held[DomainIndex.FORMULATION] = Discrete(frozenset({formulation_chain(formulation)}))
    return Requirement(kind, form, held, exact=exact, parameters=chosen)


def domain_restrictions(
    *,
    catchments: Sequence[str] = (),
    gages: Sequence[str] = (),
    start: Moment | None = None,
    end: Moment | None = None,
    variables: Sequence[str] = (),
    restrictions: Mapping[str, Sequence[str | int]] | None = None,
) -> dict[DomainIndex, Restriction]:
    """Return the restrictions that people write; see `requirement_of`."""
    sets: dict[DomainIndex, Sequence[str | int]] = {
        DomainIndex.CATCHMENT_ID: catchments,
        DomainIndex.GAGE_ID: [gage.removeprefix("gage-") for gage in gages],
        DomainIndex.VARIABLE: variables,
    }
    for name, values in (restrictions or {}).items():
        index = DomainIndex.named(name)
        if index is DomainIndex.TIME:
            raise InputError("TIME is a range", hint="give --start and --end")
        if not values:
            raise InputError(f"{index}: no value is given", hint="give at least one")
        sets[index] = [*sets.get(index, ()), *values]
    found: dict[DomainIndex, Restriction] = {
        index: Discrete(frozenset(_known(index, value) for value in values))
        for index, values in sets.items()
        if values
    }
    if start is not None or end is not None:
        found[DomainIndex.TIME] = period(start, end)
    return found


def period(start: Moment | None, end: Moment | None) -> Continuous:
    """Return the range of a period whose first and last hour are given, both included.

    Raises
    ------
    InputError
        one is missing, cannot be read, or the end lies before the start.
    """
    if start is None or end is None:
        raise InputError(
            f"a period needs a start and an end; {'start' if start is None else 'end'} is missing",
            hint="give first and last hour: --start 2015-12-01 --end '2015-12-30 23:00'",
        )
    first = parse_time(start, what="start") if isinstance(start, str) else start
    last = parse_time(end, what="end") if isinstance(end, str) else end
    if last < first:
        raise InputError(f"the period ends ({last}) before it starts ({first})", hint="swap start and end")
    return Continuous(first, last + HOUR)


def _known(index: DomainIndex, value: str | int) -> str | int:
    if isinstance(value, str) and not value.strip():
        raise InputError(f"{index}: an empty id is given", hint="leave it out")
    return value.strip() if isinstance(value, str) else value
