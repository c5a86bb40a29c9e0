"""A server in a process of its own, to be asked, killed and started again by tests."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

import dmod
from dmod.testing.warm_command import WarmProcess, start_dmod

PATIENCE = 120.0
"""Seconds that a busy machine may take."""
ENDS = frozenset({"completed", "failed", "cancelled", "timed-out"})
WITHOUT_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It trusts nobody; to load whom to trust takes longer than to ask a server."""
RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "states.nc", "balance.csv", "hydrograph.csv")
"""Files of a run, by their names, of which not one byte may differ."""


@dataclass
class ServedHome:
    """A folder with a server over it, or none.

    Parameters
    ----------
    folder : of the server
    options : of ``dmod serve``, beside folder and port
    environment : variables beside this process's own
    """

    folder: Path
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: WarmProcess | subprocess.Popen[bytes] | None = None
    url: str = ""

    def start(self) -> ServedHome:
        """Start the server and wait until it answers."""
        place = self.folder / "server.json"
        place.unlink(missing_ok=True)
        self.begin()
        self.url = str(wait_for(lambda: self._announced(place))["url"])
        return self

    def begin(self) -> ServedHome:
        """Start the server, which need not be one that answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["serve", "--home", str(self.folder), "--port", "0", *self.options]
        with (self.folder / "server.log").open("ab") as log:
            self.process = start_dmod(command, log, log, self.environment)
        return self

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask the server to stop, and wait until it has."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)

    @property
    def client(self) -> httpx2.Client:
        """Return a client that shows the token of the folder."""
        return self.client_with((self.folder / "token").read_text(encoding="utf-8").strip())

    def client_with(self, token: str) -> httpx2.Client:
        """Return a client that shows a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=f"{self.url}/v1", headers=headers, timeout=PATIENCE, verify=WITHOUT_TLS)

    def submit(self, request: Mapping[str, Any], key: str = "") -> str:
        """Submit a job and return its id."""
        with self.client as client:
            headers = {"Idempotency-Key": key} if key else {}
            answer = client.post("/jobs", json=dict(request), headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        with self.client as client:
            found: dict[str, Any] = client.get(f"/jobs/{job_id}").raise_for_status().json()
        return found

    def ended(self, job_id: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait for the end of a job, some seconds at most, and return it."""
        found: dict[str, Any] = wait_for(lambda: (job := self.job(job_id))["state"] in ENDS and job, patience)
        return found

    def in_state(self, job_id: str, state: str) -> dict[str, Any]:
        """Wait until a job is in a state."""
        found: dict[str, Any] = wait_for(lambda: (job := self.job(job_id))["state"] == state and job)
        return found

    def get(self, path: str) -> Any:
        """Return what a path answers."""
        with self.client as client:
            return client.get(path).raise_for_status().json()

    def _announced(self, place: Path) -> Any:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "server.log").read_text(encoding="utf-8")[-4000:])
        try:
            return json.loads(place.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None


def wait_for(look: Any, patience: float = PATIENCE) -> Any:
    """Return what a function finds as soon as that is something, within some seconds."""
    begin = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begin
        assert waited < patience, "it never came"
        time.sleep(min(0.25, max(0.02, waited / 20.0)))  # to look is work for what is waited for, too
    return found


def fetch_results(served: ServedHome, job: str, folder: Path) -> None:
    """Wait for the end of a run, and put the files that it published into a folder."""
    ended = served.ended(job)
    assert ended["state"] == "completed", ended["cause"]
    collected = next(step for step in ended["steps"] if step["name"] == "collect")["result"]
    with dmod.open_data(served.folder) as data:
        data.get(collected["dataset"], folder)


def result_bytes(served: ServedHome, job: str, folder: Path) -> dict[str, bytes]:
    """Wait for the end of a run, and return the bytes of `RESULTS`, which are put into a folder."""
    fetch_results(served, job, folder)
    return {name: next(folder.rglob(name)).read_bytes() for name in RESULTS}


def results_of(served: ServedHome, folder: Path, **request: Any) -> dict[str, bytes]:
    """Run the package ``basin``; return the bytes of `RESULTS`, which are put into a folder.

    Parameters
    ----------
    request : what of the request is not as always
    """
    asked = {"kind": "run", "package": "basin", "fresh": True, "evaluation": False}
    job = served.submit({**asked, "outputs": {"report": False}, **request})
    return result_bytes(served, job, folder)
