"""A server that brings something to try it with."""

from __future__ import annotations

from pathlib import Path

from dmod.services.example_data import NAMES
from dmod.testing.serving import ServedHome


def test_place_of_the_example_is_run_on_a_new_server(tmp_path: Path) -> None:
    served = ServedHome(tmp_path / "home", ("--example",)).start()
    try:
        assert sorted(dataset["name"] for dataset in served.get("/data/datasets")) == sorted(NAMES)
        job = served.submit(
            {
                "kind": "run",
                "where": {"places": ["gage-99000001"], "hydrofabric": "example-fabric"},
                "period": {"start": "2015-10-01", "end": "2015-10-08"},
                "formulation": "cfe",
                "evaluation": {"observed": "example-gauge"},
            }
        )
        ended = served.ended(job)
        assert ended["state"] == "completed", ended["cause"]
    finally:
        served.stop()
