"""The web page: its files, which are built into the package, and the address of each of its views."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parents[1] / "page"
VIEWS = frozenset({"", "new", "jobs", "results", "scores", "data", "admin"})
"""First parts of addresses that are views of the page; what stands behind them is its own affair."""
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
        answer = None
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            answer = self._answer(scope["path"], Headers(scope=scope))
        await (self.app if answer is None else answer)(scope, receive, send)

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

    def _file(self, path: str, headers: Headers) -> Response:
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
            return Response(packed.read_bytes(), headers=told, media_type=kind)
        return Response(self.files[path].read_bytes(), headers=told, media_type=kind)
