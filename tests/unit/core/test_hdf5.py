from __future__ import annotations

import gc
from pathlib import Path

import netCDF4
import pytest

from dmod.core.hdf5 import HDF5_LOCK, close_with


class Owner:
    """Something that holds a file open."""

    def __init__(self, dataset: netCDF4.Dataset) -> None:
        self.dataset = dataset
        self.close = close_with(self, dataset)
        self.me = self  # only the collector finds it


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as made:
        made.createDimension("id", 2)
        made.createVariable("ids", str, ("id",))[0] = "cat-1"
    return tmp_path / "a.nc"


def test_file_closed_by_hand_is_closed_at_once(file: Path) -> None:
    owner = Owner(netCDF4.Dataset(file))
    with HDF5_LOCK:
        owner.close()
        assert not owner.dataset.isopen()
    owner.close()


def test_dropped_file_is_closed_by_the_collector(file: Path) -> None:
    dataset = netCDF4.Dataset(file)
    Owner(dataset)
    gc.collect()
    assert not dataset.isopen()


def test_file_dropped_while_another_is_in_use_is_closed_after_it(file: Path) -> None:
    dataset = netCDF4.Dataset(file)
    with HDF5_LOCK:
        Owner(dataset)
        with HDF5_LOCK:
            gc.collect()
        assert dataset.isopen()
    assert not dataset.isopen()
