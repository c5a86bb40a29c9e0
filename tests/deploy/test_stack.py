"""The deployment on a swarm: brought up by one command on a private engine, used, taken down by another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.testing import swarm as testing_swarm
from dmod.testing.swarm import SwarmNodes

pytestmark = [
    pytest.mark.xdist_group("deploy"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
DEPLOY = Path(__file__).parents[2] / "deploy"
STACK, PORT = "dt", "18470"
VERSION = version("dmod")
LARGEST = 800_000_000
"""Bytes of dmod's image, with Python and all that it depends on."""
TOOLS = ("docker", "apt-get", "dpkg-deb", "strip")
USER = 10001


@dataclass
class Deployment:
    """A deployment on a swarm of one node."""

    nodes: SwarmNodes
    folder: Path

    @property
    def home(self) -> Path:
        """Return the server's folder."""
        return self.folder / "home"

    def run(self, *command: str | Path, is_within: bool = False, check: bool = True) -> str:
        """Run a command that asks this engine; ``is_within`` where the node's own addresses are seen."""
        environment = {
            **os.environ,
            "DOCKER_HOST": self.nodes.address,
            "XDG_CONFIG_HOME": str(self.folder / "kept"),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        }
        if is_within:
            token = (self.home / "token").read_text(encoding="utf-8").strip()
            environment |= {"DMOD_SERVER": f"http://127.0.0.1:{PORT}", "DMOD_TOKEN": token}
            command = ("ip", "netns", "exec", self.nodes.manager.space, *command)
        done = subprocess.run(
            list(map(str, command)), env=environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> str:
        """Bring it up."""
        return self.run(DEPLOY / "up", "--stack", STACK, "--home", self.home, "--port", PORT)

    def dmod(self, *arguments: str | Path) -> Any:
        """Ask the deployment as a user does; return what it says as JSON."""
        command = (sys.executable, "-m", "dmod.cli.main", *arguments, "--json")
        return json.loads(self.run(*command, is_within=True))

    def container(self, part: str) -> str:
        """Return the container of a part."""
        label = f"label=com.docker.swarm.service.name={STACK}_{part}"
        return self.run("docker", "ps", "-q", "--filter", label).strip()

    def reaches(self, network: str, place: str) -> bool:
        """Return whether something on a network can connect to a place."""
        image = self.run(
            "docker", "inspect", "--format", "{{.Config.Image}}", self.container("redis")
        ).strip()
        self.run(
            "docker", "service", "create", "--detach", "--name", "probe", "--network", f"{STACK}_{network}",
            "--restart-condition", "none", "--entrypoint", "/bin/sh", image,
            "-c", f"sleep 1; nc -w 3 {place.replace(':', ' ')} < /dev/null",
        )  # fmt: skip
        states: list[str] = []

        def is_over() -> bool:
            said = self.run("docker", "service", "ps", "--format", "{{.CurrentState}}", "probe")
            states[:] = [line.split()[0] for line in said.splitlines()]
            return bool(states) and states[0] in {"Complete", "Failed"}

        self.nodes.wait_for(is_over, "the probe does not end")
        self.run("docker", "service", "rm", "probe")
        return states[0] == "Complete"


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    reason = testing_swarm.missing() or next(
        (
            f"{name} is not installed"
            for name in ("docker", "apt-get", "dpkg-deb", "strip")
            if not shutil.which(name)
        ),
        "",
    )
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path, and what is mounted one that containers may pass through
    folder = Path(tempfile.mkdtemp(prefix="dd-"))
    folder.chmod(0o755)
    with SwarmNodes(folder / "nodes", 1) as nodes:
        found = Deployment(nodes, folder)
        found.up()
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def job(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a job that was run by two workers of the swarm."""
    folder = tmp_path_factory.mktemp("deploy")
    package = dmod.make_example(folder / "package", catchments=6, years=0.1, observed=False).path
    shutil.copytree(package, deployment.home / "import")
    add = ("dmod", "data", "add", "basin", deployment.home / "import")
    deployment.run("chown", "-R", f"{USER}:{USER}", deployment.home / "import")
    deployment.run("docker", "exec", deployment.container("gateway"), *add)
    request = folder / "request.yaml"
    request.write_text(
        "{kind: run, package: basin, partitions: 2, evaluation: false, route: false,"
        " resources: {cpus: 2, memory: 2 GB}}",
        encoding="utf-8",
    )
    command = (sys.executable, "-m", "dmod.cli.main", "submit", request, "--follow")
    deployment.run(*command, is_within=True)
    (made,) = [found for found in deployment.dmod("jobs") if found["kind"] == "run"]
    return str(made["id"])


def test_image_is_small_and_runs_as_a_user_of_its_own_without_a_compiler(deployment: Deployment) -> None:
    image = deployment.run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    (own,) = [name for name in image if name.startswith("localhost/dmod:")]
    shown = json.loads(deployment.run("docker", "image", "inspect", own))[0]
    assert shown["Size"] < LARGEST
    assert shown["Config"]["User"] == f"{USER}:{USER}"
    assert shown["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION
    command = (
        "docker",
        "run",
        "--rm",
        "--read-only",
        "--network",
        "none",
        "--entrypoint",
        "/bin/sh",
        own,
        "-c",
    )
    said = deployment.run(*command, "id -u; command -v cc gcc g++ || echo none; dmod --version")
    assert said.splitlines() == [str(USER), "none", f"dmod {VERSION}"]


def test_job_runs_on_the_swarm_and_leaves_its_results_in_the_object_store(
    deployment: Deployment, job: str
) -> None:
    shown = deployment.dmod("job", "show", job)
    assert shown["state"] == "completed", shown["cause"]
    assert not (deployment.home / "store").exists()
    assert not (deployment.home / "index.sqlite").exists()


@pytest.mark.parametrize(
    ("network", "place", "is_reached"),
    [
        ("requests", "gateway:8470", True),
        ("requests", "postgresql:5432", False),
        ("requests", "s3:7480", False),
        ("internal", "postgresql:5432", True),
        ("mpi", "postgresql:5432", False),
    ],
)
def test_each_network_leads_to_what_it_is_for(
    deployment: Deployment, network: str, place: str, is_reached: bool
) -> None:
    assert deployment.reaches(network, place) == is_reached


def test_no_password_stands_where_it_can_be_read(deployment: Deployment, job: str) -> None:
    assert job
    (kept,) = (deployment.folder / "kept" / "dmod" / "deploy").iterdir()
    password = (kept / "postgresql-password").read_text(encoding="utf-8").strip()
    assert (kept / "postgresql-password").stat().st_mode & 0o077 == 0
    names = deployment.run("docker", "service", "ls", "-q").split()
    assert password not in deployment.run("docker", "service", "inspect", *names)
    for path in deployment.home.rglob("*"):
        assert not path.is_file() or password.encode() not in path.read_bytes(), path


def test_database_is_saved_by_the_command_of_the_guide(deployment: Deployment, job: str) -> None:
    command = "exec /usr/lib/postgresql/*/bin/pg_dump -h /tmp -U dmod dmod"
    saved = deployment.run("docker", "exec", deployment.container("postgresql"), "sh", "-c", command)
    assert job in saved


def test_what_was_taken_down_comes_up_again_with_all_that_it_had(deployment: Deployment, job: str) -> None:
    deployment.run(DEPLOY / "down", "--stack", STACK)
    label = f"label=com.docker.stack.namespace={STACK}"
    assert not deployment.run("docker", "ps", "-aq", "--filter", label).split()
    assert not deployment.run("docker", "network", "ls", "-q", "--filter", label).split()
    assert not deployment.run("docker", "secret", "ls", "-q").split()
    said = deployment.up()
    assert f":{PORT}" in said
    assert job in [found["id"] for found in deployment.dmod("jobs")]
    deployment.run("docker", "exec", deployment.container("gateway"), "dmod", "data", "verify", "basin")
    deployment.run(DEPLOY / "down", "--stack", STACK, "--volumes")
    assert not deployment.run("docker", "volume", "ls", "-q", "--filter", label).split()
