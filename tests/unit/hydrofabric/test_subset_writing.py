"""What is written: tables of every kind, a valid GeoPackage, and nothing where it fails."""

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, HydrofabricError, InputError, StoreError
from dmod.hydrofabric import Layer, find_problems, read_hydrofabric
from dmod.hydrofabric.subset import Region, open_index, read_record, require_place, select, write_subset
from dmod.testing import fabrics
from dmod.testing.fabrics import Tables, write_fabric


def quiet(_message: str) -> None:
    pass


def cut(fabric: Path, place: str, output: Path) -> dict[str, int]:
    index = open_index(fabric)
    return write_subset(index, select(index, Region((place,)), quiet).nodes, output, record={"asked": place})


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def with_tables(**more: Layer) -> Tables:
    return {**fabrics.chain(4), **more}


def change(fabric: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(fabric)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return fabric


def test_subset_is_a_sound_geopackage(tmp_path: Path) -> None:
    import pyogrio

    fabric = write_fabric(tmp_path, fabrics.with_lake())
    written = cut(fabric, "nex-3", tmp_path / "out.gpkg")
    output = tmp_path / "out.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, geometry in pyogrio.list_layers(output):
            assert pyogrio.read_info(output, layer=name)["features"] == written[name]
            frame = pyogrio.read_dataframe(output, layer=name)
            assert len(frame) == written[name]
            assert (geometry is None) == ("geometry" not in frame)
    assert ask(output, "PRAGMA integrity_check") == [("ok",)]
    assert ask(output, "PRAGMA foreign_key_check") == []
    assert ask(output, "SELECT rtreecheck('rtree_divides_geom')") == [("ok",)]
    assert ask(output, "PRAGMA application_id") == [(0x47504B47,)]
    assert find_problems(read_hydrofabric(output)) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["basin.gpkg", "basin.gpkg.index", "out.gpkg"]


def test_extent_is_that_of_the_subset(tmp_path: Path) -> None:
    cut(write_fabric(tmp_path, fabrics.chain(4)), "wb-2", tmp_path / "out.gpkg")
    (row,) = ask(tmp_path / "out.gpkg", "SELECT min_x, max_x FROM gpkg_contents WHERE table_name = 'divides'")
    assert row == (fabrics.WEST, fabrics.WEST + 2 * fabrics.SIDE)


def test_layer_without_rows_has_no_extent_and_keeps_its_columns(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.with_lake())
    cut(fabric, "wb-1", tmp_path / "out.gpkg")
    contents = "SELECT min_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'lakes'"
    assert ask(tmp_path / "out.gpkg", contents) == [(None, None, 5070)]
    made = "SELECT sql FROM sqlite_master WHERE name = 'lakes'"
    assert ask(tmp_path / "out.gpkg", made) == ask(fabric, made)


def test_rtree_and_counts_follow_later_edits(tmp_path: Path) -> None:
    import pyogrio

    fabric = write_fabric(tmp_path, fabrics.chain(4))
    change(
        fabric, "CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER)"
    )
    output = tmp_path / "out.gpkg"
    cut(fabric, "wb-2", output)
    frame = pyogrio.read_dataframe(output, layer="divides")
    pyogrio.write_dataframe(frame.iloc[:1], output, layer="divides", append=True)
    count = "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'divides'"
    assert ask(output, count) == [(3,)]
    assert ask(output, "SELECT count(*) FROM rtree_divides_geom") == [(3,)]


def test_keys_are_indexed_and_the_source_indexes_kept(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(3))
    change(
        fabric, 'CREATE INDEX "by_area" ON divides (areasqkm, divide_id)', "CREATE INDEX n ON network (id)"
    )
    cut(fabric, "wb-2", tmp_path / "out.gpkg")
    plan = ask(tmp_path / "out.gpkg", "EXPLAIN QUERY PLAN SELECT * FROM flowpaths WHERE toid = 'nex-3'")
    assert "USING INDEX" in str(plan[0][3])
    names = {
        name for (name,) in ask(tmp_path / "out.gpkg", "SELECT name FROM sqlite_master WHERE type = 'index'")
    }
    assert {"by_area", "n", "idx_divides_divide_id", "idx_nexus_toid"} <= names
    assert "idx_network_id" not in names


def test_every_value_keeps_its_type_and_shape_its_bytes(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(3))
    change(
        fabric,
        "CREATE TABLE odd (id TEXT, a, b BLOB, c REAL, d INTEGER, e TEXT)",
        "INSERT INTO odd VALUES ('wb-1', 1, x'00ff', 0.1, 9007199254740993, NULL),"
        " ('wb-1', 'text', 'text', 1e300, 2, 'ü'), ('wb-3', 1.5, NULL, NULL, NULL, '')",
    )
    cut(fabric, "wb-1", tmp_path / "out.gpkg")
    query = "SELECT id, a, typeof(a), b, typeof(b), c, d, e FROM odd WHERE id = 'wb-1'"
    assert ask(tmp_path / "out.gpkg", query) == ask(fabric, query)
    shapes = "SELECT fid, geom FROM divides WHERE divide_id = 'cat-1'"
    assert ask(tmp_path / "out.gpkg", shapes) == ask(fabric, shapes)


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"link": ["wb-1", "wb-3"], "value": [1, 2]}, [1]),
        ({"divide_id": ["cat-3", "cat-2"], "value": [1, 2]}, [2]),
        ({"nex_id": ["nex-3", "nex-5"], "value": [1, 2]}, [1]),
        ({"poi_id": [7, 8], "value": [1, 2]}, []),
        ({"lake_id": [4711.0, 1.0], "value": [1, 2]}, [1]),
        ({"hf_id": [11.0, 13.0, 12.0], "value": [1, 2, 3]}, [1, 3]),
        ({"toid": ["nex-3", "nex-4"], "value": [1, 2]}, [1]),
        ({"name": ["a", "b"], "value": [1, 2]}, [1, 2]),
        ({"id": [1, 2], "name": ["style", "of map"], "value": [1, 2]}, [1, 2]),
        ({"id": [None, "wb-2"], "divide_id": ["cat-1", "cat-9"], "value": [1, 2]}, [1]),
        ({"id": [], "value": []}, []),
    ],
)
def test_table_that_is_not_known_is_cut_by_the_key_it_has(
    tmp_path: Path, columns: dict[str, list[object]], kept: list[int]
) -> None:
    tables = with_tables(extra=Layer(columns))
    tables = fabrics.spoil(tables, "flowpath-attributes", "WaterbodyID", 1, "4711")
    network = tables["network"]
    tables["network"] = Layer({**network.columns, "hf_id": [11.0, 12.0, 13.0, 14.0]})
    cut(write_fabric(tmp_path, tables), "wb-2", tmp_path / "out.gpkg")
    assert [value for (value,) in ask(tmp_path / "out.gpkg", "SELECT value FROM extra")] == kept


def test_table_without_a_key_is_copied_whole_with_a_notice(tmp_path: Path) -> None:
    styles = Layer({"f_table_name": ["divides"], "styleQML": ["<qgis/>"], "useAsDefault": [True]})
    fabric = write_fabric(tmp_path, with_tables(layer_styles=styles))
    assert any("layer_styles names no feature" in note for note in open_index(fabric).notes)
    cut(fabric, "wb-1", tmp_path / "out.gpkg")
    rows = "SELECT f_table_name, styleQML FROM layer_styles"
    assert ask(tmp_path / "out.gpkg", rows) == [("divides", "<qgis/>")]


def test_views_triggers_and_images_of_the_source_stay_behind(tmp_path: Path) -> None:
    fabric = change(
        write_fabric(tmp_path, fabrics.chain(3)),
        "CREATE VIEW big AS SELECT * FROM divides WHERE areasqkm > 1",
        "CREATE TRIGGER mine AFTER INSERT ON network BEGIN SELECT no_such_function(); END",
        "CREATE TABLE photo (id INTEGER PRIMARY KEY, zoom_level INTEGER, tile_data BLOB)",
        "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('photo', 'tiles', 0)",
    )
    notes = open_index(fabric).notes
    assert any("view big" in note for note in notes)
    assert any("table photo holds images" in note for note in notes)
    written = cut(fabric, "wb-1", tmp_path / "out.gpkg")
    assert "photo" not in written
    names = {name for (name,) in ask(tmp_path / "out.gpkg", "SELECT name FROM sqlite_master")}
    assert not names & {"big", "mine", "photo"}


def test_table_that_is_not_registered_becomes_an_attribute_table(tmp_path: Path) -> None:
    fabric = change(
        write_fabric(tmp_path, fabrics.chain(3)),
        "CREATE TABLE calibrated (divide_id TEXT PRIMARY KEY, b REAL) WITHOUT ROWID",
        "CREATE TABLE scores (divide_id TEXT, nse REAL)",
        "INSERT INTO scores VALUES ('cat-1', 0.5), ('cat-3', 0.9)",
    )
    cut(fabric, "wb-1", tmp_path / "out.gpkg")
    registered = (
        "SELECT table_name, data_type FROM gpkg_contents WHERE table_name IN ('scores', 'calibrated')"
    )
    assert sorted(ask(tmp_path / "out.gpkg", registered)) == [
        ("calibrated", "attributes"),
        ("scores", "attributes"),
    ]
    assert ask(tmp_path / "out.gpkg", "SELECT * FROM scores") == [("cat-1", 0.5)]


def test_names_with_quotes_are_copied(tmp_path: Path) -> None:
    odd = 'it\'s "odd"'
    tables = {**fabrics.chain(3), odd: Layer({"divide_id": ["cat-1", "cat-3"], 'a "b"': [1.0, 2.0]})}
    written = cut(write_fabric(tmp_path, tables), "wb-1", tmp_path / "out.gpkg")
    assert written[odd] == 1


def test_record_is_kept_in_the_file(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(3))
    cut(fabric, "wb-2", tmp_path / "out.gpkg")
    assert read_record(tmp_path / "out.gpkg") == {"asked": "wb-2"}
    assert read_record(fabric) is None
    extensions = "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_metadata'"
    assert ask(tmp_path / "out.gpkg", extensions) == [(2,)]


def test_same_subset_is_the_same_file(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(3))
    for name in ("a.gpkg", "b.gpkg"):
        cut(fabric, "wb-2", tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_index_that_does_not_fit_is_noticed_before_anything_appears(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(3))
    index = open_index(fabric)
    nodes = select(index, Region(("wb-3",)), quiet).nodes
    change(fabric, "DELETE FROM network WHERE id = 'wb-1'")
    with pytest.raises(HydrofabricError, match=r"'network' has 2 of the 3 rows .* index"):
        write_subset(index, nodes, tmp_path / "out.gpkg", record={})
    assert not (tmp_path / "out.gpkg").exists()
    assert not list(tmp_path.glob(".*"))


def test_output_that_must_not_be_written_is_refused(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(2))
    with pytest.raises(InputError, match="is the fabric itself"):
        require_place(fabric, fabric, overwrite=True)
    with pytest.raises(InputError, match="is a folder"):
        require_place(tmp_path, fabric, overwrite=True)
    (tmp_path / "out.gpkg").write_text("mine")
    with pytest.raises(AlreadyExists, match="exists already"):
        require_place(tmp_path / "out.gpkg", fabric, overwrite=False)


def test_output_below_a_file_is_refused(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.chain(2))
    (tmp_path / "no").write_text("a file")
    with pytest.raises(StoreError, match="a file stands where a folder is due"):
        cut(fabric, "wb-1", tmp_path / "no" / "out.gpkg")
    assert (tmp_path / "no").read_text() == "a file"


def test_numbers_of_many_rows_are_copied_in_their_order(tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, fabrics.tree(63))
    cut(fabric, "wb-63", tmp_path / "out.gpkg")
    for name in ("divides", "flowpaths", "network", "nexus", "flowpath-attributes"):
        query = f'SELECT * FROM "{name}" ORDER BY rowid'
        assert ask(tmp_path / "out.gpkg", query) == ask(fabric, query)
