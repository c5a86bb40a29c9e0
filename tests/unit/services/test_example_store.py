"""Synthetic stores of gridded forcing: covering, readable, deterministic, and nothing else replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import AlreadyExists, InputError, NotFoundError
from dmod.forcing.gridded.opening import open_grid_source
from dmod.services.example_fabric import make_example_fabric
from dmod.services.example_store import MOST_VALUES, make_example_store

START = datetime(2019, 3, 1, tzinfo=UTC)
DAY = TimeAxis(START, 3600, 24)
NAMES = {"aorc": "store", "nwm": "store", "nwm-netcdf": "store", "cf": "store.zarr"}


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fabric") / "basin.gpkg"
    make_example_fabric(path, catchments=3)
    return path


@pytest.fixture(scope="module")
def means(fabric: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Mean of every variable over each store, read as any store is."""
    found = {}
    for layout, name in NAMES.items():
        root = tmp_path_factory.mktemp(layout) / name
        make_example_store(root, around=fabric, layout=layout, start=START, days=1)
        source = open_grid_source(str(root), DAY)
        assert source.layout == layout.removesuffix("-netcdf")
        fields = {c: source.read(c, source.grid.whole, DAY) for c in source.variables}
        assert all(np.isfinite(values).all() for values in fields.values())
        found[layout] = {c: float(values.mean()) for c, values in fields.items()}
        source.close()
    return found


def test_every_layout_shows_the_same_weather(means) -> None:
    assert len(means["aorc"]) == 8
    for layout in ("nwm", "nwm-netcdf", "cf"):
        for column, mean in means["aorc"].items():
            assert means[layout][column] == pytest.approx(mean, rel=0.03, abs=0.05), (layout, column)


def test_store_covers_the_catchments_and_more(fabric: Path, tmp_path: Path) -> None:
    from pyproj import Transformer

    from dmod.hydrofabric.polygons import read_polygons

    polygons = read_polygons(fabric)
    made = make_example_store(tmp_path / "s", around=fabric, start=START, days=0.05)
    inside = Transformer.from_crs(polygons.crs, "EPSG:4326", always_xy=True).transform_bounds(
        *polygons.bounds
    )
    source = open_grid_source(str(tmp_path / "s"), made.axis)
    west, south, east, north = source.grid.bounds
    assert west < inside[0] < inside[2] < east
    assert south < inside[1] < inside[3] < north
    assert (made.rows, made.columns) == (source.grid.rows, source.grid.columns)
    source.close()


def test_same_seed_makes_the_same_bytes_and_another_does_not(fabric: Path, tmp_path: Path) -> None:
    def content(name: str, seed: int) -> dict[str, bytes]:
        root = tmp_path / name
        make_example_store(root, around=fabric, start=START, days=0.25, seed=seed)
        files = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name != "example.json")
        return {str(path.relative_to(root)): path.read_bytes() for path in files}

    first = content("a", 1)
    assert first == content("b", 1)
    assert first != content("c", 2)


def test_only_an_example_store_is_replaced(fabric: Path, tmp_path: Path) -> None:
    def make(path: Path, **more: object) -> None:
        make_example_store(path, around=fabric, start=START, days=0.05, **more)

    make(tmp_path / "s")
    with pytest.raises(AlreadyExists, match="exists"):
        make(tmp_path / "s")
    make(tmp_path / "s", overwrite=True, seed=2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(AlreadyExists, match="is kept"):
        make(tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "s"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layout": "era5"}, InputError, "layout 'era5'"),
        ({"layout": "cf"}, InputError, "no name for a store of layout cf"),
        ({"days": 0}, InputError, "0 days"),
        ({"days": 1e6}, InputError, "1e\\+06 days"),
        ({"days": float("nan")}, InputError, "nan days"),
        ({"start": datetime(2019, 3, 1)}, InputError, "no time zone"),
        ({"start": START + timedelta(minutes=30)}, InputError, "not on the hour"),
        ({"around": Path("nothing.gpkg")}, NotFoundError, "nothing.gpkg"),
    ],
)
def test_bad_request_is_refused_and_leaves_nothing(
    fabric: Path, tmp_path: Path, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_example_store(tmp_path / "s", **{"around": fabric, "start": START, "days": 1, **options})
    assert list(tmp_path.iterdir()) == []


def test_area_that_is_too_large_is_refused_with_what_is_possible(
    fabric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_VALUES >= 10_000_000
    monkeypatch.setattr("dmod.services.example_store.MOST_VALUES", 24 * 1000)
    with pytest.raises(InputError, match="too many for an example store") as caught:
        make_example_store(tmp_path / "s", around=fabric, start=START, days=100)
    assert "days around this fabric" in (caught.value.hint or "")
