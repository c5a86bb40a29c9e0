"""Jobs with modules of others on a real server: what one does wrong fails its job, and never the server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.testing.foreign_package import make_foreign_package
from dmod.testing.serving import ServedHome, result_bytes

MISFIT = "dmod.testing.foreign_modules.misfit.Misfit"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    folder = tmp_path_factory.mktemp("foreign")
    packages = {"good": "well", "crashing": "crashing"}
    with dmod.open_data(folder / "home") as data:
        for name, behaviour in packages.items():
            package = make_foreign_package(folder / name, python_type=MISFIT, behaviour=behaviour)
            data.add(name, [package])
    served = ServedHome(folder / "home", ("--cpus", "2")).start()
    yield served
    served.stop()


def request(package: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "run", "package": package, "engine": "bmi", "evaluation": False, "fresh": True,
        "outputs": {"report": False}, **more,
    }  # fmt: skip


def test_run_with_modules_of_others_gives_the_same_bytes_in_parts(served: ServedHome, tmp_path: Path) -> None:
    jobs = {parts: served.submit(request("good", partitions=parts)) for parts in (1, 2)}
    found = {parts: result_bytes(served, job, tmp_path / str(parts)) for parts, job in jobs.items()}
    assert found[1] == found[2]


def test_module_that_crashes_fails_its_job_with_catchment_and_step(served: ServedHome) -> None:
    job = served.ended(served.submit(request("crashing")))
    assert job["state"] == "failed"
    said = job["cause"]["message"]
    assert "module Reservoir, catchment cat-" in said
    assert "SIGSEGV" in said
    assert "at step 5 " in said
    assert served.ended(served.submit({"kind": "probe", "fresh": True}))["state"] == "completed"


def test_run_in_an_environment_that_is_there_records_it(served: ServedHome, tmp_path: Path) -> None:
    job = served.submit(request("good", environment=sys.prefix))
    result_bytes(served, job, tmp_path)
    record = next(tmp_path.rglob("run.json")).read_text(encoding="utf-8")
    assert '"environment"' in record
    assert '"numpy"' in record


def test_engine_and_environment_that_cannot_be_are_refused_at_once(served: ServedHome) -> None:
    for wrong, said in (
        ({"engine": "magic"}, "there is no 'magic'"),
        ({"environment": ["not a requirement"]}, "not a requirement"),
        ({"environment": ["numpy"], "engine": "native"}, "has no use for it"),
    ):
        with served.client as client:
            answer = client.post("/jobs", json=request("good", **wrong))
        assert answer.status_code == 422, answer.text
        assert said in answer.text
