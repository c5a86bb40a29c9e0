import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely

from dmod.errors import InputError
from dmod.hydrofabric import Hydrofabric, find_problems, gauges, read_hydrofabric
from dmod.hydrofabric.example import layout as layouts
from dmod.hydrofabric.example.continent import Continent, copies_of, make_continent
from dmod.hydrofabric.example.pattern import CELL
from dmod.hydrofabric.shapes import strip_header
from dmod.services.example_fabric import write_continent

CATCHMENTS = 700
SHARES = {120: 0.4, 40: 0.3, 12: 0.2}
FEW = {20: 0.6, 6: 0.3}
SMALL_LAND = ((-100.0, 40.0), (-99.0, 40.0), (-99.0, 40.6), (-100.0, 40.6))  # 85 by 67 km


def stamped() -> Continent:
    return make_continent(CATCHMENTS, shares=SHARES, largest_basin=0)


@pytest.fixture(scope="module")
def continent() -> Continent:
    return stamped()


@pytest.fixture(scope="module")
def path(continent: Continent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("continent") / "continent.gpkg"
    write_continent(path, continent)
    return path


@pytest.fixture(scope="module")
def fabric(path: Path) -> Hydrofabric:
    return read_hydrofabric(path)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Continent, Path]:
    """A continent on land that is too small for it."""
    path = tmp_path_factory.mktemp("crowded") / "crowded.gpkg"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "OUTLINE", SMALL_LAND)
        continent = stamped()
    write_continent(path, continent)
    return continent, path


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def shapes(path: Path, table: str) -> dict[str, shapely.Geometry]:
    key = "divide_id" if table == "divides" else "id"
    found = rows(path, f'SELECT "{key}", geom FROM "{table}"')
    return dict(
        zip([i for i, _ in found], shapely.from_wkb([strip_header(g) for _, g in found]), strict=True)
    )


def test_continent_has_exactly_the_divides_that_are_asked_for(path: Path, continent: Continent) -> None:
    numbers = sorted(int(i.removeprefix("cat-")) for (i,) in rows(path, "SELECT divide_id FROM divides"))
    assert numbers == list(range(1, CATCHMENTS + 1))
    assert len(continent) == CATCHMENTS
    assert Counter(len(stamp.pattern) for stamp in continent.stamps)[120] >= 2
    assert len(continent.bare) == CATCHMENTS // 100


def test_continent_is_sound(fabric: Hydrofabric) -> None:
    assert find_problems(fabric, routing=True) == []


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("divides", "divide_id"),
        ("divide-attributes", "divide_id"),
        ("flowpaths", "id"),
        ("flowpaths", "hydroseq"),
        ("flowpath-attributes", "link"),
        ("flowpath-attributes-ml", "id"),
        ("nexus", "id"),
        ("pois", "poi_id"),
        ("pois", "nex_id"),
        ("hydrolocations", "hl_uri"),
        ("lakes", "lake_id"),
    ],
)
def test_continent_identifiers_are_unique(path: Path, table: str, key: str) -> None:
    found = [value for (value,) in rows(path, f'SELECT "{key}" FROM "{table}"')]
    assert found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("which", ["wide", "crowded"])
def test_continent_divides_do_not_overlap_and_have_their_area(
    which: str, path: Path, crowded: tuple[Continent, Path]
) -> None:
    polygons = shapes(path if which == "wide" else crowded[1], "divides")
    area = dict(rows(path if which == "wide" else crowded[1], "SELECT divide_id, areasqkm FROM divides"))
    drawn = np.array(list(polygons.values()))
    assert shapely.is_valid(drawn).all()
    assert shapely.area(drawn) / 1e6 == pytest.approx([area[i] for i in polygons], rel=1e-6)
    assert shapely.union_all(drawn).area == pytest.approx(shapely.area(drawn).sum(), rel=1e-9)


@pytest.mark.parametrize("which", ["wide", "crowded"])
def test_continent_flowpaths_meet_at_their_nexus(
    which: str, path: Path, crowded: tuple[Continent, Path]
) -> None:
    file = path if which == "wide" else crowded[1]
    lines, points = shapes(file, "flowpaths"), shapes(file, "nexus")
    below = dict(rows(file, "SELECT id, toid FROM nexus"))
    for flowpath, toid, length in rows(file, "SELECT id, toid, lengthkm FROM flowpaths"):
        line, point = lines[flowpath].coords, points[toid].coords[0]
        assert line[-1] == point
        assert below[toid] == "wb-0" or lines[below[toid]].coords[0] == point
        assert lines[flowpath].length / 1000 == pytest.approx(length, rel=1e-9)


def test_continent_on_small_land_is_made_smaller_and_stays_on_it(crowded: tuple[Continent, Path]) -> None:
    continent, path = crowded
    scale = continent.stamps[0].scale
    assert 0.3 < scale < 0.95
    land = shapely.Polygon(layouts._projected(SMALL_LAND)).buffer(2 * CELL)
    assert shapely.contains(land, np.array(list(shapes(path, "divides").values()))).all()
    [(mean,)] = rows(path, "SELECT avg(areasqkm) FROM divides WHERE id NOTNULL")
    assert 6 * scale**2 < mean < 10 * scale**2


def test_continent_without_room_at_any_scale_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "OUTLINE", SMALL_LAND)
    monkeypatch.setattr(layouts, "_settled", lambda *_: None)
    with pytest.raises(InputError, match="side by side"):
        make_continent(40, shares=FEW, largest_basin=0)


def test_continent_lies_in_many_regions_and_turns(path: Path, continent: Continent) -> None:
    assert len(rows(path, "SELECT DISTINCT vpuid FROM divides")) >= 4
    assert len({stamp.turn for stamp in continent.stamps}) == 8
    known = set(layouts.REGIONS)
    assert {vpu for (vpu,) in rows(path, "SELECT vpuid FROM network UNION SELECT vpuid FROM nexus")} <= known


def test_continent_soils_differ_between_stamps_of_one_pattern_and_stay_possible(
    path: Path, continent: Continent
) -> None:
    twins = [stamp for stamp in continent.stamps if len(stamp.pattern) == 120][:2]
    heads = [f"cat-{stamp.first}" for stamp in twins]
    query = 'SELECT "geom_mean.dksat_soil_layers_stag=2" FROM "divide-attributes" WHERE divide_id = \'{}\''
    first, second = (rows(path, query.format(head))[0][0] for head in heads)
    assert first != second
    wrong = (
        'SELECT count(*) FROM "divide-attributes" WHERE'
        ' NOT ("mean.smcmax_soil_layers_stag=1" BETWEEN 0.3 AND 0.6)'
        ' OR NOT ("mean.smcwlt_soil_layers_stag=1" BETWEEN 0.01 AND 0.8 * "mean.smcmax_soil_layers_stag=1")'
        ' OR NOT ("mean.slope_1km" BETWEEN 0 AND 1) OR NOT ("circ_mean.aspect" BETWEEN 0 AND 360)'
        ' OR "mean.elevation" <= 0 OR "dist_4.twi" IS NULL'
    )
    assert rows(path, wrong) == [(0,)]


def test_continent_gauges_measure_what_the_network_says(
    path: Path, fabric: Hydrofabric, continent: Continent
) -> None:
    found = gauges(fabric)
    promised = {
        number: (f"wb-{stamp.first + at}", int(stamp.pattern.upstream_count[at]))
        for stamp in continent.stamps
        for number, at in zip(stamp.gauges, stamp.pattern.locations.gauged.tolist(), strict=True)
    }
    assert set(found) == set(promised)
    assert all(len(number) == 8 and number.startswith("00") for number in found)
    below = dict(rows(path, "SELECT id, toid FROM nexus"))
    above = defaultdict(list)
    for flowpath, toid in rows(path, "SELECT id, toid FROM flowpaths"):
        above[below[toid]].append(flowpath)

    def count(flowpath: str) -> int:
        return 1 + sum(count(one) for one in above[flowpath])

    for number, (flowpath, catchments) in promised.items():
        assert found[number].flowpath == flowpath
        assert count(flowpath) == catchments


def test_continent_network_has_several_rows_for_each_flowpath(path: Path) -> None:
    pieces = defaultdict(dict)
    query = "SELECT id, hf_id, hf_lengthkm FROM network WHERE id NOTNULL"
    for flowpath, hf_id, length in rows(path, query):
        pieces[flowpath][hf_id] = length
    lengths = dict(rows(path, "SELECT id, lengthkm FROM flowpaths"))
    assert {i: sum(p.values()) for i, p in pieces.items()} == pytest.approx(lengths, rel=1e-9)
    assert 2.0 < rows(path, "SELECT count(*) FROM network")[0][0] / len(lengths) < 4.0
    owners = Counter(hf_id for p in pieces.values() for hf_id in p)
    assert set(owners.values()) == {1}
    without = rows(path, "SELECT count(*), sum(toid NOTNULL) FROM network WHERE id IS NULL")
    assert without == [(CATCHMENTS // 100, CATCHMENTS // 100)]


def test_continent_locations_stand_at_the_nexus_of_all_that_drain_to_it(path: Path) -> None:
    at_nexus = defaultdict(set)
    for nexus, uri in rows(path, "SELECT nex_id, hl_uri FROM hydrolocations"):
        at_nexus[nexus].add(uri)
    in_network = defaultdict(set)
    for flowpath, toid, uri in rows(path, "SELECT id, toid, hl_uri FROM network WHERE hl_uri NOTNULL"):
        in_network[flowpath, toid].add(uri)
    for flowpath, toid in rows(path, "SELECT id, toid FROM flowpaths"):
        assert in_network[flowpath, toid] == at_nexus[toid]
    lesser = (
        "SELECT count(*) FROM pois p JOIN flowpaths f ON f.id = p.id JOIN flowpaths g ON g.toid = f.toid"
        " WHERE g.tot_drainage_areasqkm > f.tot_drainage_areasqkm"
    )
    assert rows(path, lesser) == [(0,)]
    poi = dict(rows(path, "SELECT nex_id, poi_id FROM pois"))
    assert poi == dict(rows(path, "SELECT id, poi_id FROM nexus WHERE poi_id NOTNULL"))


def test_continent_hydroseq_falls_along_the_rivers(path: Path) -> None:
    sequence = dict(rows(path, "SELECT id, hydroseq FROM flowpaths"))
    pairs = rows(
        path, "SELECT f.id, n.toid FROM flowpaths f JOIN nexus n ON n.id = f.toid WHERE n.toid != 'wb-0'"
    )
    assert pairs
    assert all(sequence[below] < sequence[above] for above, below in pairs)


def test_continent_main_stems_are_unbroken_lines(path: Path) -> None:
    query = "SELECT f.id, f.mainstem, n.toid FROM flowpaths f JOIN nexus n ON n.id = f.toid"
    stem = {flowpath: (mainstem, below) for flowpath, mainstem, below in rows(path, query)}
    onward = Counter(below for mainstem, below in stem.values() if stem.get(below, (None,))[0] == mainstem)
    assert max(onward.values()) == 1
    ends = [i for i, (mainstem, below) in stem.items() if stem.get(below, (None,))[0] != mainstem]
    assert len(ends) == len({mainstem for mainstem, _ in stem.values()})


def test_continent_divides_without_a_river_end_where_they_are(path: Path) -> None:
    query = (
        "SELECT d.type, d.toid, n.toid, n.type, d.has_flowline FROM divides d JOIN nexus n ON n.id = d.toid"
        " WHERE d.id IS NULL"
    )
    found = rows(path, query)
    assert len(found) == CATCHMENTS // 100
    for kind, toid, below, nexus_kind, has_flowline in found:
        assert (kind, toid[:4]) in {("coastal", "cnx-"), ("internal", "inx-")}
        assert (below, nexus_kind, has_flowline) == ("wb-0", kind, 0)


def test_continent_same_seed_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "OUTLINE", SMALL_LAND)
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        continent = make_continent(110, seed, shares=FEW, largest_basin=0)
        write_continent(tmp_path / f"{name}.gpkg", continent)
    for table in ("divides", "network", "hydrolocations", "divide-attributes"):
        query = f'SELECT * FROM "{table}"'
        one, again, other = (rows(tmp_path / f"{name}.gpkg", query) for name in ("one", "again", "other"))
        assert one == again
        assert one != other


@pytest.mark.parametrize("catchments", [130, 699, 700, 1_000, 12_345])
def test_copies_add_up_to_exactly_what_is_wanted(catchments: int) -> None:
    copies = copies_of(catchments, SHARES)
    assert sum(size * count for size, count in copies.items()) == catchments
    assert copies[120] >= 1


def test_copies_of_a_basin_larger_than_all_are_refused() -> None:
    with pytest.raises(InputError, match="too small"):
        copies_of(100, SHARES)


@pytest.mark.parametrize(("catchments", "seed"), [(0, 1), (5_000_001, 1), (10, -1)])
def test_continent_of_impossible_numbers_is_refused(catchments: int, seed: int) -> None:
    with pytest.raises(InputError):
        make_continent(catchments, seed)
