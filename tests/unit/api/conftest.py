"""A gateway with real services behind it: accounts, jobs and datasets of their own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dmod.testing.gateway import Gateway, close_gateway, make_gateway


@pytest.fixture(params=["memory:", "server.sqlite"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """Return a gateway over stores in memory, and over SQLite."""
    found = make_gateway(tmp_path, request.param)
    yield found
    close_gateway(found)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Gateway]:
    """Return a gateway over stores in memory."""
    found = make_gateway(tmp_path, "memory:")
    yield found
    close_gateway(found)


@pytest.fixture
def anna(quick: Gateway) -> TestClient:
    """Return a client of a user."""
    return quick.client(quick.token("anna"))


@pytest.fixture
def root(quick: Gateway) -> TestClient:
    """Return a client of an administrator."""
    return quick.client(quick.token("root"))


@pytest.fixture
def own_output(anna: TestClient) -> dict[str, str]:
    """Return category and format of a dataset that the user has."""
    kind = {"category": "OUTPUT", "format": "GENERIC"}
    upload = anna.post("/v1/data/uploads").json()["upload"]
    assert anna.put(f"/v1/data/uploads/{upload}/files/f", content=b"x").status_code == 200
    answer = anna.post(f"/v1/data/uploads/{upload}/commit", json={"name": "own", **kind})
    assert answer.status_code == 201, answer.text
    return kind
