"""What `up` and `down` have in common: asking Docker, and where the settings of a deployment are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
STACK = HERE / "stack.yaml"


class DeployError(Exception):
    """It cannot be done; the message says what to do."""


def docker(*arguments: str | Path, fails: str | None = None, **more: object) -> str:
    """Have Docker do something; return what it says, or ``fails`` where it refuses.

    Raises
    ------
    DeployError
        it refuses, or is not there.
    """
    if shutil.which("docker") is None:
        raise DeployError("Docker is not installed (Debian: apt install docker.io)")
    done = subprocess.run(  # type: ignore[call-overload]
        ["docker", *map(str, arguments)], capture_output=True, text=True, check=False, **more
    )
    if done.returncode == 0:
        return str(done.stdout).strip()
    if fails is not None:
        return fails
    if "Cannot connect to the Docker daemon" in done.stderr:
        raise DeployError(
            f"Docker does not answer: {done.stderr.strip()}\n"
            "start it (systemctl start docker), and be in its group"
        )
    raise DeployError(f"docker {' '.join(map(str, arguments[:4]))} …: {done.stderr.strip()[-1500:]}")


def swarm_state() -> str:
    """Return whether the engine is part of a swarm, and as what: ``manager``, ``worker`` or ``""``."""
    said = docker("info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}")
    state, _, manages = said.partition(" ")
    if state != "active":
        return ""
    return "manager" if manages == "true" else "worker"


def kept_folder(stack: str) -> Path:
    """Return where passwords and settings of a deployment are kept, readable by its owner only."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "dmod" / "deploy" / stack


def read_variables(path: Path) -> dict[str, str]:
    """Return the variables of a file of lines ``NAME=value``; none where it is not there."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
