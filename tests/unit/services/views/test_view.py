"""Views of datasets: what a run's table of its outlet becomes, and what is read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from dmod.catalog.category import Category
from dmod.core.time_axis import TimeAxis
from dmod.errors import NotFoundError
from dmod.output.routed import RoutedNetcdf
from dmod.services.views.opening import open_view
from dmod.services.views.view import DatasetView, ViewedLayer

OUTPUT = SimpleNamespace(category=Category.OUTPUT, reference="found@1")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    axis = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, 3)
    with RoutedNetcdf.open(tmp_path / "streamflow.nc", ["wb-1"], axis, variables=("flow",)) as sink:
        sink.write(0, np.arange(3.0)[None, :])
    return tmp_path


def test_table_of_the_outlet_is_a_layer_named_by_the_record(results: Path) -> None:
    (results / "metadata").mkdir()
    (results / "metadata/run.json").write_text('{"result": {"outlet": "nex-7"}}', encoding="utf-8")
    text = "time,simulated[m3 s-1],observed[m3 s-1],rain[mm h-1]\n"
    rows = "2015-10-01 00:00:00,,3,0.5\n2015-10-01 01:00:00,1,,0\n"
    (results / "hydrograph.csv").write_text(text + rows, encoding="utf-8")
    view = open_view(OUTPUT, results)
    assert list(view.layer("basin").index) == ["nex-7"]
    for name, wanted in {"simulated": [np.nan, 1], "observed": [3, np.nan], "rain": [0.5, 0]}.items():
        np.testing.assert_array_equal(view.series("basin", "nex-7", name)[1], wanted)
    np.testing.assert_array_equal(view.values("basin", "rain", 1, 1)[1], [[0.0]])


@pytest.mark.parametrize("text", [None, "time,flow\n2015-10-01,1\n", "no table"])
def test_results_without_such_a_table_are_seen_as_they_are(results: Path, text: str | None) -> None:
    if text is not None:
        (results / "hydrograph.csv").write_text(text, encoding="utf-8")
    assert list(open_view(OUTPUT, results).layers) == ["rivers"]


def test_spread_of_a_variable_is_read_once() -> None:
    asked: list[str] = []

    def read(names: Sequence[str], rows: NDArray[np.int64], first: int, count: int) -> Mapping[str, NDArray]:
        asked.append(names[0])
        return {names[0]: np.ones((len(rows), count))}

    layer = ViewedLayer("rivers", {"wb-1": 0}, np.arange(3), {"flow": "m3 s-1", "depth": "m"}, read)
    view = DatasetView({"rivers": layer}, {})
    assert view.spread("rivers", "") == view.spread("rivers", "flow") == view.spread("rivers", "depth")
    assert asked == ["flow", "depth"]
    with pytest.raises(NotFoundError, match="no variable 'width'"):
        view.spread("rivers", "width")
