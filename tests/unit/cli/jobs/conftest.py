"""The command line, in this process, against a real gateway on the loopback address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dmod.cli.main import app
from dmod.client.blocking import Client
from dmod.errors import DmodError
from dmod.testing.served_gateway import ServedGateway, served_gateway


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Dmod = Callable[..., Ran]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no setting of whoever runs the tests have a part in them."""
    for name in ("DMOD_SERVER", "DMOD_TOKEN", "DMOD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DMOD_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DMOD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedGateway]:
    """Return a gateway that the environment names."""
    with served_gateway(tmp_path / "server") as found:
        monkeypatch.setenv("DMOD_SERVER", found.url)
        monkeypatch.setenv("DMOD_TOKEN", found.token("root"))
        yield found


@pytest.fixture
def client(gateway: ServedGateway) -> Iterator[Client]:
    """Return a client of the same user."""
    with Client() as found:
        yield found


@pytest.fixture
def dmod() -> Dmod:
    """Return what runs a command as a shell does."""

    def run(*words: Any, given: str | None = None) -> Ran:
        result = CliRunner().invoke(app, [str(word) for word in words], input=given)
        if isinstance(result.exception, DmodError):
            return Ran(result.exception.exit_code, result.stdout, f"error: {result.exception}")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    """Return the file of a request."""
    path = tmp_path / "probe.yaml"
    path.write_text("kind: probe\nseconds: 1\nlabels: {basin: logan}\n")
    return path
