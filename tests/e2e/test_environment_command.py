"""``dmod environment`` as a user types it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.testing import wheels
from dmod.testing.wheels import write_links, write_project, write_wheel

Dmod = Callable[..., subprocess.CompletedProcess[str]]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_links(tmp_path_factory.mktemp("links"))


@pytest.fixture
def command(dmod_cli: Dmod, tmp_path: Path) -> Command:
    """Return ``dmod environment`` in a folder of the test, with a cache of its own."""
    reason = wheels.missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    variables = {"DMOD_CACHE_DIR": str(tmp_path / "cache"), "UV": str(wheels.uv())}

    def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return dmod_cli("environment", *arguments, cwd=tmp_path, environment=variables)

    return called


def from_links(links: Path) -> tuple[str, ...]:
    return ("--index", "none", "--find-links", str(links))


def test_environment_is_built_listed_shown_and_removed(command: Command, links: Path, tmp_path: Path) -> None:
    built = command("build", "tiny<2", *from_links(links))
    assert built.returncode == 0, built.stderr
    lines = dict(line.split(maxsplit=1) for line in built.stdout.splitlines())
    assert (lines["numpy"], lines["tiny"]) == ("2.1.0", "1.0")
    digest, python = lines["environment"], Path(lines["python"])
    assert python.is_relative_to(tmp_path / "cache" / "environments" / "built" / digest)
    assert "resolving tiny<2, numpy" in built.stderr
    said = subprocess.run(
        [python, "-c", "import tiny; print(tiny.__version__)"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "1.0\n"

    (line,) = command("list").stdout.splitlines()
    assert line.startswith(digest[:12])
    assert line.endswith("tiny<2")
    (listed,) = json.loads(command("list", "--json").stdout)
    assert (listed["hash"], listed["flaw"]) == (digest, "")

    shown = command("show", digest[:10])
    assert " + tiny==1.0" in shown.stdout
    assert "--hash=sha256:" in command("show", digest, "--lock").stdout
    assert command("show", digest, "--log").stdout.startswith("resolving tiny<2, numpy\n")
    record = json.loads(command("show", digest, "--json").stdout)
    assert record["wish"]["requirements"] == ["tiny<2"]

    removed = command("remove", digest[:10])
    assert removed.stdout.startswith(f"removed {digest[:12]}")
    assert not python.exists()
    assert command("list").stdout.startswith("no environments in ")
    again = command("remove", digest)
    assert again.returncode == 3
    assert "dmod environment list shows them" in again.stderr


def test_what_is_there_needs_no_network_no_folder_and_no_uv(
    command: Command, dmod_cli: Dmod, links: Path, tmp_path: Path
) -> None:
    asked = ("build", "tiny", *from_links(links), "--json")
    first = json.loads(command(*asked).stdout)
    variables = {"DMOD_CACHE_DIR": str(tmp_path / "cache"), "UV": "/nowhere", "PATH": ""}
    second = dmod_cli("environment", *asked, "--offline", environment=variables)
    assert json.loads(second.stdout)["hash"] == first["hash"]
    assert second.stderr.strip() == f"environment {first['hash'][:12]} is there"


def test_file_of_requirements_is_read_from_where_it_lies(
    command: Command, links: Path, tmp_path: Path
) -> None:
    write_wheel(tmp_path / "model", "snow", "1.0")
    (tmp_path / "model" / "requirements.txt").write_text("# snow\n./snow-1.0-py3-none-any.whl\ntiny\n")
    write_project(tmp_path / "melt", "melt", "3.0")
    built = command(
        "build", "./melt", "--file", "model/requirements.txt", *from_links(links), "--json", "--quiet"
    )
    assert built.returncode == 0, built.stderr
    packages = {one["name"]: one["version"] for one in json.loads(built.stdout)["packages"]}
    assert packages == {"melt": "3.0", "numpy": "2.1.0", "snow": "1.0", "tiny": "2.0"}
    assert built.stderr == ""


def test_existing_environment_is_looked_at(command: Command, links: Path) -> None:
    built = json.loads(command("build", "tiny", *from_links(links), "--json").stdout)
    looked = command("build", "--path", built["python"])
    assert looked.returncode == 0, looked.stderr
    assert "  tiny 2.0" in looked.stdout.splitlines()
    assert len(command("list").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("tiny>=9",), 2, "unsatisfiable"),
        (("tiny; rm -rf /",), 2, "is no requirement"),
        (("./nowhere.whl",), 3, "is not there"),
        ((), 2, "no environment is asked for"),
        (("tiny", "--path", "/usr"), 2, "says more than one of"),
        (("--path", "/nowhere"), 3, "is not there"),
        (("tiny", "--python", "2.7"), 2, "is no version"),
        (("--file", "nowhere.txt"), 2, "nowhere.txt cannot be read: no such file or directory"),
        (("nowhere.txt",), 2, "is the name of a file"),
    ],
)
def test_wrong_wish_ends_with_a_reason(
    command: Command, links: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = command("build", *arguments, *(() if "--path" in arguments[:1] else from_links(links)))
    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert "hint: " in done.stderr
    assert done.stdout == ""


def test_unused_environments_are_pruned(command: Command, links: Path, tmp_path: Path) -> None:
    command("build", "tiny", *from_links(links))
    assert command("prune", "--unused-for", "1e300").returncode == 2
    assert command("prune", "--unused-for", "3").stdout == "nothing was unused for 3 days\n"
    assert command("prune", "--unused-for", "0").stdout.startswith("removed ")
    assert (tmp_path / "cache" / "environments" / "downloads").exists()
    command("prune", "--downloads", "--quiet")
    assert not (tmp_path / "cache" / "environments" / "downloads").exists()
