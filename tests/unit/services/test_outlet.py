from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dmod.errors import NotFoundError
from dmod.hydrofabric import Hydrofabric, read_hydrofabric
from dmod.services.outlet import choose_outlet
from dmod.testing.fabrics import (
    Tables,
    chain,
    headwater,
    two_basins,
    without_flowpath_attributes,
    write_fabric,
    write_geojson_pair,
    y_confluence,
)


def fabric(folder: Path, tables: Tables) -> Hydrofabric:
    return read_hydrofabric(write_fabric(folder, tables))


def test_outlet_without_a_name_is_the_end_of_the_basin_with_its_gauge(tmp_path: Path) -> None:
    outlet = choose_outlet(fabric(tmp_path, y_confluence()), None)
    assert (outlet.id, outlet.flowpaths, outlet.gauge) == ("nex-4", (2,), "01234567")


def test_outlet_without_a_name_is_that_of_the_largest_basin(tmp_path: Path) -> None:
    tables = two_basins()
    tables["divides"].columns["areasqkm"][2] = 5.0  # type: ignore[index]
    assert choose_outlet(fabric(tmp_path, tables), None).id == "nex-6"


def test_outlet_of_a_headwater_is_its_own_nexus(tmp_path: Path) -> None:
    outlet = choose_outlet(fabric(tmp_path, headwater()), None)
    assert (outlet.id, outlet.flowpaths) == ("nex-2", (0,))


@pytest.mark.parametrize(
    ("name", "flowpaths"),
    [
        ("nex-3", (0, 1)),
        ("nex-4", (2,)),
        ("wb-2", (1,)),
        ("cat-1", (0,)),
        ("01234567", (2,)),
        ("gage-01234567", (2,)),
        ("Gages-01234567", (2,)),
    ],
)
def test_outlet_is_found_by_every_name_it_has(tmp_path: Path, name: str, flowpaths: tuple[int, ...]) -> None:
    assert choose_outlet(fabric(tmp_path, y_confluence()), name).flowpaths == flowpaths


def test_flow_at_a_confluence_is_the_sum_of_what_flows_together(tmp_path: Path) -> None:
    outlet = choose_outlet(fabric(tmp_path, y_confluence()), "nex-3")
    flow = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    np.testing.assert_array_equal(outlet.flow(flow, np.zeros((2, 2))), [11.0, 22.0])


def test_outlet_of_a_fabric_without_channels_is_found(tmp_path: Path) -> None:
    assert choose_outlet(fabric(tmp_path, without_flowpath_attributes()), None).id == "nex-4"
    pair = read_hydrofabric(*write_geojson_pair(tmp_path, y_confluence()))
    outlet = choose_outlet(pair, "nex-3")
    flow = np.array([[1.0], [10.0], [100.0]])
    assert outlet.flow(flow, np.zeros((2, 1))).tolist() == [11.0]


def test_unknown_outlet_lists_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="--outlet nex-44") as caught:
        choose_outlet(fabric(tmp_path, chain(4)), "nex-44")
    assert "nex-4" in str(caught.value.hint)


def test_unknown_outlet_without_a_like_name_gives_an_example(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        choose_outlet(fabric(tmp_path, y_confluence()), "zzz")
    assert "01234567" in str(caught.value.hint)
