"""One identity of a river network, whatever file holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

LENGTH = 40
Relation = tuple[str, str, str]
"""Catchment, the nexus that it drains to, and the flowpath or catchment that the nexus drains to."""


def hydrofabric_identity(pairs: Iterable[Relation]) -> str:
    """Return the identity of a network: the same for the same network, whatever the format of its file.

    It is the first 40 hexadecimal digits of the SHA-256 of one line ``catchment nexus receiver`` for each
    catchment, in order and each once. The receiver is the *number* of the flowpath or catchment into which
    the nexus drains: a GeoPackage says ``wb-7`` where GeoJSON may say ``cat-7`` for the same. One that is no
    catchment of the network is left empty: a basin that was cut out ends there, whether its file still names
    what lies below or not.

    Shapes, areas and attributes are no part of it: fabrics that differ in these alone have one identity.

    Parameters
    ----------
    pairs : (catchment id, id of its nexus, receiving flowpath or catchment or ""), in any order; the ids as
        files have them
    """
    relations = list(pairs)
    known = {number_of(catchment) for catchment, _, _ in relations}
    lines = {
        f"{catchment} {nexus} {number if (number := receiver.rpartition('-')[2]) in known else ''}\n"
        for catchment, nexus, receiver in relations
    }
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:LENGTH]


def number_of(identifier: str) -> str:
    """Return what stands behind the prefix of an id: ``7`` of ``wb-7``."""
    return identifier.rpartition("-")[2]
