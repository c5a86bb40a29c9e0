"""Settings of the server: where they come from, and what is wrong with them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from dmod.app.executors import open_executors
from dmod.app.server_settings import read_server_settings
from dmod.errors import InputError
from dmod.jobs.executor.local.executor import LocalExecutor


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("DMOD_CONFIG", str(path))
    for name in ("DMOD_HOST", "DMOD_PORT", "DMOD_REDIS"):
        monkeypatch.delenv(name, raising=False)
    path.write_text("")
    return path


def test_defaults_are_for_this_machine_alone(config: Path) -> None:
    settings = read_server_settings()
    assert settings.is_loopback
    assert settings.roles == ("gateway", "controller")
    assert settings.origins == ()


def test_option_goes_before_environment_and_that_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        '[server]\nport = 1\nmemory = "2 GB"\norigins = ["https://a"]\n[server.policy]\nageing = 2.0\n'
    )
    assert read_server_settings().port == 1
    monkeypatch.setenv("DMOD_PORT", "2")
    assert read_server_settings().port == 2
    settings = read_server_settings({"port": 3, "host": None})
    assert (settings.port, settings.memory, settings.origins) == (3, 2 * 10**9, ("https://a",))
    assert settings.policy == {"ageing": 2.0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"port": 99999}, "99999"),
        ({"port": "x"}, "invalid literal"),
        ({"cpus": 0}, "cpus"),
        ({"processes": 0}, "processes"),
        ({"disk": "much"}, "much"),
        ({"disk": -1}, "disk"),
        ({"roles": ["king"]}, "king"),
        ({"roles": []}, "nothing"),
        ({"certificate": "a.pem"}, "key"),
    ],
)
def test_value_that_cannot_be_is_named(config: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_server_settings(given)


def test_fault_of_a_value_has_one_hint(config: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_server_settings({"memory": "12 GX"})
    assert str(caught.value) == "[server]: '12 GX' is no size\n  hint: write it like 500 MB or 20 GB"


def test_files_that_no_tls_can_be_spoken_with_are_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("hello", encoding="utf-8")
    for name, said in (("text.pem", "they are no certificate"), ("none.pem", "no such file")):
        with pytest.raises(InputError, match=rf"{name}: {said}"):
            read_server_settings(
                {"certificate": tmp_path / "text.pem", "key": tmp_path / name}
                | ({"certificate": tmp_path / name})
            )


def test_limits_of_jobs_on_this_machine_reach_its_executor(config: Path, tmp_path: Path) -> None:
    config.write_text('[server]\ncpus = 1\ndisk = "5 MB"\nprocesses = 64\n')
    with ExitStack() as opened:
        executor = open_executors(tmp_path / "home", read_server_settings(), opened)["local"]
        assert isinstance(executor, LocalExecutor)
        assert (executor.settings.disk_limit, executor.settings.processes) == (5 * 10**6, 64)


def test_unknown_key_is_refused_with_what_is_allowed(config: Path) -> None:
    config.write_text("[server]\nports = 1\n")
    with pytest.raises(InputError, match=r"no key ports[\s\S]*origins"):
        read_server_settings()


def test_executor_for_what_names_none_has_to_be_one_of_the_server() -> None:
    chosen = read_server_settings({"executors": ["slurm"], "executor": "slurm"})
    assert chosen.executor == "slurm"
    assert read_server_settings().executor == "local"
    with pytest.raises(InputError, match="executor 'swarm' is none that this server has"):
        read_server_settings({"executors": ["slurm"], "executor": "swarm"})
