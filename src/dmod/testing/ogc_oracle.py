"""A server of pygeoapi on this machine for tests: another implementation of OGC API – Processes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

PATIENCE = 60.0
PROCESS = "hello-world"
"""Takes a text, ``name``, and gives it back."""
_PROGRAM = """
import sys
from pygeoapi.config import get_config
from pygeoapi.openapi import get_oas
import json, os
with open(os.environ["PYGEOAPI_OPENAPI"], "w") as file:
    json.dump(get_oas(get_config()), file)
from werkzeug.serving import make_server
from pygeoapi.flask_app import APP
make_server("127.0.0.1", int(sys.argv[1]), APP, threaded=True).serve_forever()
"""


@dataclass
class OgcOracle:
    """A server that runs while the block does.

    Parameters
    ----------
    folder : for its configuration and its jobs
    """

    folder: Path
    url: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        configuration = self.folder / "configuration.json"
        configuration.write_text(json.dumps(_configuration(self.url, self.folder)), encoding="utf-8")
        variables = {
            "PYGEOAPI_CONFIG": str(configuration),
            "PYGEOAPI_OPENAPI": str(self.folder / "openapi.json"),
            "PATH": "/usr/bin:/bin",
        }
        command = [sys.executable, "-c", _PROGRAM, str(port)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=variables, stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + PATIENCE
        while not _answers(self.url):
            is_there = self.process.poll() is None and time.monotonic() < end
            assert is_there, (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.1)

    def __enter__(self) -> OgcOracle:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/conformance", params={"f": "json"}).status_code == 200
    except httpx2.TransportError:
        return False


def _configuration(url: str, folder: Path) -> dict[str, Any]:
    text = {"en": "test"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": int(url.rpartition(":")[2])}, "url": url,
            "mimetype": "application/json; charset=UTF-8", "encoding": "utf-8", "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10},
            "map": {"url": "http://127.0.0.1/{z}/{x}/{y}", "attribution": "none"},
            "manager": {
                "name": "TinyDB", "connection": str(folder / "jobs.json"), "output_dir": str(folder),
            },
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text, "description": text, "keywords": {"en": ["test"]}, "terms_of_service": "none",
                "url": url, "keywords_type": "theme",
            },
            "license": {"name": "none", "url": url},
            "provider": {"name": "test", "url": url},
            "contact": {
                "name": "test", "position": "", "address": "", "city": "", "stateorprovince": "",
                "postalcode": "", "country": "", "phone": "", "fax": "", "email": "a@example.org",
                "url": url, "hours": "", "instructions": "", "role": "pointOfContact",
            },
        },
        "resources": {PROCESS: {"type": "process", "processor": {"name": "HelloWorld"}}},
    }  # fmt: skip
