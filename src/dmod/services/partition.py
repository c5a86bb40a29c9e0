"""Cut a hydrofabric into parts for parallel runs, as the framework's partition file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dmod.core.atomic import replacing, storing
from dmod.errors import AlreadyExists, InputError
from dmod.hydrofabric.fabric import Floats, Hydrofabric
from dmod.hydrofabric.partition import (
    TOLERANCE,
    Partitioning,
    examine_partitions,
    partition_fabric,
    partition_text,
    read_network,
    read_partitioning,
)
from dmod.services.partition_result import PartitionCheck, PartitionResult

__all__ = [
    "TOLERANCE",
    "PartitionCheck",
    "PartitionResult",
    "Weighing",
    "check_partition",
    "partition",
    "read_partitions",
]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weighing:
    """What catchments are weighed by: all alike unless something is given.

    Parameters
    ----------
    realization : document whose modules and steps are weighed
    steps : how many there are, in place of the realization's
    is_routed : whether routing is weighed, lakes included; as the realization says where None
    """

    realization: Path | str | None = None
    steps: int | None = None
    is_routed: bool | None = None


def partition(
    hydrofabric: Path | str,
    output: Path | str,
    parts: int,
    *,
    nexus: Path | str | None = None,
    weights: Floats | Weighing | None = None,
    tolerance: float = TOLERANCE,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> PartitionResult:
    """Cut a hydrofabric into parts and write the framework's partition file.

    On success the file is complete; on failure nothing of it is left and an earlier one is as it was. Equal
    inputs give equal files.

    Parameters
    ----------
    hydrofabric : a GeoPackage, or the catchments of a GeoJSON pair
    parts : how many; one for each rank of the run
    nexus : the nexuses of a GeoJSON pair; looked for beside the catchments where not given
    weights : shape (catchments,), cost of each catchment in the order of the fabric; or what the costs are
        estimated from; all cost the same where not given
    tolerance : imbalance that is good enough to prefer fewer flows between parts
    overwrite : replace what is there
    progress : told what is done

    Raises
    ------
    NotFoundError, HydrofabricError, RealizationError
        there is no such fabric or realization, or it is not sound.
    InputError
        there cannot be so many parts, the hint names how many there can be; or weights or tolerance cannot
        be used; or the output is a folder or the fabric itself.
    AlreadyExists
        the output is there and not to be replaced.
    StoreError
        the disk is full, or the folder cannot be written; retryable where space was short.
    """
    source, output = Path(hydrofabric), Path(output)
    _require_free(source, output, overwrite=overwrite)
    tell = progress or _nothing
    seconds: dict[str, float] = {}
    tell(f"reading {source.name}")
    with _timed(seconds, "read"):
        fabric, costs, notes = _read(source, nexus, weights)
        if any(output.resolve() == file.resolve() for file in fabric.sources):
            raise InputError(f"{output} belongs to the hydrofabric itself", hint="name another output")
    tell(f"cutting {len(fabric.catchments):,} catchments")
    with _timed(seconds, "cut"):
        found = partition_fabric(fabric, parts, weights=costs, tolerance=tolerance)
    tell(f"writing {output.name}")
    with _timed(seconds, "write"):
        content = partition_text(fabric, found).encode()
        with replacing(output, needed=len(content)) as hidden:
            hidden.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return PartitionResult(output, digest, len(content), found, seconds, notes)


def check_partition(
    path: Path | str,
    hydrofabric: Path | str,
    *,
    nexus: Path | str | None = None,
    weights: Floats | Weighing | None = None,
) -> PartitionCheck:
    """Read a partition file, right or wrong, and return what it holds with everything that is wrong.

    Raises
    ------
    NotFoundError, HydrofabricError, RealizationError
        there is no such file, fabric or realization, or fabric or realization is not sound.
    InputError
        it is no partition file at all.
    """
    fabric, costs, notes = _read(hydrofabric, nexus, weights)
    found, problems = examine_partitions(path, fabric, weights=costs)
    return PartitionCheck(Path(path), found, tuple(problems), notes)


def read_partitions(
    path: Path | str, hydrofabric: Path | str, *, weights: Floats | None = None
) -> Partitioning:
    """Read a partition file and make sure that the framework can run it on a hydrofabric.

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such file or fabric, or the fabric is not sound.
    InputError
        it is no partition file, or wrong for this fabric; all that is wrong is listed.
    """
    return read_partitioning(path, read_network(hydrofabric), weights=weights)


def _read(
    hydrofabric: Path | str, nexus: Path | str | None, weights: Floats | Weighing | None
) -> tuple[Hydrofabric, Floats | None, tuple[str, ...]]:
    """Return the fabric, the cost of each catchment (None if all cost the same), and what to know of it."""
    if not isinstance(weights, Weighing):
        return read_network(hydrofabric, nexus), weights, ()
    realization = None
    if weights.realization is not None:
        from dmod.formulation.reader import read_realization

        realization = read_realization(weights.realization)
    is_routed = weights.is_routed
    if is_routed is None:
        is_routed = realization is not None and realization.routing is not None
    fabric = read_network(hydrofabric, nexus, lakes=is_routed)
    if realization is None and not is_routed:
        return fabric, None, ()
    from dmod.services.catchment_costs import catchment_costs

    found = catchment_costs(fabric, realization, steps=weights.steps, is_routed=is_routed)
    notes = (f"{chain} was not measured; it is weighed as the dearest that was" for chain in found.unmeasured)
    return fabric, found.seconds, tuple(notes)


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begin


def _nothing(_phase: str) -> None:
    """Tell nobody."""


def _require_free(source: Path, output: Path, *, overwrite: bool) -> None:
    with storing(output):
        if output.is_dir():
            raise InputError(f"{output} is a folder", hint="name a file")
        if output.exists() and source.exists() and output.samefile(source):
            raise InputError(f"{output} is the hydrofabric itself", hint="name another output")
        if output.exists() and not overwrite:
            raise AlreadyExists(f"{output} exists", hint="name another output, or allow to overwrite it")
