"""The tables that example hydrofabrics have, against those of a real hydrofabric."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dmod.hydrofabric.version22 import TABLES


@pytest.fixture(scope="module")
def declared(reference: Path) -> dict[str, dict[str, str]]:
    path = reference / "hydrofabric" / "gage-10109001_subset.gpkg"
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")]
        return {
            name: {column: kind for _, column, kind, *_ in database.execute(f'PRAGMA table_info("{name}")')}
            for name in names
        }


def test_example_fabrics_have_the_tables_of_a_real_one(declared: dict[str, dict[str, str]]) -> None:
    assert set(TABLES) == set(declared)


@pytest.mark.parametrize("name", TABLES)
def test_example_fabrics_declare_columns_as_a_real_one(
    name: str, declared: dict[str, dict[str, str]]
) -> None:
    columns = {column: kind for column, kind in declared[name].items() if column not in {"fid", "geom"}}
    assert dict(TABLES[name].columns) == columns
    assert ("geom" in declared[name]) == bool(TABLES[name].geometry_type)
