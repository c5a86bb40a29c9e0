"""Routes of the data service: each sees what who asks may see, and what they add is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.bodies import DataSharingBody, DeriveBody, DescriptionBody, EditBody, RequirementBody
from dmod.api.guarding import GuardedRoute
from dmod.api.naming import require_own_name
from dmod.api.openapi import ANSWERS
from dmod.api.parameters import Words
from dmod.api.ranges import byte_range
from dmod.api.seeing import data_of, dataset_to_change, sees_dataset
from dmod.api.slowly import slow_of
from dmod.catalog.category import Category
from dmod.catalog.data_format import find_format
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing, Order
from dmod.catalog.manifest import FileEntry
from dmod.catalog.placement import chosen_files
from dmod.catalog.record import record_of
from dmod.errors import ConflictError
from dmod.services.data.bringing import facts_of
from dmod.services.data.service import DataService

router = APIRouter(prefix="/v1/data", tags=["data"], route_class=GuardedRoute)

Seeing = Annotated[Asking, Depends(Needs(Permission.DATASET_SEE))]
Adding = Annotated[Asking, Depends(Needs(Permission.DATASET_ADD))]
Changing = Annotated[Asking, Depends(Needs(Permission.DATASET_CHANGE))]
Sharing = Annotated[Asking, Depends(Needs(Permission.DATASET_SHARE))]
Removing = Annotated[Asking, Depends(Needs(Permission.DATASET_REMOVE))]
Reference = Annotated[
    str, Path(min_length=1, max_length=200, description="NAME is the latest version, NAME@2 the second",
              examples=["logan", "logan@2"]),
]  # fmt: skip
FilePath = Annotated[
    str, Path(min_length=1, max_length=4095, description="path in the dataset", examples=["config/a.gpkg"])
]


@router.get("/datasets", summary="List datasets")
def list_datasets(
    asking: Seeing,
    pattern: Words = "",
    category: str | None = None,
    format: str | None = None,
    owner: Words = "",
    latest: bool = True,
    expired: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    sort: Annotated[Order, Query(description="by what; equal ones by name and version")] = "name",
    descending: Annotated[bool, Query(description="the last, newest or largest first")] = False,
) -> list[dict[str, Any]]:
    """List the datasets that one may see, in the order of their names, or as `sort` says."""
    found = data_of(asking).list(
        Listing(
            pattern=pattern,
            category=None if category is None else Category.named(category),
            format=None if format is None else find_format(format),
            owner=owner,
            latest=latest,
            expired=expired,
            limit=limit,
            offset=offset,
            order=sort,
            descending=descending,
        )
    )
    return [record_of(dataset) for dataset in found]


@router.get("/datasets/{reference}", summary="Show a dataset")
def show_dataset(asking: Seeing, reference: Reference) -> dict[str, Any]:
    """Show all that is known of a version: NAME is the latest, NAME@2 the second."""
    shown = data_of(asking).show(reference)
    return {
        **record_of(shown.dataset),
        "versions": list(shown.versions),
        "children": [child.reference for child in shown.children],
    }


@router.get("/datasets/{reference}/files", summary="List the files of a dataset")
def list_files(asking: Seeing, reference: Reference) -> list[dict[str, Any]]:
    """List the files of a version, with size and SHA-256."""
    service = data_of(asking)
    dataset = service.dataset(reference)
    return [
        {"path": entry.path, "size": entry.size, "sha256": entry.sha256}
        for entry in service.catalog.manifest(dataset)
    ]


@router.get(
    "/datasets/{reference}/files/{path:path}",
    summary="Read a file",
    response_class=Response,
    responses=ANSWERS.file,
)
def read_file(
    asking: Seeing,
    reference: Reference,
    path: FilePath,
    range: Annotated[str | None, Header(description="bytes=A-B", examples=["bytes=0-99"])] = None,
) -> Response:
    """Read a file, or with ``Range: bytes=A-B`` a part of it; an interrupted download goes on by that."""
    service = data_of(asking)
    dataset, entry = _file(service, reference, path)
    part = byte_range(range, entry.size)
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{entry.sha256}"'}
    start, end = (0, entry.size) if part is None else part
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{entry.size}"
    headers["Content-Length"] = str(end - start)

    def pieces() -> Iterator[bytes]:
        with service.catalog.held(dataset, f"sending {path}"):
            yield from service.catalog.store.read(entry.content, start, end)

    return StreamingResponse(
        pieces(), 200 if part is None else 206, headers=headers, media_type="application/octet-stream"
    )


@router.get("/datasets/{reference}/links/{path:path}", summary="Sign addresses of a file")
def sign_file(
    asking: Seeing,
    reference: Reference,
    path: FilePath,
    seconds: Annotated[int, Query(ge=1, le=604_800)] = 3600,
) -> list[dict[str, Any]]:
    """Return addresses in the object store from which anybody can read a file for a while, without keys."""
    service = data_of(asking)
    _, entry = _file(service, reference, path)
    parts = service.catalog.store.sign_get(entry.content, timedelta(seconds=seconds))
    return [{"url": part.url, "start": part.start, "end": part.end} for part in parts]


def _file(service: DataService, reference: str, path: str) -> tuple[Dataset, FileEntry]:
    dataset = service.dataset(reference)
    entries = [entry for entry in service.catalog.manifest(dataset) if entry.path == path]
    return dataset, (entries or chosen_files(dataset, service.catalog.manifest(dataset), [path]))[0]


@router.get(
    "/datasets/{reference}/lineage", summary="Show where a dataset comes from", responses=ANSWERS.lineage
)
def show_lineage(
    asking: Seeing, reference: Reference, form: Literal["json", "dot", "mermaid"] = "json"
) -> Any:
    """Show where a version comes from and what was made of it: ``form`` json, dot or mermaid."""
    graph = data_of(asking).lineage(reference)
    if form == "dot":
        return PlainTextResponse(graph.as_dot())
    if form == "mermaid":
        return PlainTextResponse(graph.as_mermaid())
    return graph.as_json()


@router.post("/datasets/{reference}/verify", summary="Hash a dataset again")
async def verify_dataset(asking: Seeing, request: Request, reference: Reference) -> dict[str, Any]:
    """Hash every byte of a version again."""
    found = await slow_of(request)(data_of(asking).verify, [reference])
    faults = [{"path": fault.path, "what": fault.what} for fault in found.faults]
    return {"files": found.files, "bytes": found.bytes, "sound": not faults, "faults": faults}


@router.patch("/datasets/{reference}", summary="Change what is said of a dataset")
def edit_dataset(asking: Changing, reference: Reference, body: EditBody) -> dict[str, Any]:
    """Change description, expiry or read-only mark of a version; an administrator may change the owner."""
    dataset = dataset_to_change(asking, reference, Permission.DATASET_CHANGE)
    changes = body.changes()
    if changes.get("owner", dataset.owner) != dataset.owner:
        asking.require(Permission.DATASET_CHANGE)
    return record_of(data_of(asking).edit(dataset.reference, changes))


@router.put("/datasets/{reference}/sharing", summary="Share a dataset")
def share_dataset(asking: Sharing, reference: Reference, body: DataSharingBody) -> dict[str, Any]:
    """Say who may read a dataset beside its owner, in place of who might before.

    NAME@2 is that version; NAME is all versions of the owner of the latest. Who may read it may use it in
    jobs as well. A version that its owner adds later is shared as the one before it.
    """
    dataset = dataset_to_change(asking, reference, Permission.DATASET_SHARE)
    wanted = dataset.name if reference == dataset.name else dataset.reference
    return record_of(data_of(asking).share(wanted, body.shared_with)[-1])


@router.delete("/datasets/{reference}", status_code=204, summary="Remove a dataset")
def remove_dataset(asking: Removing, reference: Reference, force: bool = False) -> None:
    """Remove a version; with `force` although others were derived from it."""
    dataset = dataset_to_change(asking, reference, Permission.DATASET_REMOVE)
    children = asking.services.data.catalog.index.children(dataset.uuid)
    if not force and not all(sees_dataset(asking, child) for child in children):
        raise ConflictError(
            f"others have derived datasets from {dataset.reference}",
            hint="remove it with force: what they have can then not be traced to its bytes any more",
        )
    data_of(asking).remove([reference], even_if_needed=force)


@router.post("/find", summary="Find what fulfils a requirement")
def find_data(asking: Seeing, body: RequirementBody) -> dict[str, Any]:
    """Say what fulfils a requirement, or what was considered and what each dataset lacks."""
    return data_of(asking).find(body.requirement()).as_json()


@router.post("/plan", summary="Say how a requirement would be met")
def plan_data(asking: Seeing, body: RequirementBody) -> dict[str, Any]:
    """Say what fulfils a requirement, or the cheapest way to derive it."""
    return data_of(asking).plan(body.requirement()).as_json()


@router.post("/derive", summary="Meet a requirement")
async def derive_data(asking: Adding, request: Request, body: DeriveBody) -> list[dict[str, Any]]:
    """Meet a requirement; what is missing is derived before the answer comes.

    What takes long is better submitted as a job of kind `preparation`.
    """

    def derive() -> list[dict[str, Any]]:
        if body.name:
            require_own_name(asking, body.name)
        made = data_of(asking).derive(
            body.requirement(), name=body.name, description=body.description, expires=body.expires
        )
        return [record_of(dataset) for dataset in made]

    asking.target = body.name
    return await slow_of(request)(derive)


@router.post("/datasets", status_code=201, summary="Note data that lie elsewhere")
def link_dataset(asking: Adding, body: DescriptionBody) -> dict[str, Any]:
    """Note data that stay where they are (`link`)."""
    asking.target = body.name
    require_own_name(asking, body.name)
    return facts_of(data_of(asking).add(body.name, [body.link], body.said(), another=body.another))
