"""A registry of container images for tests: holds one image, serves it over HTTP, in a node's own network.

    with ImageRegistry(node, folder, root) as image:
        ...  # localhost:5999/users/served@sha256:…

Engines take a registry on their own machine for one that may speak without TLS.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from dmod.testing.swarm import SwarmNode

PORT = 5999
NAME = f"localhost:{PORT}/users/served"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
UNKNOWN = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
PATIENCE = 30.0


class ImageRegistry:
    """A registry that runs while the block does.

    Parameters
    ----------
    node : whose network it is in
    folder : for what it serves
    root : archive of the image's root folder
    """

    def __init__(self, node: SwarmNode, folder: Path, root: bytes) -> None:
        self._node = node
        self._folder = folder
        self.image = f"{NAME}@{_write(folder, root)}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        command = ["nsenter", f"--net=/run/netns/{self._node.space}", sys.executable, "-m", __name__]
        self._process = subprocess.Popen([*command, str(self._folder)])
        end = time.monotonic() + PATIENCE
        while not (self._folder / "ready").exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise TimeoutError("the registry does not start")
            time.sleep(0.02)
        return self.image

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _write(folder: Path, root: bytes) -> str:
    """Write an image into a folder, every part under its digest; return that of its manifest."""
    folder.mkdir(parents=True, exist_ok=True)

    def put(data: bytes) -> dict[str, str | int]:
        digest = hashlib.sha256(data).hexdigest()
        (folder / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layer = put(gzip.compress(root, 1, mtime=0))
    content = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(root).hexdigest()}"]},
    }
    config = put(json.dumps(content).encode())
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, **config},
        "layers": [{"mediaType": LAYER, **layer}],
    }
    return str(put(json.dumps(manifest).encode())["digest"])


class _Serving(BaseHTTPRequestHandler):
    folder = Path()

    def do_GET(self) -> None:
        """Answer with a part of the image."""
        digest = self.path.rpartition("sha256:")[2]
        path = self.folder / digest
        is_found = self.path == "/v2/" or (len(digest) == 64 and path.is_file())
        data = path.read_bytes() if path.is_file() else b"{}" if is_found else UNKNOWN
        self.send_response(200 if is_found else 404)
        kind = MANIFEST if "/manifests/" in self.path else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Docker-Content-Digest", f"sha256:{digest}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(folder: Path) -> None:
    """Serve a folder until the process ends."""
    _Serving.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", PORT), _Serving)
    (folder / "ready").touch()
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
