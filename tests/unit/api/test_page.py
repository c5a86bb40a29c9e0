"""The web page's files: found by their address, lasting or not, and nothing else of the machine."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dmod.api.page import Page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<title>dmod</title>")
    (page / "assets/index-abc.js").write_text("run()")
    (page / "assets/index-abc.js.gz").write_bytes(gzip.compress(b"run()"))
    (tmp_path / "secret.txt").write_text("secret")
    return page


@pytest.fixture
def client(folder: Path) -> TestClient:
    app = Starlette(routes=[Route("/v1/jobs", lambda _: PlainTextResponse("jobs"), methods=["GET", "POST"])])
    return TestClient(Page(app, folder))


@pytest.mark.parametrize(
    "path",
    ["/", "/jobs", "/jobs/1kqg8d3m0x4v7tza", "/data/logan@2", "/new", "/results?run=a", "/scores?of=a&of=b"],
)
def test_every_view_is_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<title>dmod</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_built_file_lasts_and_is_sent_compressed_to_who_takes_it(client: TestClient) -> None:
    packed = client.get("/assets/index-abc.js")
    assert packed.text == "run()"
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    plain = client.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == "run()"
    assert packed.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/assets/none.js", "/secret.txt", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
     "/assets/index-abc.js.gz", "/v1/nothing", "/index.html.bak"],
)  # fmt: skip
def test_what_is_no_file_of_the_page_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_person_who_goes_nowhere_gets_the_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/nowhere/at/all", headers=HTML)
    assert answer.status_code == 404
    assert "<title>dmod</title>" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/nothing", "/ogc/nothing", "/assets/none.js"])
def test_what_programs_ask_stays_without_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "<title>" not in answer.text


def test_address_of_the_application_is_its_own_for_people_too(folder: Path) -> None:
    app = Starlette(routes=[Route("/docs", lambda _: PlainTextResponse("documents"))])
    assert TestClient(Page(app, folder)).get("/docs", headers=HTML).text == "documents"


def test_application_answers_for_itself(client: TestClient) -> None:
    assert client.get("/v1/jobs").text == "jobs"
    assert client.post("/v1/jobs").text == "jobs"
    assert client.post("/jobs").status_code == 404


def test_page_that_is_not_built_says_so(tmp_path: Path) -> None:
    answer = TestClient(Page(Starlette(), tmp_path / "none")).get("/jobs")
    assert answer.status_code == 404
    assert "make page" in answer.text
