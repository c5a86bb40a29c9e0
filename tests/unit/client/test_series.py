"""Series over a real gateway: as xarray, with what they are of, and how a variable is spread."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.client.blocking import Client
from dmod.core.time_axis import TimeAxis
from dmod.errors import NotFoundError
from dmod.output.routed import RoutedNetcdf


@pytest.fixture
def found(client: Client, tmp_path: Path) -> str:
    """Return results of two rivers and an outlet over six hours."""
    folder = tmp_path / "results"
    axis = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, 6)
    with RoutedNetcdf.open(folder / "streamflow.nc", ["wb-1", "wb-2"], axis, variables=("flow",)) as sink:
        sink.write(0, np.vstack((np.ones(6), np.arange(6))))
    (folder / "hydrograph.csv").write_text("time,simulated[m3 s-1],rain[mm h-1]\n2015-10-01 01:00:00,2,0.5\n")
    client.upload("found", folder, category="OUTPUT", format="GENERIC")
    return "found@1"


def test_series_come_with_units_and_sources_on_one_time(client: Client, found: str) -> None:
    data = client.series(
        found,
        "wb-2",
        also=[f"{found}/basin/rain/outlet"],
        start="2015-10-01T01:00",
        end=datetime(2015, 10, 1, 3),
    )
    assert data["time"].values[0] == np.datetime64("2015-10-01T01:00")
    assert data["flow"].values.tolist() == [0.0, 1.0, 2.0]
    assert data["flow"].attrs["units"] == "m3 s-1"
    assert data["rain"].values[0] == 0.5
    assert (data["rain"].attrs["source"], data["rain"].attrs["layer"]) == (found, "basin")
    with pytest.raises(NotFoundError, match="no 'wb-9'"):
        client.series(found, "wb-9")


def test_spread_is_of_all_places(client: Client, found: str) -> None:
    shown = client.spread(found)
    assert (shown["variable"], shown["least"], shown["greatest"], shown["count"]) == ("flow", 0.0, 5.0, 12)
