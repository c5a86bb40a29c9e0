"""The configuration of the framework's routing (t-route) for a hydrofabric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Refusal, Work
from dmod.catalog.domain import discrete
from dmod.catalog.requirement import Requirement
from dmod.core.atomic import storing
from dmod.errors import InputError
from dmod.services.data.derivations.dataset_file import hydrofabric_file, hydrofabric_id
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    hydrofabric_need,
    lacking_fabric,
    lacking_period,
    period_of,
)

FILE = "troute.yaml"


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the hydrofabric that is routed."""
    if lacking_fabric(requirement) is not None:
        return Refusal(
            "nothing says which hydrofabric is to be routed",
            "give its HYDROFABRIC_ID, or the choice hydrofabric",
        )
    return lacking_period(requirement) or [hydrofabric_need(requirement)]


def seconds(_requirement: Requirement) -> float:
    """Return 0.1 s."""
    return 0.1


def run(work: Work) -> Made:
    """Write Muskingum-Cunge in steps of 300 s, with reservoirs where the hydrofabric has lakes."""
    import yaml

    from dmod.formulation.generate.documents import routing, routing_columns
    from dmod.hydrofabric import read_hydrofabric
    from dmod.services.check_routing import has_channels
    from dmod.services.routing_scheme import has_lakes

    staged = work.only(HYDROFABRIC_ROLE)
    fabric = read_hydrofabric(hydrofabric_file(staged))
    if not has_channels(fabric):
        raise InputError(
            f"{staged.dataset.reference}: its flowpaths lack the attributes that routing needs",
            hint="run without: give the choice routing none, and flow is summed downstream",
        )
    place = PurePosixPath("config") / fabric.source.name
    document = routing(
        period_of(work.wanted), place, lakes=has_lakes(fabric), columns=routing_columns(fabric)
    )
    target = work.output / FILE
    with storing(target):
        target.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    catchments = discrete(DomainIndex.CATCHMENT_ID, fabric.catchments.ids)
    return made(work, stating={**catchments, **hydrofabric_id(staged)})


DERIVATION = Derivation(
    "routing-configuration",
    1,
    "write the routing configuration (t-route) of a hydrofabric",
    (Category.CONFIG, (FORMATS["T_ROUTE_CONFIG"],)),
    needs,
    seconds,
    run,
    (OF_HYDROFABRIC,),
)
