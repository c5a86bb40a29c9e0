"""The record of a dataset: one JSON document in the store that says all about it but its files.

The record is what makes a dataset exist; the index can be written anew from all records and manifests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.dataset import UNFIT, Dataset, Input, Lineage
from dmod.catalog.domain_json import domain_from_json, domain_to_json
from dmod.core.time_axis import parse_time
from dmod.errors import InputError

RECORDS = "datasets/"
FORM = 1
"""Version of the form of records; a higher one is refused."""
DIGEST = re.compile(r"[0-9a-f]{64}")
MANY = 1 << 63


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
        **({"shared_with": list(dataset.shared_with)} if dataset.shared_with else {}),
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
    record = _Object(document, where)
    if record.held.get("form") != FORM:
        raise InputError(
            f"{where} is a record of form {record.held.get('form')!r}; this program reads form {FORM}",
            hint="use the program that wrote it, or a later one",
        )
    try:
        return _dataset(record)
    except InputError as error:
        # errors of values do not know where they stand
        message = error.message if error.message.startswith(where) else f"{where}: {error.message}"
        raise InputError(message, hint=error.hint) from error


def parse_record(data: bytes, where: str) -> Dataset:
    """Read a record as it is written; see `dataset_of`."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no JSON: {error}") from error
    return dataset_of(document, where)


def _dataset(record: _Object) -> Dataset:
    digest = record.text("digest")
    if DIGEST.fullmatch(digest) is None:
        raise record.error("digest", "64 hexadecimal digits")
    return Dataset(
        name=record.text("name"),
        version=record.count("version"),
        category=Category.named(record.text("category")),
        domain=domain_from_json(record.value("domain"), f"{record.where}: domain"),
        uuid=record.text("uuid"),
        digest=digest,
        manifest_size=record.count("manifest_size"),
        size=record.count("size"),
        files=record.count("files"),
        created=record.time("created"),
        description=record.text("description"),
        owner=record.text("owner"),
        expires=None if record.value("expires") is None else record.time("expires"),
        read_only=record.flag("read_only"),
        lineage=_lineage(record.object("lineage")),
        access_location=record.text("access_location"),
        extra=record.object("extra").held,
        shared_with=_readers(record),
    )


def _readers(record: _Object) -> tuple[str, ...]:
    found = record.held.get("shared_with", [])
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise record.error("shared_with", "a list of names")
    return tuple(found)


def _lineage(record: _Object) -> Lineage:
    inputs = record.value("inputs")
    if not isinstance(inputs, list):
        raise record.error("inputs", "a list")
    held = [_Object(item, f"{record.where}: inputs[{number}]") for number, item in enumerate(inputs)]
    sources = record.object("sources")
    return Lineage(
        step=record.text("step"),
        inputs=tuple(
            Input(i.text("role"), i.text("name"), i.count("version"), i.text("uuid"), i.text("digest"))
            for i in held
        ),
        parameters=record.object("parameters").held,
        key=record.text("key"),
        software=record.text("software"),
        sources={role: sources.text(role) for role in sources.held},
    )


class _Object:
    """An object of a document that a stranger may have written, and where it stands."""

    def __init__(self, held: object, where: str) -> None:
        if not isinstance(held, Mapping):
            raise InputError(f"{where} is no object", hint="get the record anew")
        self.held: dict[str, Any] = dict(held)
        self.where = where

    def value(self, key: str) -> Any:
        if key not in self.held:
            raise InputError(f"{self.where} has no {key}", hint="get the record anew")
        return self.held[key]

    def text(self, key: str) -> str:
        value = self.value(key)
        if not isinstance(value, str) or UNFIT.search(value):
            raise self.error(key, "text")
        return value

    def count(self, key: str) -> int:
        value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MANY:
            raise self.error(key, "a whole number, 0 or more")
        return value

    def flag(self, key: str) -> bool:
        value = self.value(key)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def time(self, key: str) -> datetime:
        return parse_time(self.text(key), what=f"{self.where}: {key}")

    def object(self, key: str) -> _Object:
        return _Object(self.value(key), f"{self.where}: {key}")

    def error(self, key: str, wanted: str) -> InputError:
        return InputError(f"{self.where}: {key} is {wanted}, not {str(self.held[key])[:100]!r}")


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")
