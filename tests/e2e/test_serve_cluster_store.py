"""A cluster's way to run a server: jobs on Slurm, content in an object store, the index in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import dmod
from dmod.core.cache import user_cache
from dmod.testing.ceph import CephServer
from dmod.testing.postgresql import PostgresServer
from dmod.testing.serving import ServedHome, results_of
from dmod.testing.slurm import SlurmCluster, missing

pytestmark = pytest.mark.xdist_group("slurm")


@pytest.fixture(scope="module")
def served(
    s3_server: CephServer, postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedHome]:
    """A server whose steps reach a bucket and a database from the nodes of a cluster."""
    reason = missing() or ("" if shutil.which("mpirun") else "mpirun is not installed")
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("cluster")
    bucket = s3_server.make_bucket(f"cluster-{os.getpid()}")
    options = "".join(f'{name} = "{text}"\n' for name, text in s3_server.options.items())
    settings = folder / "config.toml"
    settings.write_text(
        f'[data]\nhome = "{folder / "home"}"\nstore = "{bucket}"\nindex = "{postgresql.make_database()}"\n'
        f"[data.store_options]\n{options}",
        encoding="utf-8",
    )
    package = dmod.make_example(folder / "package", catchments=12, years=0.2, observed=False).path
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as name,
        SlurmCluster(Path(name)) as cluster,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DMOD_CONFIG", str(settings))
        with dmod.open_data() as data:
            data.add("basin", [package])
        environment = {"SLURM_CONF": str(cluster.configuration), "DMOD_CACHE_DIR": str(user_cache())}
        served = ServedHome(folder / "home", ("--cpus", "2", "--executor", "slurm"), environment).start()
        yield served
        served.stop()


def test_parts_on_nodes_of_a_cluster_give_the_bytes_of_one_run_here(
    served: ServedHome, tmp_path: Path
) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "slurm", executor="slurm", partitions=2) == here
    assert not (served.folder / "store").exists()


def test_ranks_run_on_the_nodes_that_the_schedule_gave(served: ServedHome) -> None:
    request = {
        "kind": "probe", "ranks": 3, "executor": "slurm", "fresh": True,
        "resources": {"cpus": 3, "memory": "600 MB", "paradigm": "round-robin"},
    }  # fmt: skip
    shown = served.ended(served.submit(request))
    assert shown["state"] == "completed", shown["cause"]
    found = shown["steps"][0]["result"]
    assert [one["sum"] for one in found["ranks"]] == [3, 3, 3]
    assert len(found["hosts"]) == 3
