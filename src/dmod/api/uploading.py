"""Routes of uploads: files are sent in pieces, and become a dataset when they are committed."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.bodies import DescriptionBody
from dmod.api.data import FilePath
from dmod.api.guarding import GuardedRoute
from dmod.api.naming import require_own_name
from dmod.api.openapi import UPLOAD_BODY
from dmod.api.seeing import data_of
from dmod.api.slowly import slow_of
from dmod.api.uploads import Uploads, files_below, range_start
from dmod.errors import InputError
from dmod.services.data.bringing import facts_of

router = APIRouter(prefix="/v1/data/uploads", tags=["data"], route_class=GuardedRoute)

Adding = Annotated[Asking, Depends(Needs(Permission.DATASET_ADD))]
# an upload changes nothing that others see before it is committed
Sending = Annotated[Asking, Depends(Needs(Permission.DATASET_ADD, audited=False))]
UploadId = Annotated[str, Path(max_length=64, description="id of an upload")]


class UploadBegun(BaseModel):
    """An upload that files can be sent to."""

    upload: str = Field(examples=["0d1f6a52-4f3c-4a55-9f0e-0f2b3c4d5e6f"])


class FileReceived(BaseModel):
    """A file, and how much of it has come."""

    path: str
    received: int = Field(description="bytes")


class UploadShown(BaseModel):
    """What has come of an upload."""

    upload: str
    files: list[FileReceived]


def uploads_of(request: Request) -> Uploads:
    """Return the uploads of the application."""
    found: Uploads = request.app.state.uploads
    return found


Sent = Annotated[Uploads, Depends(uploads_of)]


@router.post("", status_code=201, response_model=UploadBegun, summary="Begin an upload")
def begin_upload(asking: Sending, sent: Sent) -> UploadBegun:
    """Begin an upload: send files to it, then commit it as a dataset."""
    return UploadBegun(upload=sent.begin(asking.user))


@router.get("/{upload}", response_model=UploadShown, summary="Show an upload")
def show_upload(asking: Sending, sent: Sent, upload: UploadId) -> UploadShown:
    """Say what has come of an upload; sending goes on from there."""
    place = sent.place(upload, asking.user)
    files = [FileReceived(path=path, received=(place / path).stat().st_size) for path in files_below(place)]
    return UploadShown(upload=upload, files=files)


@router.put(
    "/{upload}/files/{path:path}",
    response_model=FileReceived,
    summary="Send a file",
    openapi_extra=UPLOAD_BODY,
)
async def send_file(
    asking: Sending,
    request: Request,
    sent: Sent,
    upload: UploadId,
    path: FilePath,
    content_range: Annotated[
        str | None, Header(description="bytes A-B/TOTAL of a piece", examples=["bytes 0-99/1000"])
    ] = None,
) -> FileReceived:
    """Send a file, whole or in pieces with `Content-Range: bytes A-B/TOTAL`, in order."""
    place = await run_sync(sent.place, upload, asking.user)
    received = await sent.append(place, path, range_start(content_range), request.stream())
    return FileReceived(path=path, received=received)


@router.post("/{upload}/commit", status_code=201, summary="Make a dataset of an upload")
async def commit_upload(
    asking: Adding, request: Request, sent: Sent, upload: UploadId, body: DescriptionBody
) -> dict[str, Any]:
    """Make a dataset of the files that were sent; what is not said of them is found out."""

    def commit() -> dict[str, Any]:
        place = sent.place(upload, asking.user)
        require_own_name(asking, body.name)
        files = files_below(place)
        paths = [place / files[0]] if len(files) == 1 else [place]
        try:
            brought = data_of(asking).add(
                body.name, paths, body.said(), another=body.another, unpack=body.unpack
            )
        except InputError as error:
            # where uploads lie on this machine is nobody's business, and no help
            said, hint = (text.replace(f"{place}/", "") for text in (error.message, error.hint or ""))
            raise InputError(said.replace(str(place), "what was sent"), hint=hint or None) from error
        sent.end(place)
        return facts_of(brought)

    asking.target = body.name
    return await slow_of(request)(commit)


@router.delete("/{upload}", status_code=204, summary="Give an upload up")
def end_upload(asking: Sending, sent: Sent, upload: UploadId) -> None:
    """Forget an upload, and what was sent."""
    sent.end(sent.place(upload, asking.user))
