"""Parts of a hydrofabric for parallel runs of the framework."""

from __future__ import annotations

from collections.abc import Sequence

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.services.data.derivations.dataset_file import hydrofabric_file, hydrofabric_id
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    hydrofabric_need,
    lacking_fabric,
    size_of,
    values_of,
)

FILE = "partitions.json"


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the hydrofabric that is cut."""
    lengths = values_of(requirement, DomainIndex.LENGTH)
    if len(lengths) != 1:
        return Refusal(
            "nothing says into how many parts", "give LENGTH, one number: one part for each process"
        )
    if not (lengths[0].isascii() and lengths[0].isdigit() and int(lengths[0]) > 0):
        return Refusal(f"LENGTH {lengths[0]} is no number of parts", "give a whole number, 1 or more")
    return lacking_fabric(requirement) or [hydrofabric_need(requirement)]


def seconds(requirement: Requirement) -> float:
    """Return 0.1 s and 40 µs a catchment."""
    return 0.1 + 4e-5 * size_of(requirement)[0]


def run(work: Work) -> Made:
    """Write the framework's partition file."""
    from dmod.services.partition import partition

    staged = work.only(HYDROFABRIC_ROLE)
    (length,) = values_of(work.wanted, DomainIndex.LENGTH)
    found = partition(hydrofabric_file(staged), work.output / FILE, int(length))
    return made(work, stating=hydrofabric_id(staged), facts={"quality": found.partitioning.summary()})


DERIVATION = Derivation(
    "partition",
    1,
    "cut a hydrofabric into parts of equal work for a parallel run",
    (Category.PARTITION, (FORMATS["NGEN_PARTITION_CONFIG"],)),
    needs,
    seconds,
    run,
    (OF_HYDROFABRIC,),
)
