"""Values as rows of the tables, and rows as values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from dmod.catalog.dataset import Dataset
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import Hold, Upload
from dmod.catalog.index.signature import Signature, duration_of
from dmod.catalog.index.tables import OTHERS
from dmod.catalog.record import parse_record, record_text
from dmod.database.moment import moment, time_of


def version_row(dataset: Dataset, state: int) -> dict[str, Any]:
    """Return a version's row; without its manifest."""
    return {
        "name": dataset.name,
        "version": dataset.version,
        "uuid": dataset.uuid,
        "state": state,
        "category": dataset.category.value,
        "format": dataset.domain.format.id,
        "digest": bytes.fromhex(dataset.digest),
        "lineage_key": dataset.lineage.key,
        **editable_row(dataset),
    }


def editable_row(dataset: Dataset) -> dict[str, Any]:
    """Return the columns that can be changed, and when it was made."""
    return {
        "owner": dataset.owner,
        "created": moment(dataset.created),
        "expires": None if dataset.expires is None else moment(dataset.expires),
        "read_only": dataset.read_only,
    }


def record_column(dataset: Dataset) -> str:
    """Return everything that is known of a dataset but its files."""
    return record_text(dataset).decode()


def summary_row(dataset: Dataset, signature: Signature, places_id: int | None) -> dict[str, Any]:
    """Return what is looked through of every version."""
    return {
        "category": dataset.category.value,
        "format": dataset.domain.format.id,
        "time_begin": signature.begin,
        "time_end": signature.end,
        "duration": duration_of(signature.begin, signature.end),
        "created": moment(dataset.created),
        "expires": None if dataset.expires is None else moment(dataset.expires),
        "stated": signature.stated,
        "unbounded": signature.unbounded,
        "places_id": places_id,
        **dict(zip(OTHERS, signature.others, strict=True)),
    }


def holder_row(holder: Holder) -> dict[str, Any]:
    """Return a process as columns."""
    return {"host": holder.host, "pid": holder.pid, "process_started": holder.started}


def holder_of(row: Row[Any]) -> Holder:
    """Return the process of a row."""
    return Holder(row.host, row.pid, row.process_started)


def upload_of(row: Row[Any]) -> Upload:
    """Return the upload of a row joined with its version."""
    return Upload(row.name, row.version, row.uuid, holder_of(row), time_of(row.started), time_of(row.lease))


def hold_of(row: Row[Any]) -> Hold:
    """Return the hold of a row joined with its version."""
    return Hold(row.id, row.uuid, row.purpose, holder_of(row), time_of(row.lease), row.lasting)


def dataset_from(record: str) -> Dataset:
    """Return the dataset of a record that the index keeps."""
    return parse_record(record.encode(), "a record in the index")
