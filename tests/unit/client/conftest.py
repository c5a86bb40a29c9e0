"""A gateway that answers on the loopback address, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.client.blocking import Client
from dmod.testing.served_gateway import ServedGateway, served_gateway


@pytest.fixture(autouse=True)
def nothing_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no setting of whoever runs the tests have a part in them."""
    for name in ("DMOD_SERVER", "DMOD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DMOD_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DMOD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("DMOD_CONFIG", raising=False)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[ServedGateway]:
    """Return a gateway that answers."""
    with served_gateway(tmp_path / "server") as found:
        yield found


@pytest.fixture
def client(gateway: ServedGateway) -> Iterator[Client]:
    """Return a client of a user."""
    with Client(gateway.url, gateway.token("anna"), patience=20.0) as found:
        yield found
