"""Descriptions of deployments that are read by other programs: whole, and as closed as they can be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
GUARDED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "CapabilityBoundingSet=",
    "User=dmod",
)


def described(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit_is_understood_by_systemd(path: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("systemd is not installed")
    text = path.read_text(encoding="utf-8")
    # where it is installed there is a program
    (tmp_path / path.name).write_text(text.replace("/opt/dmod/bin/dmod", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / path.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert path.name not in done.stderr, done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit_gives_no_more_rights_than_a_server_needs(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in GUARDED if line not in lines]
    # jobs go on while the server that looks after them is started again
    assert ("KillMode=process" in lines) == (path.stem != "dmod-gateway")


@pytest.mark.parametrize("name", ["stack.yaml", "compose.yaml"])
def test_database_and_store_are_on_the_inner_network_only(name: str) -> None:
    found = described(name)
    assert found["networks"]["internal"]["internal"] is True
    for part in {"postgresql", "redis", "s3"} & found["services"].keys():
        service = found["services"][part]
        assert service["networks"] == ["internal"]
        assert "ports" not in service


@pytest.mark.parametrize("name", ["stack.yaml", "compose.yaml"])
def test_what_is_named_is_described(name: str) -> None:
    found = described(name)
    for service in found["services"].values():
        assert set(service["networks"]) <= found["networks"].keys()
        named = [one["source"] if isinstance(one, dict) else one for one in service.get("secrets", ())]
        assert set(named) <= found["secrets"].keys()
        volumes = [one.split(":")[0] for one in service.get("volumes", ()) if isinstance(one, str)]
        assert {one for one in volumes if not one.startswith((".", "/", "$"))} <= set(found["volumes"])


def test_every_node_stays_on_the_networks_that_workers_join() -> None:
    presence = described("stack.yaml")["services"]["presence"]
    assert presence["deploy"]["mode"] == "global"
    workers = re.search(r"^networks = (\[.*\])$", (DEPLOY / "up").read_text(encoding="utf-8"), re.MULTILINE)
    assert workers is not None
    joined = [name.rpartition("_")[2] for name in yaml.safe_load(workers[1])]
    assert presence["networks"] == joined


def test_variables_of_the_stack_are_those_that_are_filled_in() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (DEPLOY / "stack.yaml").read_text(encoding="utf-8")))
    given = (DEPLOY / "up").read_text(encoding="utf-8")
    parts = {f"DMOD_{part}_IMAGE" for part in ("POSTGRESQL", "REDIS", "S3")}
    assert not [name for name in sorted(wanted - parts) if f'"{name}"' not in given]


def test_files_of_settings_hold_no_secret() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix in {".env", ".example", ".yaml"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?i)(password|secret_access_key)\s*[:=]\s*[\"']?\w{8}", text), path
