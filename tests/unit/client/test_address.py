"""Which server is asked, and that a token is shown to no other than the one that it is for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dmod.accounts.secret import new_token
from dmod.client.address import find_address
from dmod.errors import BackendError, InputError, NotPermitted


def run_here(home: Path, url: str, pid: int, mode: int = 0o600) -> str:
    """Let a server seem to run for a folder; return the text of its token."""
    home.mkdir(parents=True)
    (home / "server.json").write_text(json.dumps({"url": url, "pid": pid}))
    text = new_token()[1].reveal()
    (home / "token").write_text(text)
    (home / "token").chmod(mode)
    return text


def settings(tmp_path: Path, text: str, mode: int = 0o600) -> None:
    """Write the file of settings."""
    path = tmp_path / "settings" / "dmod" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(mode)


def revealed(address) -> str | None:
    return None if address.token is None else address.token.reveal()


def test_server_that_runs_here_is_found_with_its_token(tmp_path: Path) -> None:
    text = run_here(tmp_path / "home", "http://127.0.0.1:8470/", os.getpid())
    found = find_address()
    assert (found.url, revealed(found), found.is_loopback) == ("http://127.0.0.1:8470", text, True)


@pytest.mark.parametrize("pid", [None, 0, 2**22 + 1])
def test_no_server_that_runs_is_said_with_what_to_do(tmp_path: Path, pid: int | None) -> None:
    if pid is not None:
        run_here(tmp_path / "home", "http://127.0.0.1:8470", pid)
    with pytest.raises(BackendError, match=r"no dmod server is running for .*/home") as caught:
        find_address()
    assert "dmod serve" in str(caught.value.hint)


def test_argument_goes_before_the_environment_and_that_before_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(tmp_path, '[client]\nserver = "https://three.example.org"\n')
    assert find_address().url == "https://three.example.org"
    monkeypatch.setenv("DMOD_SERVER", "https://two.example.org/v1/")
    assert find_address().url == "https://two.example.org"
    assert find_address("http://[::1]:99").url == "http://[::1]:99"


def test_token_of_the_settings_goes_to_the_server_of_the_settings_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(tmp_path, '[client]\nserver = "https://ours.example.org"\ntoken = "dmod_x"\n')
    assert revealed(find_address()) == "dmod_x"
    assert find_address("https://ours.example.org/").token is not None
    assert find_address("https://other.example.org").token is None
    assert find_address("http://ours.example.org").token is None
    monkeypatch.setenv("DMOD_TOKEN", "dmod_y")
    assert revealed(find_address()) == "dmod_y"


def test_token_of_this_machine_goes_to_the_server_of_this_machine_alone(tmp_path: Path) -> None:
    text = run_here(tmp_path / "home", "http://127.0.0.1:8470", os.getpid())
    assert revealed(find_address("http://127.0.0.1:8470")) == text
    assert find_address("http://127.0.0.1:8471").token is None
    assert find_address("https://other.example.org").token is None


def test_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    run_here(tmp_path / "home", "http://127.0.0.1:8470", os.getpid(), 0o644)
    with pytest.raises(NotPermitted, match="open to others"):
        find_address()


def test_settings_with_a_token_that_others_can_read_are_refused(tmp_path: Path) -> None:
    settings(tmp_path, '[client]\nserver = "https://ours.example.org"\ntoken = "dmod_x"\n', 0o640)
    with pytest.raises(NotPermitted, match="open to others"):
        find_address()


@pytest.mark.parametrize(
    "address",
    [
        "ours.example.org",
        "ftp://ours.example.org",
        "http://",
        "http://ours:99999999",
        "http://x/?token=dmod_s3cret",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError) as caught:
        find_address(address)
    assert "s3cret" not in str(caught.value)


def test_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        find_address("https://anna:s3cret@ours.example.org")
    assert "s3cret" not in str(caught.value)
    assert "DMOD_TOKEN" in str(caught.value)


def test_token_with_a_line_break_inside_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        find_address("https://ours.example.org", "dmod_s3cret\r\nX: y")
    assert "s3cret" not in str(caught.value)
