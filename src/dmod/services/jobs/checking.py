"""Whether a request would fail for a reason that can be seen now: found in domains and in the fabric's index.

Nothing is run, and nothing is found that a run would not find; what takes long to make sure of is let pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Discrete
from dmod.errors import CoverageError, DatasetNotFound, InputError, NotFoundError
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.others import EnsembleRequest, PreparationRequest
from dmod.jobs.request.request import Request, normalised, parse_request
from dmod.jobs.request.run import Evaluated, RunRequest, Where
from dmod.services.data.places import FABRICS, fabrics_of
from dmod.services.data.service import DataService
from dmod.services.jobs.confining import confined
from dmod.services.jobs.estimating import EVERYTHING, Reader
from dmod.services.jobs.lacking import lacking_data
from dmod.services.jobs.outlet_check import missing_outlet
from dmod.services.jobs.package_hours import PackageHours, package_hours
from dmod.services.jobs.parameter_check import unsettable_parameters
from dmod.services.jobs.parts_check import too_many_parts
from dmod.services.jobs.period_check import outside, package_range
from dmod.services.jobs.wanted import data_requirement, package_requirement

Check = Callable[[Request, Reader], tuple[Finding, ...]]
MEMBERS = 20
"""How many members of an ensemble are looked at."""
LARGEST = 200_000
"""Catchments of a request whose data are looked for."""
REMEMBERED = 200
"""Of how many packages the hours are kept in mind."""


def nothing_found(_request: Request, _reader: Reader) -> tuple[Finding, ...]:
    """Find nothing: for services without data."""
    return ()


@dataclass(frozen=True, slots=True)
class Checking:
    """Finds what is wrong with requests.

    Parameters
    ----------
    data : knows datasets, what they cover, and what can be derived of them
    """

    data: DataService
    _hours: dict[str, PackageHours | None] = field(default_factory=dict, repr=False)

    def __call__(self, request: Request, reader: Reader = EVERYTHING) -> tuple[Finding, ...]:
        """Return the findings; none where nothing is known to be wrong."""
        data = confined(self.data, reader.owner) if reader.is_confined else self.data
        try:
            if isinstance(request, EnsembleRequest):
                return tuple(dict.fromkeys(self._of_members(data, request)))
            if isinstance(request, RunRequest):
                return tuple(self._of_run(data, request))
            if isinstance(request, PreparationRequest):
                return tuple(_of_preparation(data, request))
        except DatasetNotFound:  # of what is named, the estimate says that it is not there
            return ()
        return ()

    def _of_members(self, data: DataService, request: EnsembleRequest) -> Iterator[Finding]:
        from dmod.services.jobs.members import member_request

        ensemble = normalised(request)
        for number, member in enumerate(ensemble["members"][:MEMBERS]):
            run = parse_request(member_request(ensemble, member))
            assert isinstance(run, RunRequest)
            for finding in self._of_run(data, run):
                yield Finding(
                    _place_in_ensemble(finding, number, member["changes"]),
                    finding.message,
                    finding.given,
                    finding.allowed,
                    finding.hint,
                )

    def _of_run(self, data: DataService, request: RunRequest) -> Iterator[Finding]:
        yield from unsettable_parameters(request)
        outlet = request.evaluation.outlet if isinstance(request.evaluation, Evaluated) else None
        if request.package is not None:
            package = data.dataset(request.package)
            yield from too_many_parts(request, len(package.domain.values(DomainIndex.CATCHMENT_ID)))
            if request.period is not None:
                covered = package_range(package, request, lambda: self._hours_of(data, package))
                yield from outside(request.period, covered, "the package has forcing")
            if outlet:
                yield from missing_outlet(data, package, outlet)
            return
        unknown = list(_unknown_formulation(request.formulation))
        yield from unknown
        assert request.where is not None
        catchments, findings = _basin(data, request.where)
        yield from findings
        yield from too_many_parts(request, len(catchments))
        if unknown or not 0 < len(catchments) <= LARGEST:
            return
        plan = data.plan(package_requirement(data, _with_catchments(normalised(request), catchments)))
        yield from lacking_data(data, plan, request)
        if outlet and plan.is_ready:  # a package that has these catchments, and may have more
            yield from missing_outlet(data, plan.datasets[0], outlet)
        elif outlet:
            yield from _outside_fabrics(data, request.where, outlet, catchments)

    def _hours_of(self, data: DataService, package: Dataset) -> PackageHours | None:
        """Return the hours of a package's forcing, which never change."""
        if package.digest not in self._hours:
            if len(self._hours) >= REMEMBERED:
                self._hours.clear()
            self._hours[package.digest] = package_hours(data, package)
        return self._hours[package.digest]


def _of_preparation(data: DataService, request: PreparationRequest) -> Iterator[Finding]:
    unknown = list(_unknown_formulation(request.formulation))
    yield from unknown
    catchments: tuple[str, ...] = ()
    if request.where is not None:
        catchments, findings = _basin(data, request.where)
        yield from findings
        if not 0 < len(catchments) <= LARGEST:
            return
    if not unknown:
        asked = normalised(request)
        asked = _with_catchments(asked, catchments) if catchments else asked
        yield from lacking_data(data, data.plan(data_requirement(data, asked)), request)


def _unknown_formulation(name: str | None) -> Iterator[Finding]:
    from dmod.formulation.generate.formulations import FORMULATIONS, find_formulation

    if name is None:
        return
    try:
        find_formulation(name)
    except InputError as error:
        near = (error.hint or "").partition("?")[0]
        hint = f"{near}?" if near.startswith("did you mean") else f"one of {', '.join(FORMULATIONS)}"
        yield Finding("/formulation", error.message, name, tuple(FORMULATIONS), hint)


def _basin(data: DataService, where: Where) -> tuple[tuple[str, ...], list[Finding]]:
    """Return the catchments that are meant, and what was not found.

    No catchments are returned where something was not found, or where it would take long to look.
    """
    if where.catchments:
        return tuple(where.catchments), []
    if not all(_is_laid_out(data, fabric) for fabric in _fabrics(data, where)):
        return (), []
    try:
        return data.basin(where.places, where.hydrofabric or "").catchments, []
    except (NotFoundError, CoverageError, InputError) as error:
        said = list(_missing_places(data, where))
        return (), said or [Finding("/where/places", error.message, hint=error.hint or "")]


def _fabrics(data: DataService, where: Where) -> list[Dataset]:
    return [data.dataset(where.hydrofabric)] if where.hydrofabric else fabrics_of(data.catalog)


def _is_laid_out(data: DataService, fabric: Dataset) -> bool:
    """Whether somebody has looked into a fabric before; the first time takes a while."""
    return (data.folder / FABRICS / fabric.digest[:32]).is_dir()


def _outside_fabrics(
    data: DataService, where: Where, outlet: str, catchments: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield that an outlet is in none of the fabrics that the run's own may be cut out of."""
    wanted = Discrete(frozenset(catchments))
    said = []
    for fabric in _fabrics(data, where):
        held = fabric.domain.restrictions.get(DomainIndex.CATCHMENT_ID)
        if not isinstance(held, Discrete) or not held.contains(wanted):
            continue
        found = list(missing_outlet(data, fabric, outlet, catchments)) if _is_laid_out(data, fabric) else []
        if not found:
            return
        said += found
    yield from said[:1]


def _missing_places(data: DataService, where: Where) -> Iterator[Finding]:
    for number, place in enumerate(where.places):
        try:
            data.basin([place], where.hydrofabric or "")
        except (NotFoundError, CoverageError, InputError) as error:
            lines = error.message.split("\n  ")
            message = lines[-1] if len(lines) == 2 else error.message
            yield Finding(f"/where/places/{number}", message, place, hint=error.hint or "")


def _with_catchments(asked: Mapping[str, Any], catchments: tuple[str, ...]) -> dict[str, Any]:
    where = {key: value for key, value in asked.get("where", {}).items() if key != "places"}
    return {**asked, "where": {**where, "catchments": list(catchments)}}


def _place_in_ensemble(finding: Finding, number: int, changes: Mapping[str, Any]) -> str:
    """Return where in an ensemble stands what is wrong with a member."""
    for place in changes:
        if (
            finding.place == place
            or finding.place.startswith(f"{place}.")
            or place.startswith(f"{finding.place}.")
        ):
            return f"/members/{number}/changes/{place}"
    return f"/base{finding.field}"
