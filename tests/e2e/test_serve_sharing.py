"""A job of one user over a dataset of another's, on a real server: refused, run, and refused again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

import dmod
from dmod.testing.serving import ServedHome

RUN = {"kind": "run", "package": "basin", "fresh": True, "evaluation": False, "outputs": {"report": False}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    folder = tmp_path_factory.mktemp("sharing")
    package = dmod.make_example(folder / "package", catchments=5, years=0.1, observed=False).path
    with dmod.open_data(folder / "home", owner="anna") as data:
        data.add("basin", [package])
    served = ServedHome(folder / "home", ("--cpus", "4")).start()
    yield served
    served.stop()


def client_of(served: ServedHome, user: str) -> httpx2.Client:
    with served.client as root:
        root.post("/users", json={"name": user, "role": "user"}).raise_for_status()
        token = root.post("/tokens", json={"name": "test", "user": user}).raise_for_status().json()["text"]
    return served.client_with(token)


def run(served: ServedHome, client: httpx2.Client, **more: Any) -> str:
    answer = client.post("/jobs", json={**RUN, **more})
    assert answer.status_code == 201, answer.text
    shown = served.ended(answer.json()["id"])
    assert shown["state"] == "completed", shown["cause"]
    collected = next(step for step in shown["steps"] if step["name"] == "collect")["result"]
    return str(collected["dataset"])


def test_job_reads_what_is_shared_with_its_owner_and_its_results_are_theirs(served: ServedHome) -> None:
    with client_of(served, "anna") as anna, client_of(served, "ben") as ben:
        first = run(served, anna)
        assert ben.post("/jobs", json=RUN).status_code == 404
        assert anna.put("/data/datasets/basin/sharing", json={"shared_with": ["ben"]}).status_code == 200
        made = run(served, ben)
        shown = ben.get(f"/data/datasets/{made}").json()
        assert shown["owner"] == "ben"
        assert ben.get(f"/data/datasets/{first}").status_code == 404
        assert ben.get(f"/data/datasets/{made}/files").status_code == 200
        assert run(served, anna) == first  # and not what ben has made of the same since
        named = {**RUN, "outputs": {"report": False, "dataset": "basin"}}
        assert ben.post("/jobs", json=named).status_code == 403
        assert anna.put("/data/datasets/basin/sharing", json={"shared_with": []}).status_code == 200
        assert ben.post("/jobs", json=RUN).status_code == 404
        assert ben.get(f"/data/datasets/{made}/files").status_code == 200
