"""Cut a hydrofabric into parts for parallel runs, as the framework's partition file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from dmod.core.atomic import replacing, storing
from dmod.errors import AlreadyExists, InputError
from dmod.hydrofabric import read_hydrofabric
from dmod.hydrofabric.fabric import Floats
from dmod.hydrofabric.partition import (
    TOLERANCE,
    Partitioning,
    partition_fabric,
    partition_text,
    read_partitioning,
)

__all__ = ["PartitionResult", "partition", "read_partitions"]


@dataclass(frozen=True, slots=True)
class PartitionResult:
    """A partition file that was written.

    Parameters
    ----------
    output : the file
    sha256 : SHA-256 of its content, hexadecimal
    size : its length in bytes
    partitioning : the parts
    """

    output: Path
    sha256: str
    size: int
    partitioning: Partitioning = field(repr=False)

    def summary(self) -> str:
        """Return what was written and how good the division is."""
        return f"{self.output}\n{self.partitioning.summary()}"


def partition(
    hydrofabric: Path | str,
    output: Path | str,
    parts: int,
    *,
    weights: Floats | None = None,
    tolerance: float = TOLERANCE,
    overwrite: bool = False,
) -> PartitionResult:
    """Cut a hydrofabric into parts and write the framework's partition file.

    On success the file is complete; on failure nothing of it is left and an earlier one is as it was. Equal
    inputs give equal files.

    Parameters
    ----------
    parts : how many; one for each rank of the run
    weights : shape (catchments,), cost of each catchment in the order of the fabric; all cost the same
        where not given
    tolerance : imbalance that is good enough to prefer fewer flows between parts
    overwrite : replace what is there

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such fabric, or it is not sound.
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
    fabric = read_hydrofabric(source)
    if any(output.resolve() == file.resolve() for file in fabric.sources):
        raise InputError(f"{output} belongs to the hydrofabric itself", hint="name another output")
    found = partition_fabric(fabric, parts, weights=weights, tolerance=tolerance)
    content = partition_text(fabric, found).encode()
    with replacing(output, needed=len(content)) as hidden:
        hidden.write_bytes(content)
    return PartitionResult(output, hashlib.sha256(content).hexdigest(), len(content), found)


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
    return read_partitioning(path, read_hydrofabric(hydrofabric), weights=weights)


def _require_free(source: Path, output: Path, *, overwrite: bool) -> None:
    with storing(output):
        if output.is_dir():
            raise InputError(f"{output} is a folder", hint="name a file")
        if output.exists() and source.exists() and output.samefile(source):
            raise InputError(f"{output} is the hydrofabric itself", hint="name another output")
        if output.exists() and not overwrite:
            raise AlreadyExists(f"{output} exists", hint="name another output, or allow to overwrite it")
