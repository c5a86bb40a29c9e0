"""What a request will need, from the size of its domain, and whether what it names is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Continuous
from dmod.errors import DatasetNotFound, InputError, NotFoundError
from dmod.jobs.request.others import EnsembleRequest, EvaluationRequest, PreparationRequest
from dmod.jobs.request.request import Request
from dmod.jobs.request.run import Evaluated, RunRequest, Where
from dmod.jobs.schedule.estimate import PreparationWork, RunWork, estimate
from dmod.services.data.places import FABRICS, fabrics_of
from dmod.services.data.service import DataService
from dmod.services.evaluation.settling import require_known
from dmod.services.jobs.confining import confined

SMALL = 512 << 20
"""Memory of what has no domain [bytes]."""
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and whether only what is theirs, or everybody's, may be read."""

    owner: str = ""
    is_confined: bool = False


EVERYTHING = Reader()


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a request will need.

    Parameters
    ----------
    memory : while it computes [bytes]
    seconds : while it computes [s]; 0 where that is not known
    preparing : memory while data are made ready [bytes]
    catchments, hours : the size that this comes from; 0 where it is not known
    """

    memory: int = SMALL
    seconds: float = 0.0
    preparing: int = SMALL
    catchments: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Estimating:
    """Estimates what requests will need; what it cannot know quickly it takes to be small.

    Parameters
    ----------
    data : knows how large packages and basins are
    """

    data: DataService

    def __call__(self, request: Request, reader: Reader = EVERYTHING) -> Estimated:
        """Return the estimate.

        Raises
        ------
        InputError
            a dataset or place that the request names is not there.
        """
        data = confined(self.data, reader.owner) if reader.is_confined else self.data
        if isinstance(request, EnsembleRequest):
            request = request.base
        if isinstance(request, RunRequest):
            return self._of_run(data, request)
        if isinstance(request, EvaluationRequest):
            _named(data, "results", request.results)
            if isinstance(request.specification, Mapping):
                require_known(data, request.specification)
            _named(data, "evaluation.observed", request.evaluation.observed)
        if isinstance(request, PreparationRequest):
            catchments = _size(data, request.where)
            hours = request.period.hours if request.period else 0
            found = estimate(PreparationWork(catchments, hours))
            return Estimated(SMALL, found.seconds, found.memory, catchments, hours)
        return Estimated()

    def _of_run(self, data: DataService, request: RunRequest) -> Estimated:
        _named(data, "warm_start", request.warm_start)
        _named(data, "realization", request.realization)
        _named(data, "partition_file", request.partition_file)
        if isinstance(request.evaluation, Evaluated):
            _named(data, "evaluation.observed", request.evaluation.observed)
        package = _named(data, "package", request.package)
        hours = request.period.hours if request.period else 0
        if package is not None:
            catchments = len(package.domain.values(DomainIndex.CATCHMENT_ID))
            hours = hours or _hours(package)
            chain = package.domain.values(DomainIndex.FORMULATION)
            modules = [name for text in chain for name in str(text).split("+")]
        else:
            catchments = _size(data, request.where)
            modules = [request.formulation or ""]
        work = RunWork(
            catchments,
            hours,
            modules,
            request.route is not False,
            request.outputs.csv,
            request.resources.cpus,
        )
        found, before = estimate(work), estimate(PreparationWork(catchments, hours))
        return Estimated(found.memory, found.seconds, before.memory, catchments, hours)


def _named(data: DataService, key: str, reference: str | None) -> Dataset | None:
    """Return a dataset that a request names."""
    if reference is None:
        return None
    try:
        return data.dataset(reference)
    except DatasetNotFound as error:
        raise InputError(f"{key}: {error.message}", hint=error.hint) from error


def _size(data: DataService, where: Where | None) -> int:
    """Return how many catchments a request is about; 0 where it would take long to find out."""
    if where is None:
        return 0
    named = _named(data, "where.hydrofabric", where.hydrofabric)
    if where.catchments:
        return len(where.catchments)
    fabrics = [named] if named is not None else fabrics_of(data.catalog)
    if any(not (data.folder / FABRICS / dataset.digest[:32]).is_dir() for dataset in fabrics):
        return 0  # none has looked into them yet, which takes a while the first time
    try:
        return len(data.basin(where.places, where.hydrofabric or "").catchments)
    except NotFoundError as error:
        raise InputError(f"where.places: {error.message}", hint=error.hint) from error


def _hours(package: Dataset) -> int:
    held = package.domain.restrictions.get(DomainIndex.TIME)
    if not isinstance(held, Continuous):
        return 0
    try:
        return max(0, int((held.end - held.begin).total_seconds() // HOUR))  # type: ignore[operator, union-attr]
    except (AttributeError, TypeError):
        return 0
