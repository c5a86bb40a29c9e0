"""Whether the outlet that a run is to be evaluated at is in its hydrofabric."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Discrete
from dmod.errors import CoverageError, DmodError, InputError, NotFoundError
from dmod.jobs.request.finding import Finding
from dmod.services.data.places import laid_out
from dmod.services.data.service import DataService

LARGEST = 20_000
"""Catchments of a fabric that is read to be sure."""
FIELD = "/evaluation/outlet"


def missing_outlet(
    data: DataService, fabric: Dataset, outlet: str, catchments: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield that an outlet is not in the fabric of a run.

    Parameters
    ----------
    fabric : hydrofabric or package
    catchments : those of the fabric that are run; all where empty
    """
    from dmod.services.subset import Region, find_region

    try:
        path = laid_out(data.catalog, data.folder, fabric)
    except (InputError, NotFoundError):  # several GeoPackages, or none: the run says so
        return
    try:
        drained = find_region(path, Region(places=(outlet,))).catchments
    except (NotFoundError, CoverageError, InputError) as error:
        if _is_surely_absent(fabric, str(path), outlet):
            message = f"{fabric.reference} has no nexus, flowpath, catchment or gauge {outlet!r}"
            yield Finding(FIELD, message, outlet, hint=_hint(error, outlet))
        return
    run = frozenset(catchments)
    # a nexus below the basin belongs to it, and so may other names: only a catchment surely is another's
    is_other = outlet in drained and outlet not in run
    if run and (is_other or run.isdisjoint(drained)):
        message = f"{outlet!r} is in {fabric.reference}, and not in the basin that is run"
        yield Finding(FIELD, message, outlet, hint="name a point of the basin, or leave it out")


def _is_surely_absent(fabric: Dataset, path: str, outlet: str) -> bool:
    """Whether a run would not find an outlet that the index does not know: it reads the fabric itself."""
    from dmod.hydrofabric import read_hydrofabric
    from dmod.services.outlet import choose_outlet

    held = fabric.domain.restrictions.get(DomainIndex.CATCHMENT_ID)
    if not isinstance(held, Discrete) or held.excluded or len(held.values) > LARGEST:
        return False
    try:
        choose_outlet(read_hydrofabric(path), outlet)
    except NotFoundError:
        return True
    except DmodError:  # the run says what is wrong with the fabric
        return False
    return False


def _hint(error: DmodError, outlet: str) -> str:
    near = (error.hint or "").partition(f"{outlet}: ")[2] or (error.hint or "")
    return near if near.startswith("did you mean") else "name a nexus, flowpath, catchment or gauge of it"
