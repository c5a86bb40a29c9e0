"""Real servers, one of each for all tests of a process; where one cannot be had its tests are skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

import dmod.testing.postgresql
from dmod.testing import ceph
from dmod.testing.ceph import CephServer
from dmod.testing.postgresql import PostgresServer
from dmod.testing.requiring import require

# hundreds of processes import the same: what one of them has compiled is kept for all
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# a busy machine must not fail a test, and what is tried must not depend on the day where others wait for it
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")


COMPILED = """
import sys
from pathlib import Path
import dmod
for formulation in ("cfe", "topmodel"):
    package = Path(sys.argv[1]) / formulation
    dmod.make_example(package, catchments=5, years=0.01, lakes=1, formulation=formulation, observed=False)
    dmod.run(package, report=False)
"""
WAITING = frozenset({"contract", "deploy", "e2e"})
"""Folders of tests that mostly wait."""
LIVING = WAITING | {"integration"}
"""Folders of tests that drive processes, engines and clusters of this machine."""
COMPILING = pytest.StashKey[ExitStack]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile what most tests run while workers collect these, or each of them compiles it for itself."""
    config = session.config
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        config.stash[COMPILING] = running = ExitStack()
        folder = running.enter_context(TemporaryDirectory(prefix="dmod-compiling-"))
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([sys.executable, "-c", COMPILED, folder], stdout=quiet, stderr=quiet)
        running.callback(process.wait)
        running.callback(process.kill)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what compiles, if it still does."""
    running = session.config.stash.get(COMPILING, None)
    if running is not None:
        running.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two workers more than there are processors: tests of servers wait for much of their time."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order tests, and have those that drive what lives on this machine tried once more where one fails."""
    if os.environ.get("CI") == "true":
        for item in items:
            if not LIVING.isdisjoint(item.path.relative_to(config.rootpath).parts):
                item.add_marker(pytest.mark.flaky(reruns=1))
    _take_turns(config, items)


def _take_turns(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have workers take turns: a file whose tests mostly wait, then some that mostly compute.

    Those that wait for engines, clusters and servers come first by name; together they would leave
    processors idle, and those that compute would then stand in each other's way.
    """
    if not hasattr(config, "workerinput"):
        return
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path.relative_to(config.rootpath), []).append(item)
    waiting = [path for path in files if not WAITING.isdisjoint(path.parts)]
    waiting.sort(key=lambda path: "deploy" not in path.parts)  # it takes the longest
    computing = [path for path in files if WAITING.isdisjoint(path.parts)]
    share = len(computing) / max(1, len(waiting))
    order = [(number * share, path) for number, path in enumerate(waiting)]
    order += [(float(number), path) for number, path in enumerate(computing, 1)]
    items[:] = [item for _, path in sorted(order, key=lambda one: one[0]) for item in files[path]]


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephServer]:
    """Return a real S3 server, Ceph's RADOS Gateway."""
    require(ceph.missing())
    folder: Path = tmp_path_factory.mktemp("ceph")
    with CephServer(folder / "server") as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Return a real PostgreSQL server; each test makes a database of its own."""
    require(dmod.testing.postgresql.missing())
    with PostgresServer() as server:
        yield server
