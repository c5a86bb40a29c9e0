"""A store around a fabric, and forcing from it, with no network: as the pages tell it."""

from __future__ import annotations

from pathlib import Path

import netCDF4


def test_forcing_is_derived_from_an_example_store(tmp_path: Path, dmod_cli) -> None:
    steps = (
        ("example", "basin.gpkg", "--fabric-only", "-n", "3"),
        ("example-store", "store", "--around", "basin.gpkg", "--layout", "aorc", "--days", "1"),
        (
            "forcing",
            "store",
            "basin.gpkg",
            "forcings.nc",
            "--start",
            "2019-03-01",
            "--end",
            "2019-03-01 23:00",
        ),
    )
    for step in steps:
        done = dmod_cli(*step, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    with netCDF4.Dataset(tmp_path / "forcings.nc") as file:
        assert file.dimensions["time"].size == 24


def test_store_that_exists_is_kept(tmp_path: Path, dmod_cli) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "mine").touch()
    done = dmod_cli("example-store", tmp_path / "store", "--around", tmp_path / "none.gpkg", "--overwrite")
    assert done.returncode == 4
    assert "is no example store and is kept" in done.stderr
