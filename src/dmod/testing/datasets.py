"""Datasets made up for tests, and how they get into an index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset, Input, Lineage, new_uuid
from dmod.catalog.domain import Domain
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Index, Upload
from dmod.catalog.manifest import EMPTY, Manifest
from dmod.catalog.restriction import Continuous, Discrete
from dmod.catalog.store.port import Content

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
"""When everything happens, unless a test says otherwise."""
ELSEWHERE = Holder("another machine", 1, "1")
"""A process of which nobody here can know whether it has ended."""
FEW_CATCHMENTS = Domain(
    FORMATS["AORC_CSV"],
    {
        DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-1", "cat-2"})),
        DomainIndex.TIME: Continuous(AT, AT + timedelta(days=31)),
    },
)


def content_of(data: bytes) -> Content:
    """Return the content that bytes are."""
    return Content(hashlib.sha256(data).hexdigest(), len(data))


def manifest_of(files: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of files by path."""
    return Manifest.of((path, content_of(data)) for path, data in files.items())


def dataset_of(name: str, version: int = 1, manifest: Manifest = EMPTY, **more: Any) -> Dataset:
    """Return a dataset of forcing, as far as ``more`` does not say something else."""
    fields: dict[str, Any] = {
        "category": Category.FORCING,
        "domain": FEW_CATCHMENTS,
        "uuid": new_uuid(),
        "created": AT,
        "digest": manifest.digest,
        "manifest_size": manifest.content.size if manifest.entries else 0,
        "size": manifest.size,
        "files": len(manifest),
    }
    return Dataset(name=name, version=version, **{**fields, **more})


def upload_of(draft: Dataset, started: datetime = AT, lease: datetime = AT + LEASE) -> Upload:
    """Return the upload of a dataset by a process elsewhere."""
    return Upload(draft.name, 0, draft.uuid, ELSEWHERE, started, lease)


def reserve(index: Index, name: str, *, another: bool = False, **more: Any) -> Dataset:
    """Reserve a version; return its draft."""
    draft = dataset_of(name, **more)
    return index.reserve(draft, upload_of(draft), another=another)


def add(
    index: Index, name: str, files: Mapping[str, bytes] | None = None, *, another: bool = False, **more: Any
) -> Dataset:
    """Reserve a version and commit it; return its dataset."""
    manifest = manifest_of(files or {})
    draft = dataset_of(name, manifest=manifest, **more)
    dataset = replace(draft, version=index.reserve(draft, upload_of(draft), another=another).version)
    index.commit(dataset, manifest)
    return dataset


def derived_from(*uuids: str) -> Lineage:
    """Return the lineage of what was derived from datasets."""
    return Lineage("derived", tuple(Input("input", f"in-{uuid}", 1, uuid, "0" * 64) for uuid in uuids))


def everything() -> dict[str, Any]:
    """Return fields of a dataset with something in each of them."""
    return {
        "domain": Domain(
            FORMATS["AORC_CSV"],
            {
                DomainIndex.CATCHMENT_ID: Discrete(frozenset(f"cat-{number}" for number in range(90))),
                DomainIndex.TIME: Continuous(AT, AT + timedelta(days=1, microseconds=7)),
                DomainIndex.VARIABLE: Discrete(frozenset({"RAINRATE", 3, "é"}), excluded=True),
                DomainIndex.HYDROFABRIC_ID: Discrete(frozenset(), excluded=True),
            },
            units={"RAINRATE": "mm/h"},
            data_fields={"RAINRATE": "float"},
        ),
        "description": 'Überall "Regen"\n\u2028',
        "owner": "änn",
        "created": AT + timedelta(microseconds=123_456),
        "expires": AT + timedelta(days=9, microseconds=1),
        "lineage": Lineage(
            "forcing-from-grid",
            (Input("grid", "aorc", 3, "u-1", "a" * 64), Input("grid", "aorc", 4, "u-2", "b" * 64)),
            parameters={"method": "mean", "weights": [1.5, None, True]},
            key="k" * 64,
            software="dmod 0.1",
            sources={"aorc": "s3://bucket/aorc"},
        ),
        "access_location": "https://example.org/data",
        "extra": {"type": "FILESYSTEM", "nested": {"a": [1, 2]}},
    }


def references(datasets: Sequence[Dataset]) -> list[str]:
    """Return which datasets they are."""
    return [dataset.reference for dataset in datasets]
