"""The table of contents of a crate, as another catalog reads it: ``dmod/crate.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dmod.catalog.dataset import require_name
from dmod.catalog.manifest import HEX
from dmod.errors import InputError
from dmod.services.data.lineage import Node

FORM = 1
"""Version of the form; a higher one is refused."""
_HINT = "only crates that dmod exported can be imported; add the files of others with `dmod data add`"


@dataclass(frozen=True, slots=True)
class Item:
    """A dataset of a crate.

    Parameters
    ----------
    record : SHA-256 of its record's text
    with_files : whether its files are in the crate
    """

    name: str
    version: int
    uuid: str
    record: str
    with_files: bool


@dataclass(frozen=True, slots=True)
class Inventory:
    """The datasets of a crate, the one that it is about first."""

    items: tuple[Item, ...]

    @property
    def root(self) -> Item:
        """The dataset that the crate is about."""
        return self.items[0]


def inventory_text(inventory: Inventory, lost: Sequence[Node]) -> bytes:
    """Return the table of contents as it is written.

    Parameters
    ----------
    lost : what the lineage names and the catalog no longer has
    """
    found = {
        "form": FORM,
        "datasets": [
            {
                "name": item.name,
                "version": item.version,
                "uuid": item.uuid,
                "record": item.record,
                "with_files": item.with_files,
            }
            for item in inventory.items
        ],
        "lost": [{"reference": node.reference, "uuid": node.key, "digest": node.digest} for node in lost],
    }
    return (json.dumps(found, indent=1) + "\n").encode()


def parse_inventory(document: object, where: str) -> Inventory:
    """Read a table of contents as if a stranger had written it.

    Raises
    ------
    InputError
        it is none, or one of a later form.
    """
    if not isinstance(document, Mapping):
        raise InputError(f"{where} is no table of contents of a crate", hint=_HINT)
    if document.get("form") != FORM:
        raise InputError(
            f"{where} is of form {document.get('form')!r}; this program reads form {FORM}",
            hint="use the program that wrote it, or a later one",
        )
    listed = document.get("datasets")
    if not isinstance(listed, list) or not listed:
        raise InputError(f"{where} lists no dataset", hint=_HINT)
    items = tuple(_item(entry, f"{where}: datasets[{number}]") for number, entry in enumerate(listed))
    for what, found in (
        ("uuid", [item.uuid for item in items]),
        ("version", [f"{item.name}@{item.version}" for item in items]),
    ):
        if len(set(found)) < len(found):
            raise InputError(f"{where} lists one {what} twice", hint=_HINT)
    return Inventory(items)


def require_uuid(value: object, where: str) -> str:
    """Return an identity as dmod writes it.

    Raises
    ------
    InputError
        it is none.
    """
    try:
        if isinstance(value, str) and str(UUID(value)) == value:
            return value
    except ValueError as error:
        raise InputError(f"{where}: {value!r} is no uuid", hint=_HINT) from error
    raise InputError(f"{where}: {value!r} is no uuid", hint=_HINT)


def require_hash(value: object, where: str) -> str:
    """Return a SHA-256 as dmod writes it.

    Raises
    ------
    InputError
        it is none.
    """
    if isinstance(value, str) and len(value) == 64 and set(value) <= HEX:
        return value
    raise InputError(f"{where}: {value!r} is no SHA-256", hint=_HINT)


def _item(entry: Any, where: str) -> Item:
    if not isinstance(entry, Mapping):
        raise InputError(f"{where} is no object", hint=_HINT)
    name, version, with_files = entry.get("name"), entry.get("version"), entry.get("with_files")
    if not isinstance(name, str) or not isinstance(with_files, bool):
        raise InputError(f"{where} has no name, or does not say whether its files are here", hint=_HINT)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(f"{where}: {version!r} is no version", hint=_HINT)
    return Item(
        require_name(name),
        version,
        require_uuid(entry.get("uuid"), where),
        require_hash(entry.get("record"), where),
        with_files,
    )
