"""Runs over a real object store that goes away, is too busy, or returns wrong bytes: nothing is half done."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import pytest

import dmod
from dmod.catalog.index.port import Listing
from dmod.services.data.service import DataService
from dmod.testing.ceph import CephServer
from dmod.testing.serving import ENDS, ServedHome, wait_for

QUICK = {"retries": "1", "timeout": "5"}
NUMBERS = count()
TRIES = 5


@pytest.fixture(scope="module")
def home(s3_server: CephServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    """A server whose store is a bucket, with a package of a small basin in it."""
    folder = tmp_path_factory.mktemp("store")
    bucket = s3_server.make_bucket(f"faults-{os.getpid()}")
    options = "".join(f'{name} = "{text}"\n' for name, text in {**s3_server.options, **QUICK}.items())
    settings = folder / "config.toml"
    settings.write_text(
        f'[data]\nhome = "{folder / "home"}"\nstore = "{bucket}"\n[data.store_options]\n{options}',
        encoding="utf-8",
    )
    package = dmod.make_example(folder / "package", catchments=12, years=4.0, observed=False).path
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DMOD_CONFIG", str(settings))
        with dmod.open_data() as data:
            data.add("basin", [package])
        served = ServedHome(folder / "home", ("--cpus", "2")).start()
        yield served
        served.stop()


def run(**more: Any) -> dict[str, Any]:
    return {
        "kind": "run", "package": "basin", "fresh": True, "evaluation": False,
        "outputs": {"report": False, "dataset": f"results-{next(NUMBERS)}"},
        "retry": {"limit": 20, "first": 0.2, "factor": 1}, **more,
    }  # fmt: skip


@contextmanager
def unavailable(server: CephServer) -> Iterator[None]:
    """Have something else answer in the place of the gateway: that it is too busy."""

    class Busy(BaseHTTPRequestHandler):
        def refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_error(503, "Slow Down")

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = refuse  # noqa: N815 - what it is asked for by

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server.stop_gateway()
    try:
        with ThreadingHTTPServer(("127.0.0.1", server.port), Busy) as busy:
            thread = threading.Thread(target=busy.serve_forever)
            thread.start()
            try:
                yield
            finally:
                busy.shutdown()
                thread.join()
    finally:
        server.start_gateway()


@contextmanager
def gone(server: CephServer) -> Iterator[None]:
    """Have nobody answer."""
    server.stop_gateway()
    try:
        yield
    finally:
        server.start_gateway()


def step(served: ServedHome, job: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in served.job(job)["steps"] if item["name"] == name)
    return found


def has_failed_or_is_over(served: ServedHome, job: str, name: str) -> bool:
    """Wait until an attempt at a step has failed, and return True, or until the job is over."""

    def look() -> str:
        shown = served.job(job)
        attempts = next(item for item in shown["steps"] if item["name"] == name)["attempts"]
        return (
            "failed" if any(item["cause"] for item in attempts) else shown["state"] * (shown["state"] in ENDS)
        )

    return bool(wait_for(look) == "failed")


def objects(data: DataService) -> set[str]:
    return {item["path"] for item in data.catalog.store.objects.list("")}  # type: ignore[attr-defined]


def forget_kept(served: ServedHome) -> None:
    """Let what comes from the store come from there."""
    for kept in (served.folder / "cache" / "objects").rglob("*"):
        if kept.is_file():
            kept.unlink()


def is_clean(data: DataService) -> bool:
    """Collect garbage without grace; return whether all that is there afterwards is needed, and whole."""
    data.collect(grace=timedelta(0))
    assert data.verify().faults == ()
    needed = {data.catalog.manifest(dataset).digest for dataset in data.list()}
    needed |= {entry.sha256 for dataset in data.list() for entry in data.catalog.manifest(dataset)}
    assert {item.sha256 for item in data.catalog.store.list_content()} == needed
    return not list(data.catalog.store.debris())


@pytest.mark.parametrize("fault", [gone, unavailable])
def test_store_that_is_away_while_results_are_collected_gets_them_once_when_it_is_back(
    home: ServedHome, s3_server: CephServer, fault: Any
) -> None:
    for _ in range(TRIES):
        asked = run()
        name, job = asked["outputs"]["dataset"], home.submit(asked)
        wait_for(lambda job=job: home.job(job)["step"] in {"run", "collect", None})
        with fault(s3_server):
            if has_failed_or_is_over(home, job, "collect"):
                assert home.job(job)["state"] != "completed"
                with home.client as client:
                    assert client.get(f"/data/datasets/{name}").status_code == 404
                break
    else:
        pytest.fail("each run was over before the store was away")
    ended = home.ended(job)
    assert ended["state"] == "completed", ended["cause"]
    first, *_, last = step(home, job, "collect")["attempts"]
    assert (first["cause"]["kind"], first["cause"]["retryable"], last["cause"]) == ("backend", True, None)
    assert {len(step(home, job, other)["attempts"]) for other in ("stage", "run")} == {1}
    with dmod.open_data() as data:
        (published,) = data.list(Listing(pattern=name, latest=False, expired=True))
        assert published.reference == step(home, job, "collect")["result"]["dataset"]
        assert is_clean(data)


def test_store_that_is_away_while_a_package_is_laid_out_is_waited_for(
    home: ServedHome, s3_server: CephServer
) -> None:
    forget_kept(home)
    with gone(s3_server):
        job = home.submit(run())
        assert has_failed_or_is_over(home, job, "stage")
    assert home.ended(job)["state"] == "completed"
    assert len(step(home, job, "run")["attempts"]) == 1


def test_wrong_bytes_of_a_remote_store_are_named_and_reach_neither_job_nor_cache(home: ServedHome) -> None:
    forget_kept(home)
    with dmod.open_data() as data:
        entry = max(data.show("basin").manifest, key=lambda item: item.size)
        (key,) = (path for path in objects(data) if entry.sha256 in path.replace("/", ""))
        store = data.catalog.store.objects  # type: ignore[attr-defined]
        right = store.get(key)
        wrong = bytearray(right)
        wrong[len(wrong) // 2] ^= 1
        store.put(key, bytes(wrong))
        job = home.submit(run())
        ended = home.ended(job)
        assert ended["state"] == "failed"
        assert ended["cause"]["step"] == "stage"
        assert entry.sha256 in ended["cause"]["message"] or entry.path in ended["cause"]["message"]
        assert len(step(home, job, "stage")["attempts"]) == 1  # they would be as wrong the next time
        assert [fault.path for fault in data.verify(["basin"]).faults] == [entry.path]
        store.put(key, right)
        with home.client as client:
            assert client.post(f"/jobs/{job}/retry").is_success
        assert home.ended(job)["state"] == "completed"
        assert is_clean(data)
