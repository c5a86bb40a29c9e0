"""Which part of a request names data that neither are there nor can be derived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.derivation import Refusal
from dmod.catalog.index.port import Listing
from dmod.catalog.planning import Plan
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.others import PreparationRequest
from dmod.jobs.request.run import RunRequest
from dmod.services.data.service import DataService
from dmod.services.jobs.period_check import Covered, dataset_range, outside, united

LISTED = 500
"""How many datasets of forcing are looked at to say which hours there are."""
NAMED = 5
GRID = FORMATS["FORCING_GRID"]


def lacking_data(
    data: DataService, plan: Plan, request: RunRequest | PreparationRequest
) -> Iterator[Finding]:
    """Yield what keeps a requirement from being met, with the field of the request that asks for it.

    Parameters
    ----------
    plan : of the requirement, made as the job makes it; what can be had from a source outside counts
    """
    if plan.is_possible:
        return
    found = list(_of_needs(data, plan.requirement, request))
    if found:
        yield from found
    else:
        yield Finding("", f"nothing that there is makes the data for it: {_reason(plan)}", hint=_hint(plan))


def _of_needs(
    data: DataService, wanted: Requirement, request: RunRequest | PreparationRequest
) -> Iterator[Finding]:
    """Yield which inputs of what composes the data cannot be had."""
    from dmod.services.data.derivations import run_package

    if wanted.format != run_package.PACKAGE:
        needs = [wanted] if wanted.category is Category.FORCING else []
    else:
        asked = run_package.needs(wanted)
        if isinstance(asked, Refusal):
            yield Finding(_field_of_refusal(asked), asked.reason, hint=asked.hint)
            return
        needs = list(asked)
    for need in needs:
        plan = data.plan(need)
        if plan.is_possible:
            continue
        if need.category is Category.FORCING:
            yield from _forcing(data, need, plan, request)
        elif need.role == run_package.ROUTING_ROLE:
            yield Finding("/parameters/routing", _reason(plan), hint=_hint(plan))
        elif need.category is Category.HYDROFABRIC:
            yield from _fabric(data, need, plan, request)
        else:
            field = "/realization" if getattr(request, "realization", None) else "/formulation"
            given = getattr(request, "realization", None) or request.formulation or ""
            yield Finding(
                field, f"its {need.role or 'data'} cannot be made: {_reason(plan)}", given, hint=_hint(plan)
            )
        if need.category is Category.HYDROFABRIC:
            return  # all else is made from it


def _field_of_refusal(refusal: Refusal) -> str:
    if "full hour" in refusal.reason:
        return "/period/start"
    return "/parameters/forcing" if "layout of forcing" in refusal.reason else ""


def _forcing(
    data: DataService, need: Requirement, plan: Plan, request: RunRequest | PreparationRequest
) -> Iterator[Finding]:
    hours = list(_hours_of_forcing(data, need))
    if request.period is not None and hours:
        late = list(outside(request.period, united(hours), "there is forcing of these catchments"))
        yield from late
        if late:
            return
    hint = "add forcing or a gridded store: dmod data add NAME PATH; or name one: parameters.store"
    what = "no forcing covers these catchments" if not hours else _reason(plan)
    yield Finding(_where(request), what, hint=hint)


def _hours_of_forcing(data: DataService, need: Requirement) -> Iterator[Covered]:
    """Yield the hours of each dataset that has forcing of all the catchments, or a grid to derive it from."""
    wanted = need.restrictions.get(DomainIndex.CATCHMENT_ID)
    for dataset in data.list(Listing(category=Category.FORCING, latest=False, limit=LISTED)):
        held = dataset.domain.restrictions.get(DomainIndex.CATCHMENT_ID)
        is_whole = isinstance(held, Discrete) and isinstance(wanted, Discrete) and held.contains(wanted)
        hours = dataset_range(dataset)
        if hours is not None and (is_whole or dataset.domain.format == GRID):
            yield hours


def _fabric(
    data: DataService, need: Requirement, plan: Plan, request: RunRequest | PreparationRequest
) -> Iterator[Finding]:
    wanted = need.restrictions.get(DomainIndex.CATCHMENT_ID)
    names = wanted.values if isinstance(wanted, Discrete) and not wanted.excluded else frozenset()
    fabrics = data.list(Listing(category=Category.HYDROFABRIC, latest=False, limit=LISTED))
    known: frozenset[Any] = frozenset().union(*(_catchments(fabric) for fabric in fabrics))
    absent = sorted(map(str, names - known))
    if not absent:
        yield Finding(_where(request), _reason(plan), hint=_hint(plan))
        return
    shown = ", ".join(absent[:NAMED]) + (f" and {len(absent) - NAMED} more" if len(absent) > NAMED else "")
    hint = "name catchments of a hydrofabric that is there: dmod data list --category HYDROFABRIC"
    yield Finding(_where(request), f"no hydrofabric has {shown}", shown, hint=hint)


def _catchments(fabric: Dataset) -> frozenset[Any]:
    held = fabric.domain.restrictions.get(DomainIndex.CATCHMENT_ID)
    return held.values if isinstance(held, Discrete) and not held.excluded else frozenset()


def _where(request: RunRequest | PreparationRequest) -> str:
    if request.where is None:
        return ""
    return "/where/places" if request.where.places else "/where/catchments"


def _reason(plan: Plan) -> str:
    if plan.refused:
        return f"{plan.refused[0].derivation}: {plan.refused[0].reason}"
    if plan.objections:
        return f"{plan.objections[0].dataset.reference} {plan.objections[0].reason}"
    return f"nothing fulfils {plan.requirement}"


def _hint(plan: Plan) -> str:
    return plan.refused[0].hint if plan.refused else ""
