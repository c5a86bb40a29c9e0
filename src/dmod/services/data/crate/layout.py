"""Where things lie in a crate.

``ro-crate-metadata.json`` says it all to any program that reads RO-Crates; ``data/`` holds the files of the
dataset and ``ancestors/<name>@<version>/`` those that it was derived from; ``dmod/`` is what another catalog
imports: records, manifests and a table of contents.
"""

from __future__ import annotations

from urllib.parse import quote

from dmod.catalog.dataset import Dataset
from dmod.catalog.record import record_key

METADATA = "ro-crate-metadata.json"
DATA = "data/"
ANCESTORS = "ancestors/"
OWN = "dmod/"
CONTENTS = f"{OWN}crate.json"
ROOT = "./"

_PLAIN = (
    "/!$&'()*+,;=:@"  # what a path of an address may hold as it is (RFC 3986), besides letters and digits
)


def folder_of(dataset: Dataset, *, is_root: bool) -> str:
    """Return the folder of a dataset's files, with ``/`` at its end."""
    return DATA if is_root else f"{ANCESTORS}{dataset.reference}/"


def record_path(dataset: Dataset) -> str:
    """Return where the record of a dataset lies."""
    return OWN + record_key(dataset.name, dataset.version)


def manifest_path(digest: str) -> str:
    """Return where the manifest of a digest lies."""
    return f"{OWN}manifests/{digest}.txt"


def address_of(path: str) -> str:
    """Return the address of a path in the metadata: blanks and what is not ASCII are escaped."""
    return quote(path, safe=_PLAIN)
