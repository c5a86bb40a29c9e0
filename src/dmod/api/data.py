"""Routes of the data service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from dmod.api.bodies import DeriveBody, DescriptionBody, EditBody, RequirementBody
from dmod.api.ranges import byte_range
from dmod.api.uploads import Uploads, files_below, range_start
from dmod.catalog.category import Category
from dmod.catalog.data_format import find_format
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing
from dmod.catalog.manifest import FileEntry
from dmod.catalog.placement import chosen_files
from dmod.catalog.record import record_of
from dmod.services.data.bringing import facts_of
from dmod.services.data.service import DataService

router = APIRouter(prefix="/data", tags=["data"])


def service_of(request: Request) -> DataService:
    """Return the data service that the application was wired with."""
    found: DataService = request.app.state.data
    return found


def uploads_of(request: Request) -> Uploads:
    """Return the uploads of the application."""
    found: Uploads = request.app.state.uploads
    return found


Service = Annotated[DataService, Depends(service_of)]
Sent = Annotated[Uploads, Depends(uploads_of)]


@router.get("/datasets")
def list_datasets(
    service: Service,
    pattern: str = "",
    category: str | None = None,
    format: str | None = None,
    owner: str = "",
    latest: bool = True,
    expired: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[dict[str, Any]]:
    """List datasets in the order of their names."""
    found = service.list(
        Listing(
            pattern=pattern,
            category=None if category is None else Category.named(category),
            format=None if format is None else find_format(format),
            owner=owner,
            latest=latest,
            expired=expired,
            limit=limit,
            offset=offset,
        )
    )
    return [record_of(dataset) for dataset in found]


@router.get("/datasets/{reference}")
def show_dataset(service: Service, reference: str) -> dict[str, Any]:
    """Show all that is known of a version: NAME is the latest, NAME@2 the second."""
    shown = service.show(reference)
    return {
        **record_of(shown.dataset),
        "versions": list(shown.versions),
        "children": [child.reference for child in shown.children],
    }


@router.get("/datasets/{reference}/files")
def list_files(service: Service, reference: str) -> list[dict[str, Any]]:
    """List the files of a version, with size and SHA-256."""
    dataset = service.dataset(reference)
    return [
        {"path": entry.path, "size": entry.size, "sha256": entry.sha256}
        for entry in service.catalog.manifest(dataset)
    ]


@router.get("/datasets/{reference}/files/{path:path}")
def read_file(
    service: Service, reference: str, path: str, range: Annotated[str | None, Header()] = None
) -> Response:
    """Read a file, or with ``Range: bytes=A-B`` a part of it; an interrupted download goes on by that."""
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


@router.get("/datasets/{reference}/links/{path:path}")
def sign_file(
    service: Service, reference: str, path: str, seconds: Annotated[int, Query(ge=1, le=604_800)] = 3600
) -> list[dict[str, Any]]:
    """Return addresses in the object store from which anybody can read a file for a while, without keys."""
    _, entry = _file(service, reference, path)
    parts = service.catalog.store.sign_get(entry.content, timedelta(seconds=seconds))
    return [{"url": part.url, "start": part.start, "end": part.end} for part in parts]


def _file(service: DataService, reference: str, path: str) -> tuple[Dataset, FileEntry]:
    dataset = service.dataset(reference)
    entries = [entry for entry in service.catalog.manifest(dataset) if entry.path == path]
    return dataset, (entries or chosen_files(dataset, service.catalog.manifest(dataset), [path]))[0]


@router.get("/datasets/{reference}/lineage")
def show_lineage(service: Service, reference: str, form: str = "json") -> Any:
    """Show where a version comes from and what was made of it: ``form`` json, dot or mermaid."""
    graph = service.lineage(reference)
    if form == "dot":
        return PlainTextResponse(graph.as_dot())
    if form == "mermaid":
        return PlainTextResponse(graph.as_mermaid())
    return graph.as_json()


@router.post("/datasets/{reference}/verify")
def verify_dataset(service: Service, reference: str) -> dict[str, Any]:
    """Hash every byte of a version again."""
    found = service.verify([reference])
    faults = [{"path": fault.path, "what": fault.what} for fault in found.faults]
    return {"files": found.files, "bytes": found.bytes, "sound": not faults, "faults": faults}


@router.patch("/datasets/{reference}")
def edit_dataset(service: Service, reference: str, body: EditBody) -> dict[str, Any]:
    """Change description, owner, expiry or read-only mark of a version."""
    return record_of(service.edit(reference, body.changes()))


@router.delete("/datasets/{reference}", status_code=204)
def remove_dataset(service: Service, reference: str, force: bool = False) -> None:
    """Remove a version; with ``force`` although others were derived from it."""
    service.remove([reference], even_if_needed=force)


@router.post("/find")
def find(service: Service, body: RequirementBody) -> dict[str, Any]:
    """Say what fulfils a requirement, or what was considered and what each dataset lacks."""
    return service.find(body.requirement()).as_json()


@router.post("/plan")
def plan(service: Service, body: RequirementBody) -> dict[str, Any]:
    """Say what fulfils a requirement, or the cheapest way to derive it."""
    return service.plan(body.requirement()).as_json()


@router.post("/derive")
def derive(service: Service, body: DeriveBody) -> list[dict[str, Any]]:
    """Meet a requirement; what is missing is derived before the answer comes."""
    made = service.derive(
        body.requirement(), name=body.name, description=body.description, expires=body.expires
    )
    return [record_of(dataset) for dataset in made]


@router.post("/datasets", status_code=201)
def link_dataset(service: Service, body: DescriptionBody) -> dict[str, Any]:
    """Note data that stay where they are (``link``)."""
    return facts_of(service.add(body.name, [body.link], body.said(), another=body.another))


@router.post("/uploads", status_code=201)
def begin_upload(sent: Sent) -> dict[str, str]:
    """Begin an upload: send files to it, then commit it as a dataset."""
    return {"upload": sent.begin()}


@router.get("/uploads/{upload}")
def show_upload(sent: Sent, upload: str) -> dict[str, Any]:
    """Say what has come of an upload; sending goes on from there."""
    place = sent.place(upload)
    return {
        "upload": upload,
        "files": [{"path": path, "received": sent.received(upload, path)} for path in files_below(place)],
    }


@router.put("/uploads/{upload}/files/{path:path}")
async def send_file(
    request: Request,
    sent: Sent,
    upload: str,
    path: str,
    content_range: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Send a file, whole or in pieces with ``Content-Range: bytes A-B/TOTAL``, in order."""
    received = await sent.append(upload, path, range_start(content_range), request.stream())
    return {"path": path, "received": received}


@router.post("/uploads/{upload}/commit", status_code=201)
def commit_upload(service: Service, sent: Sent, upload: str, body: DescriptionBody) -> dict[str, Any]:
    """Make a dataset of the files that were sent; what is not said of them is found out."""
    place = sent.place(upload)
    files = files_below(place)
    paths = [place / files[0]] if len(files) == 1 else [place]
    brought = service.add(body.name, paths, body.said(), another=body.another, unpack=body.unpack)
    sent.end(upload)
    return facts_of(brought)


@router.delete("/uploads/{upload}", status_code=204)
def end_upload(sent: Sent, upload: str) -> None:
    """Give an upload up."""
    sent.end(upload)


def wire(app: Any, service: DataService) -> None:
    """Give an application the data service and its routes."""
    app.state.data = service
    app.state.uploads = Uploads(Path(service.folder))
    app.include_router(router)
