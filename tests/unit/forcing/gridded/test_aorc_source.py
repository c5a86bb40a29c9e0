import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import CoverageError, InputError, NotFoundError, StoreError
from dmod.forcing.gridded.aorc import years_in
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.opening import open_grid_source

BOUNDS = (-111.9, 41.6, -111.5, 41.9)
NEW_YEAR = TimeAxis(parse_time("2019-12-31 12:00"), 3600, 24)
TEMPERATURE = "TMP_2maboveground"


def plane(column, x, y, step):
    """Rain and temperature that tell where and when they are."""
    if column == "precip_rate":
        return 1e-4 * (step + 1) + 1e-5 * (x + 112) + 2e-5 * (y - 41)
    return 280.0 + 0.5 * step + (x + 112) - 2 * (y - 41)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    columns = ("precip_rate", TEMPERATURE, "UGRD_10maboveground")
    return write_aorc_store(
        tmp_path_factory.mktemp("aorc"),
        BOUNDS,
        NEW_YEAR,
        plane,
        columns=columns,
        packed=False,
        chunks=(6, 16, 20),
    )


@pytest.fixture
def copy(root, tmp_path):
    return Path(shutil.copytree(root, tmp_path / "aorc"))


@pytest.mark.parametrize("column", ["precip_rate", TEMPERATURE])
def test_aorc_values_over_new_year_stand_at_the_start_of_their_step(root, column):
    source = open_grid_source(str(root), NEW_YEAR)
    x, y = np.meshgrid(source.grid.x, source.grid.y)
    values = source.read(column, source.grid.whole, NEW_YEAR)
    assert sorted(path.name for path in root.iterdir()) == ["2019.zarr", "2020.zarr"]
    for step in range(NEW_YEAR.count):
        np.testing.assert_allclose(values[step], plane(column, x, y, step), rtol=1e-12)


def test_aorc_centres_lie_on_the_published_lattice_and_edges_half_a_cell_outside(root):
    grid = open_grid_source(str(root), NEW_YEAR).grid
    np.testing.assert_allclose(grid.x * 120, np.rint(grid.x * 120), atol=1e-9)
    assert grid.bounds[0] == pytest.approx(grid.x[0] - 0.5 / 120, abs=1e-12)
    assert grid.bounds[0] <= BOUNDS[0]
    assert grid.bounds[2] >= BOUNDS[2]


def test_aorc_without_period_covers_what_all_variables_have(root):
    source = open_grid_source(str(root))
    assert source.period == NEW_YEAR
    assert source.layout == "aorc"
    assert {variable.stamp for variable in source.variables.values()} == {"end", "instant"}
    assert {variable.wind for variable in source.variables.values()} == {""}


def test_aorc_stamp_start_takes_the_amount_of_the_same_stamp(root):
    window = GridWindow(0, 1, 0, 1)
    period = NEW_YEAR.window(1, 3)
    usual = open_grid_source(str(root), period).read("precip_rate", window, period)
    same = open_grid_source(str(root), period, options={"stamp": "start"})
    earlier = same.read("precip_rate", window, period)
    np.testing.assert_allclose(earlier, usual - 1e-4, rtol=1e-9)


def test_aorc_packed_is_within_half_a_step_of_its_packing(tmp_path):
    root = write_aorc_store(
        tmp_path, BOUNDS, NEW_YEAR.window(0, 3), plane, columns=("precip_rate", TEMPERATURE)
    )
    source = open_grid_source(str(root))
    x, y = np.meshgrid(source.grid.x, source.grid.y)
    rain = source.read("precip_rate", source.grid.whole, source.period)
    warmth = source.read(TEMPERATURE, source.grid.whole, source.period)
    assert rain.dtype == np.float32
    assert np.abs(rain[1] - plane("precip_rate", x, y, 1)).max() <= 0.0501 / 3600
    assert np.abs(warmth[1] - plane(TEMPERATURE, x, y, 1)).max() <= 0.0501


def test_aorc_window_reads_its_cells_only(root):
    source = open_grid_source(str(root), NEW_YEAR)
    window = GridWindow(3, 5, 17, 9)
    whole = source.read(TEMPERATURE, source.grid.whole, NEW_YEAR)
    part = source.read(TEMPERATURE, window, NEW_YEAR.window(4, 3))
    np.testing.assert_array_equal(part, whole[4:7, 3:8, 17:26])
    assert part.flags.c_contiguous


def test_aorc_missing_year_is_named_with_those_there_are(copy):
    shutil.rmtree(copy / "2020.zarr")
    with pytest.raises(CoverageError, match=r"2020\.zarr") as error:
        open_grid_source(str(copy), NEW_YEAR)
    assert "2019" in error.value.hint


def test_aorc_last_hour_of_a_year_needs_the_next_store(copy):
    shutil.rmtree(copy / "2020.zarr")
    with pytest.raises(CoverageError, match=r"2020\.zarr"):
        open_grid_source(str(copy), NEW_YEAR.window(0, 12))
    source = open_grid_source(str(copy), NEW_YEAR.window(0, 11))
    assert source.period == NEW_YEAR.window(0, 11)


@pytest.mark.parametrize("shift", [-3, 5])
def test_aorc_period_beyond_the_store_is_refused_with_what_there_is(root, shift):
    period = TimeAxis(NEW_YEAR.start + timedelta(hours=shift), 3600, NEW_YEAR.count)
    with pytest.raises(CoverageError, match="covers") as error:
        open_grid_source(str(root), period)
    assert "2019-12-31 12:00:00" in error.value.message or "2019-12-31 11:00:00" in error.value.message


def test_aorc_missing_chunk_is_missing_and_counted(copy):
    (copy / "2019.zarr" / TEMPERATURE / "0.0.0").unlink()
    source = open_grid_source(str(copy), NEW_YEAR)
    values = source.read(TEMPERATURE, source.grid.whole, NEW_YEAR)
    assert np.isnan(values[:6, :16, :20]).all()
    assert np.isfinite(values[6:]).all()
    assert np.isfinite(values[:6, 16:]).all()
    assert source.missing_chunks == 1


def test_aorc_truncated_chunk_is_named(copy):
    chunk = copy / "2020.zarr" / TEMPERATURE / "1.0.1"
    chunk.write_bytes(chunk.read_bytes()[:40])
    source = open_grid_source(str(copy), NEW_YEAR)
    source.read(TEMPERATURE, source.grid.whole, NEW_YEAR.window(0, 13))
    with pytest.raises(StoreError, match=r"TMP_2maboveground/1\.0\.1") as error:
        source.read(TEMPERATURE, source.grid.whole, NEW_YEAR)
    assert not error.value.retryable


def test_aorc_damaged_description_is_refused(copy):
    for name in (".zmetadata", ".zgroup"):
        (copy / "2019.zarr" / name).write_text("{")
    with pytest.raises(InputError, match="description"):
        open_grid_source(str(copy), NEW_YEAR)


def test_aorc_one_year_can_be_opened_alone(root):
    source = open_grid_source(str(root / "2019.zarr"))
    assert source.layout == "aorc"
    assert source.period.count == 11


def test_aorc_column_that_is_not_there_is_refused_with_those_there_are(root):
    with pytest.raises(InputError, match="PRES_surface") as error:
        open_grid_source(str(root), NEW_YEAR, columns=[TEMPERATURE, "PRES_surface"])
    assert "APCP_surface" in error.value.hint


def test_aorc_identity_depends_on_description_not_on_file_times(root, copy):
    same = open_grid_source(str(root), NEW_YEAR).identity
    for path in root.rglob("*"):
        path.touch()
    assert open_grid_source(str(root), NEW_YEAR).identity == same
    assert open_grid_source(str(root), NEW_YEAR.window(1, 22), options={"stamp": "start"}).identity != same
    described = copy / "2019.zarr" / ".zmetadata"
    before = open_grid_source(str(copy), NEW_YEAR).identity
    described.write_text(described.read_text().replace('"K"', '"kelvin"'))
    assert open_grid_source(str(copy), NEW_YEAR).identity != before


def test_aorc_bytes_to_read_count_whole_chunks(root):
    source = open_grid_source(str(root), NEW_YEAR)
    few = source.bytes_to_read([TEMPERATURE], GridWindow(0, 1, 0, 1), NEW_YEAR.window(0, 1))
    assert few == (root / "2019.zarr" / TEMPERATURE / "0.0.0").stat().st_size
    everything = source.bytes_to_read([TEMPERATURE], source.grid.whole, NEW_YEAR)
    stored = sum(
        path.stat().st_size
        for path in root.rglob(f"{TEMPERATURE}/*")
        if not path.name.startswith(".") and path.is_file()
    )
    assert everything == pytest.approx(stored, rel=0.5)


def test_aorc_window_outside_the_grid_is_refused(root):
    source = open_grid_source(str(root), NEW_YEAR)
    with pytest.raises(InputError, match="does not lie within"):
        source.read(TEMPERATURE, GridWindow(0, source.grid.rows + 1, 0, 2), NEW_YEAR)


def test_aorc_step_other_than_the_stores_is_refused(root):
    source = open_grid_source(str(root), NEW_YEAR)
    with pytest.raises(InputError, match="steps of 3600 s"):
        source.read(TEMPERATURE, source.grid.whole, TimeAxis(NEW_YEAR.start, 1800, 4))


def test_years_in_finds_yearly_stores_only():
    assert years_in(["1979.zarr", "index.html", "2020.zarr", "20.zarr", "2021.zarr.tmp"]) == [1979, 2020]


def test_opening_nothing_says_what_is_there(tmp_path):
    with pytest.raises(NotFoundError, match="does not exist"):
        open_grid_source(str(tmp_path / "none"))
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(NotFoundError, match="no gridded forcing") as error:
        open_grid_source(str(tmp_path))
    assert "notes.txt" in error.value.hint


@pytest.mark.parametrize(
    ("location", "layout", "options", "message"),
    [
        ("", "auto", {}, "no forcing store is named"),
        ("ftp://host/store", "auto", {}, "ftp:// cannot be read"),
        (".", "zarr2", {}, "layout 'zarr2' is unknown"),
        (".", "auto", {"stmap": "end"}, "did you mean 'stamp'"),
        (".", "auto", {"stamp": "middle"}, "one of start, end"),
        (".", "auto", {"cache_bytes": "much"}, "no number of bytes"),
    ],
)
def test_opening_with_what_cannot_be_is_refused(location, layout, options, message):
    with pytest.raises(InputError, match=message):
        open_grid_source(location, layout=layout, options=options)


def test_aorc_is_read_by_several_threads_at_once(root):
    source = open_grid_source(str(root), NEW_YEAR)
    blocks = list(NEW_YEAR.chunks(5)) * 4
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda block: source.read(TEMPERATURE, source.grid.whole, block), blocks))
    whole = source.read(TEMPERATURE, source.grid.whole, NEW_YEAR)
    np.testing.assert_array_equal(np.concatenate(parts), np.tile(whole, (4, 1, 1)))
