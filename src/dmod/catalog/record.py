"""The record of a dataset: one JSON document in the store that says all about it but its files.

The record is what makes a dataset exist; the index can be written anew from all records and manifests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset, Input, Lineage
from dmod.catalog.domain_json import domain_from_json, domain_to_json
from dmod.core.time_axis import parse_time
from dmod.errors import InputError

RECORDS = "datasets/"
FORM = 1
"""Version of the form of records; a higher one is refused."""


def record_key(name: str, version: int) -> str:
    """Return where the record of a version lies in a store."""
    return f"{RECORDS}{name}/{version}.json"


def record_of(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset's record as JSON data."""
    lineage = dataset.lineage
    return {
        "form": FORM,
        "name": dataset.name,
        "version": dataset.version,
        "uuid": dataset.uuid,
        "category": dataset.category.value,
        "domain": domain_to_json(dataset.domain),
        "digest": dataset.digest,
        "manifest_size": dataset.manifest_size,
        "size": dataset.size,
        "files": dataset.files,
        "created": _stamp(dataset.created),
        "expires": None if dataset.expires is None else _stamp(dataset.expires),
        "read_only": dataset.read_only,
        "description": dataset.description,
        "owner": dataset.owner,
        "access_location": dataset.access_location,
        "lineage": {
            "step": lineage.step,
            "key": lineage.key,
            "software": lineage.software,
            "parameters": dict(lineage.parameters),
            "sources": dict(lineage.sources),
            "inputs": [
                {
                    "role": item.role,
                    "name": item.name,
                    "version": item.version,
                    "uuid": item.uuid,
                    "digest": item.digest,
                }
                for item in lineage.inputs
            ],
        },
        "extra": dict(dataset.extra),
    }


def record_text(dataset: Dataset) -> bytes:
    """Return a dataset's record as it is written."""
    return (json.dumps(record_of(dataset), indent=1, default=str) + "\n").encode()


def dataset_of(document: object, where: str) -> Dataset:
    """Read a record.

    Raises
    ------
    InputError
        it is none, or one of a later form.
    """
    if not isinstance(document, Mapping):
        raise InputError(f"{where} is no record of a dataset")
    if document.get("form") != FORM:
        raise InputError(
            f"{where} is a record of form {document.get('form')!r}; this program reads form {FORM}",
            hint="use the program that wrote it, or a later one",
        )
    try:
        return _dataset(document, where)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where} is no record of a dataset: {error!r}") from error


def parse_record(data: bytes, where: str) -> Dataset:
    """Read a record as it is written; see `dataset_of`."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise InputError(f"{where} is no JSON: {error}") from error
    return dataset_of(document, where)


def _dataset(document: Mapping[str, Any], where: str) -> Dataset:
    expires = document["expires"]
    return Dataset(
        name=document["name"],
        version=int(document["version"]),
        category=Category.named(document["category"]),
        domain=domain_from_json(document["domain"], f"{where}: domain"),
        uuid=document["uuid"],
        digest=document["digest"],
        manifest_size=int(document["manifest_size"]),
        size=int(document["size"]),
        files=int(document["files"]),
        created=parse_time(document["created"], what=f"{where}: created"),
        description=document["description"],
        owner=document["owner"],
        expires=None if expires is None else parse_time(expires, what=f"{where}: expires"),
        read_only=bool(document["read_only"]),
        lineage=_lineage(document["lineage"]),
        access_location=document["access_location"],
        extra=dict(document["extra"]),
    )


def _lineage(document: Mapping[str, Any]) -> Lineage:
    return Lineage(
        step=document["step"],
        inputs=tuple(
            Input(item["role"], item["name"], int(item["version"]), item["uuid"], item["digest"])
            for item in document["inputs"]
        ),
        parameters=dict(document["parameters"]),
        key=document["key"],
        software=document["software"],
        sources=dict(document["sources"]),
    )


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")
