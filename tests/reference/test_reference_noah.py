"""Noah-OWP-Modular's namelists against those that the framework ran with, and against a real fabric."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyproj import Transformer

from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.fallbacks import Fallbacks
from dmod.formulation.generate.generator import Generator
from dmod.formulation.generate.noah_owp import NOAH_OWP, TABLES, read_tables
from dmod.formulation.generate.sac_sma import SAC_SMA
from dmod.formulation.generate.snow17 import SNOW17
from dmod.formulation.generate.values import find_values
from dmod.hydrofabric import read_hydrofabric
from dmod.testing.namelists import Value, configured, read_namelist, read_table, written

OWN = {
    "timing": {"startdate", "enddate", "forcing_filename", "output_filename"},
    "parameters": {"parameter_dir"},
}
PLACE = {"location": {"lat", "lon", "terrain_slope", "azimuth"}, "structure": {"isltyp", "vegtyp"}}


@pytest.fixture(scope="module")
def noah(reference: Path) -> Path:
    return reference / "ngen" / "noah_pet_cfe_csv" / "config" / "noah"


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Value]]:
    (text,) = written(NOAH_OWP, configured(NOAH_OWP)).values()
    return read_namelist(text)


@pytest.mark.parametrize("catchment", ["cat-11223", "cat-11509"])
def test_keys_and_common_values_are_those_of_the_run(
    noah: Path, ours: dict[str, dict[str, Value]], catchment: str
) -> None:
    theirs = read_namelist((noah / f"{catchment}.input").read_text())
    assert {name: set(group) for name, group in ours.items()} == {n: set(g) for n, g in theirs.items()}
    for name, group in theirs.items():
        apart = OWN.get(name, set()) | PLACE.get(name, set())
        assert {key: ours[name][key] for key in group if key not in apart} == {
            key: value for key, value in group.items() if key not in apart
        }


def test_tables_of_the_run_are_taken(noah: Path) -> None:
    found = {path.name: text for path, text in read_tables(noah / "parameters")}
    assert sorted(found) == sorted(TABLES)
    assert found["MPTABLE.TBL"] == (noah / "parameters" / "MPTABLE.TBL").read_text()


@pytest.fixture(scope="module")
def fabric_table(reference: Path) -> AttributeTable:
    return AttributeTable(read_hydrofabric(reference / "hydrofabric" / "gage-10109001_subset.gpkg"))


def rows(table: AttributeTable, *columns: str) -> dict[str, tuple[float, ...]]:
    """Return columns of the divides' attributes by identifier, read apart."""
    names = ", ".join(f'"{column}"' for column in columns)
    with closing(sqlite3.connect(table.fabric.sources[0])) as connection:
        query = f'SELECT divide_id, {names} FROM "divide-attributes"'
        return {identifier: tuple(values) for identifier, *values in connection.execute(query)}


def test_namelists_of_the_real_fabric_have_its_attributes(fabric_table: AttributeTable) -> None:
    known = rows(
        fabric_table,
        "centroid_x",
        "centroid_y",
        "mean.slope",
        "circ_mean.aspect",
        "mode.ISLTYP",
        "mode.IVGTYP",
    )
    turned = Transformer.from_crs(5070, 4326, always_xy=True)
    values = find_values(NOAH_OWP, fabric_table, Fallbacks())
    assert values.faults == ()
    found = {catchment.id: catchment for catchment in values.catchments()}
    assert len(found) == 88
    for identifier, (x, y, slope, aspect, soil, cover) in known.items():
        (text,) = written(NOAH_OWP, found[identifier]).values()
        groups = read_namelist(text)
        place, ground = groups["location"], groups["structure"]
        longitude, latitude = turned.transform(x, y)
        assert (place["lat"], place["lon"]) == pytest.approx((latitude, longitude), rel=1e-8)
        assert math.tan(math.radians(float(str(place["terrain_slope"])))) == pytest.approx(
            math.tan(math.radians(slope)) / 100, rel=1e-6
        )
        assert place["azimuth"] == pytest.approx(aspect, rel=1e-8)
        assert (ground["isltyp"], ground["vegtyp"], ground["sfctyp"]) == (soil, cover, 1)


@pytest.mark.parametrize("generator", [SNOW17, SAC_SMA], ids=lambda g: g.name)
def test_parameters_of_the_real_fabric_are_complete(
    fabric_table: AttributeTable, generator: Generator
) -> None:
    heights = rows(fabric_table, "mean.elevation")
    values = find_values(generator, fabric_table, Fallbacks())
    assert values.faults == ()
    for catchment in values.catchments():
        found = read_table(list(written(generator, catchment).values())[1])
        assert set(found) == {"hru_id", *(need.parameter for need in generator.needs)}
        if generator is SNOW17:
            assert found["elev"] == pytest.approx(heights[catchment.id][0] / 100, rel=1e-8)
