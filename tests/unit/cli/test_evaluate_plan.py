"""What ``dmod evaluate`` opens of what it is asked for: a dataset of observations is of the gauge it says."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import dmod
from dmod.cli.evaluate_plan import compiled, short_document

HOURS = 30
TIMES = np.datetime64("2019-01-01", "s") + 3600 * np.arange(HOURS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with flow at two gauges; a catalog has what was seen at one of them, with no column."""
    monkeypatch.setenv("DMOD_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("DMOD_CONFIG", raising=False)
    rows = (
        f"{gauge},{time}Z,{gauge[-1]}.{k}\n"
        for gauge in ("01000001", "01000002")
        for k, time in enumerate(TIMES)
    )
    (tmp_path / "flows.csv").write_text("location,time,value[m3/s]\n" + "".join(rows))
    seen = "time,flow[m3/s]\n" + "".join(f"{time}Z,2.{k}\n" for k, time in enumerate(TIMES))
    for name in ("logan-01000002", "river"):
        (tmp_path / f"{name}.csv").write_text(seen)
        with dmod.open_data() as data:
            data.add(name, [tmp_path / f"{name}.csv"])
    return tmp_path


def test_gauge_of_a_dataset_is_found_among_the_places_of_a_run(folder: Path) -> None:
    document = short_document(
        ["flows.csv"], "dataset:logan-01000002", {"observations": {}, "metrics": ["kge"]}
    )
    with ExitStack() as stack:
        plan = compiled(document, folder, stack, prefixes={})
        assert plan.observations.locations == ("01000002",)
        assert dict(plan.configurations[0].crosswalk) == {"01000002": "01000002"}
        (series,) = plan.observations.read(["01000002"])
        assert series.values[:3] == pytest.approx([2.0, 2.1, 2.2])


def test_dataset_that_does_not_say_its_gauge_is_called_as_its_file(folder: Path) -> None:
    asked = {"observations": {}, "metrics": ["kge"], "gauges": {"river": "01000002"}}
    with ExitStack() as stack:
        plan = compiled(short_document(["flows.csv"], "dataset:river", asked), folder, stack, prefixes={})
        assert plan.observations.locations == ("river",)
        assert plan.observations.name == "dataset:river"
        assert dict(plan.configurations[0].crosswalk) == {"river": "01000002"}
