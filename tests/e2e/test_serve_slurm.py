"""The same request here and on a Slurm cluster: one word differs, and not one byte of the results."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import dmod
from dmod.core.cache import user_cache
from dmod.testing.requiring import require_mpirun
from dmod.testing.served_framework import ServedFramework
from dmod.testing.serving import ServedHome, results_of
from dmod.testing.slurm import SlurmCluster, missing


@pytest.fixture(scope="module")
def framework(tmp_path_factory: pytest.TempPathFactory) -> ServedFramework:
    """Return where the framework will be, and the package that it runs."""
    folder = tmp_path_factory.mktemp("slurm")
    return ServedFramework(folder / "framework", folder / "package")


@pytest.fixture(scope="module")
def served(framework: ServedFramework) -> Iterator[ServedHome]:
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    folder = framework.folder.parent
    package = dmod.make_example(folder / "package", catchments=20, years=0.2, observed=False).path
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package])
    framework.write()
    variables = ", ".join(f"{name} = {json.dumps(text)}" for name, text in framework.variables.items())
    settings = folder / "config.toml"
    settings.write_text(f"[server.executors.slurm]\nvariables = {{{variables}}}\n", encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as name,
        SlurmCluster(Path(name)) as cluster,
    ):
        environment = {
            "SLURM_CONF": str(cluster.configuration),
            "DMOD_CACHE_DIR": str(user_cache()),
            "DMOD_CONFIG": str(settings),
        }
        served = ServedHome(folder / "home", ("--cpus", "2", "--executor", "slurm"), environment).start()
        yield served
        served.stop()


def test_same_request_gives_the_same_bytes_on_the_cluster(served: ServedHome, tmp_path: Path) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "slurm", executor="slurm") == here
    assert results_of(served, tmp_path / "parts", executor="slurm", partitions=3) == here
    nodes = served.get("/nodes")
    assert {node["name"].split("/")[0] for node in nodes if "/" in node["name"]} == {"slurm"}
    assert all(node["cpus_taken"] == 0 for node in nodes)


def test_framework_on_the_cluster_gives_what_it_gives_here(
    served: ServedHome, framework: ServedFramework, tmp_path: Path
) -> None:
    require_mpirun()
    here = framework.here(tmp_path / "here")
    assert framework.served(served, tmp_path / "one", executor="slurm") == here
    assert framework.served(served, tmp_path / "two", executor="slurm", partitions=2) == here


def test_server_that_is_killed_finds_its_jobs_on_the_cluster_again(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "slurm", "seconds": 4})
    served.in_state(job, "running")
    served.kill()
    served.start()
    shown = served.ended(job)
    assert shown["state"] == "completed"
    assert len(shown["steps"][0]["attempts"]) == 1


def test_what_no_node_of_the_cluster_has_is_refused(served: ServedHome) -> None:
    request = {"kind": "probe", "executor": "slurm", "resources": {"memory": "9 GB"}}
    with served.client as client:
        answer = client.post("/jobs", json=request)
    assert answer.status_code == 422
    assert "slurm" in answer.text
