"""The web page: its files, which are built into the package, and the address of each of its views."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parents[1] / "page"
VIEWS = frozenset({"", "new", "jobs", "results", "scores", "data", "admin"})
"""First parts of addresses that are views of the page; what stands behind them is its own affair."""
APIS = frozenset({"v1", "ogc", "assets"})
"""First parts of addresses that programs ask: they get what they understand."""
NOT_FOUND = 404
LASTING = "public, max-age=31536000, immutable"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>dmod</title>
<p>The web page is not built here. It is in every wheel; in a checkout, <code>make page</code> builds it.</p>
"""


class Page:
    """Before the application: answers what asks for the page, and lets everything else through.

    Parameters
    ----------
    app : the application
    folder : the page's files; the page is not there where this has none
    """

    def __init__(self, app: ASGIApp, folder: Path = FOLDER) -> None:
        self.app, self.folder = app, folder
        self._files: Mapping[str, Path] = {}
        self._built = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._answer(scope["path"], headers)
        if answer is not None:
            await answer(scope, receive, send)
        elif self._is_visit(scope["path"], headers):
            await self._visit(scope, receive, send, headers)
        else:
            await self.app(scope, receive, send)

    def _is_visit(self, path: str, headers: Headers) -> bool:
        """Whether a person goes to an address, and no program asks the API."""
        is_of_api = path.split("/", 2)[1] in APIS
        return not is_of_api and "text/html" in headers.get("accept", "") and "/index.html" in self.files

    async def _visit(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Let the application answer; where it has nothing, the page says so and leads on."""
        is_nowhere = False

        async def pass_on(message: Message) -> None:
            nonlocal is_nowhere
            is_nowhere = is_nowhere or message.get("status") == NOT_FOUND
            if not is_nowhere:
                await send(message)

        await self.app(scope, receive, pass_on)
        if is_nowhere:
            await self._file("/index.html", headers, NOT_FOUND)(scope, receive, send)

    @property
    def files(self) -> Mapping[str, Path]:
        """The page's files by their address; listed anew where it was built anew."""
        try:
            built = (self.folder / "index.html").stat().st_mtime_ns
        except OSError:
            return {}
        if built != self._built:
            found = (path for path in self.folder.rglob("*") if path.is_file())
            self._files = {f"/{PurePosixPath(path.relative_to(self.folder))}": path for path in found}
            self._built = built
        return self._files

    def _answer(self, path: str, headers: Headers) -> Response | None:
        if path in self.files and not path.endswith(".gz"):
            return self._file(path, headers)
        if path.split("/", 2)[1] not in VIEWS:
            return None
        if "/index.html" in self.files:
            return self._file("/index.html", headers)
        return Response(NOT_BUILT, 404, {"Content-Security-Policy": POLICY}, "text/html; charset=utf-8")

    def _file(self, path: str, headers: Headers, status: int = 200) -> Response:
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        told = {
            # what is built has a hash in its name; the page itself names what is new
            "Cache-Control": LASTING if path.startswith("/assets/") else "no-cache",
            "Content-Security-Policy": POLICY,
            "Vary": "Accept-Encoding",
        }
        packed = self.files.get(f"{path}.gz")
        if packed is not None and "gzip" in headers.get("accept-encoding", ""):
            told["Content-Encoding"] = "gzip"
            return Response(packed.read_bytes(), status, headers=told, media_type=kind)
        return Response(self.files[path].read_bytes(), status, headers=told, media_type=kind)
