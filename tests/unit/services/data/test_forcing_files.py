"""Forcing from one format into another and back, bit by bit; and several datasets put together."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray

from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.restriction import Continuous, Discrete
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import AlreadyExists, CoverageError, InputError, StoreError
from dmod.forcing.netcdf_forcing import open_netcdf
from dmod.forcing.write import write_csv_forcing, write_netcdf_forcing
from dmod.services.data import forcing_files
from dmod.services.data.detect import detect
from dmod.services.data.forcing_files import convert_forcing, merge_forcing
from dmod.services.data.forcing_parts import open_part
from dmod.services.data.forcing_zarr import open_zarr_forcing

START = parse_time("2019-01-01")
DAY = TimeAxis(START, 3600, 24)
IDS = [f"cat-{number}" for number in (1, 2, 10, 7, 5)]
UNITS = {"precip_rate": "mm s-1", "TMP_2maboveground": "K"}
ALL = ("AORC_CSV", "NETCDF_AORC_DEFAULT", "NETCDF_FORCING_CANONICAL", "ZARR_FORCING")
Values = dict[str, dict[str, np.ndarray]]


def random(axis: TimeAxis, ids: list[str], seed: int = 0) -> dict[str, np.ndarray]:
    """Return doubles of every size, most of which have no short decimal form."""
    made = np.random.default_rng(seed)
    shape = (len(ids), axis.count)
    rain = made.random(shape) * 10.0 ** made.integers(-12, 0, shape)
    return {"precip_rate": rain, "TMP_2maboveground": 250 + 50 * made.random(shape)}


def held(path: Path) -> Values:
    """Return every value of a dataset as its file has it."""
    part = open_part(detect(path), {})
    try:
        return dict(part.blocks(part.catchments))
    finally:
        part.source.close()


def require_same(first: Values, second: Values) -> None:
    assert set(first) == set(second)
    for catchment, columns in first.items():
        assert set(columns) == set(second[catchment])
        for name, series in columns.items():
            other = second[catchment][name]
            assert np.array_equal(np.isnan(series), np.isnan(other))
            there = ~np.isnan(series)
            assert np.array_equal(series[there].view(np.int64), other[there].view(np.int64)), name


@pytest.fixture
def double(tmp_path: Path) -> Path:
    path = tmp_path / "double.nc"
    write_netcdf_forcing(path, IDS, DAY, random(DAY, IDS), dtype="float64")
    return path


@pytest.fixture
def single(tmp_path: Path) -> Path:
    path = tmp_path / "single.nc"
    values = {name: array.astype(np.float32) for name, array in random(DAY, IDS).items()}
    write_netcdf_forcing(path, IDS, DAY, values)
    return path


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("second", ALL)
def test_every_format_becomes_every_other_bit_by_bit(
    double: Path, tmp_path: Path, first: str, second: str
) -> None:
    made = convert_forcing(double, tmp_path / "first", FORMATS[first])
    again = convert_forcing(made.path, tmp_path / "second", FORMATS[second])
    assert (made.format.name, again.format.name) == (first, second)
    assert again.domain.restrictions == made.domain.restrictions == detect(double).domain.restrictions
    assert again.domain.units == UNITS
    require_same(held(again.path), held(double))


def test_single_precision_stays_so_until_it_becomes_text(single: Path, tmp_path: Path) -> None:
    canonical = convert_forcing(single, tmp_path / "c.nc", FORMATS["NETCDF_FORCING_CANONICAL"])
    store = convert_forcing(canonical.path, tmp_path / "s", FORMATS["ZARR_FORCING"])
    text = convert_forcing(store.path, tmp_path / "t", FORMATS["AORC_CSV"])
    back = convert_forcing(text.path, tmp_path / "b.nc", FORMATS["NETCDF_AORC_DEFAULT"])
    with netCDF4.Dataset(canonical.path) as file:
        assert file["precip_rate"].dtype == np.float32
    assert xarray.open_zarr(store.path)["precip_rate"].dtype == np.float32
    with netCDF4.Dataset(back.path) as file:
        assert file["precip_rate"].dtype == np.float64
    require_same(held(back.path), held(single))


def test_catchments_and_period_can_be_taken_out(double: Path, tmp_path: Path) -> None:
    begin, end = START + timedelta(hours=3), START + timedelta(hours=9)
    made = convert_forcing(
        double, tmp_path / "part", FORMATS["AORC_CSV"], start=begin, end=end, catchments=["cat-10", "cat-1"]
    )
    assert made.domain.time == Continuous(begin, end)
    whole = held(double)
    expected = {c: {n: a[3:9] for n, a in whole[c].items()} for c in ("cat-10", "cat-1")}
    require_same(held(made.path), expected)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"end": START + timedelta(hours=25)},
            "covers 2019-01-01 00:00:00 to 2019-01-02 00:00:00, asked for",
        ),
        ({"start": START - timedelta(hours=1)}, "asked for is 2018-12-31 23:00:00"),
        ({"catchments": ["cat-1", "cat-3"]}, "has no forcing of cat-3"),
        ({"catchments": []}, "has no forcing of no catchment at all"),
    ],
)
def test_what_the_source_lacks_is_refused_before_anything_is_written(
    double: Path, tmp_path: Path, asked: dict, said: str
) -> None:
    with pytest.raises(CoverageError, match=said):
        convert_forcing(double, tmp_path / "out", FORMATS["AORC_CSV"], **asked)
    assert not (tmp_path / "out").exists()


def test_missing_values_stay_missing(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    values["precip_rate"][1, 3:5] = np.nan
    write_netcdf_forcing(tmp_path / "gaps.nc", IDS, DAY, values, dtype="float64")
    before = held(tmp_path / "gaps.nc")
    assert np.isnan(before["cat-2"]["precip_rate"]).sum() == 2
    for name in ("ZARR_FORCING", "AORC_CSV", "NETCDF_FORCING_CANONICAL"):
        require_same(held(convert_forcing(tmp_path / "gaps.nc", tmp_path / name, FORMATS[name]).path), before)


def test_missing_rows_of_csv_become_missing_values(tmp_path: Path) -> None:
    write_csv_forcing(tmp_path / "csv", IDS, DAY, random(DAY, IDS), digits=17)
    before = held(tmp_path / "csv")
    path = tmp_path / "csv" / "cat-7.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:6], *lines[8:]]) + "\n")
    after = held(convert_forcing(tmp_path / "csv", tmp_path / "f.nc", FORMATS["NETCDF_AORC_DEFAULT"]).path)
    for name in UNITS:
        before["cat-7"][name][5:7] = np.nan
    require_same(after, before)


def test_rows_that_stand_twice_are_refused(tmp_path: Path) -> None:
    write_csv_forcing(tmp_path / "csv", IDS, DAY, random(DAY, IDS))
    path = tmp_path / "csv" / "cat-7.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:6], lines[5], *lines[6:]]) + "\n")
    with pytest.raises(InputError, match=r"cat-7\.csv: the time 2019-01-01 04:00:00 stands there twice"):
        convert_forcing(tmp_path / "csv", tmp_path / "f.nc", FORMATS["NETCDF_AORC_DEFAULT"])
    assert not list(tmp_path.glob("*f.nc*"))


def test_units_that_deviate_are_kept(tmp_path: Path) -> None:
    units = {"TMP_2maboveground": "degC", "gusts": "m s-1"}
    values = random(DAY, IDS) | {"gusts": np.ones((5, 24))}
    write_csv_forcing(tmp_path / "csv", IDS, DAY, values, units=units)
    source = tmp_path / "csv"
    for name in ALL[1:] + ALL[:1]:
        source = convert_forcing(source, tmp_path / name, FORMATS[name]).path
        assert detect(source).domain.units == {"precip_rate": "mm s-1", **units}


def test_target_that_exists_is_left_alone(double: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(AlreadyExists, match="exists already"):
        convert_forcing(double, tmp_path / "out", FORMATS["AORC_CSV"])
    assert not list((tmp_path / "out").iterdir())


def test_other_formats_cannot_be_written_or_read(double: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="forcing cannot be written as FORCING_GRID"):
        convert_forcing(double, tmp_path / "out", FORMATS["FORCING_GRID"])
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "nex-1_output.csv").write_text("0, 2019-01-01 00:00:00, 1\n")
    with pytest.raises(InputError, match="is no forcing of catchments, but NGEN_CSV_OUTPUT"):
        convert_forcing(tmp_path / "o", tmp_path / "out", FORMATS["AORC_CSV"])


def test_nothing_is_left_where_the_source_is_damaged(double: Path, tmp_path: Path) -> None:
    convert_forcing(double, tmp_path / "store", FORMATS["ZARR_FORCING"])
    chunk = next(path for path in (tmp_path / "store" / "precip_rate").iterdir() if path.name[0] != ".")
    chunk.write_bytes(chunk.read_bytes()[:20])
    before = sorted(path.name for path in tmp_path.iterdir())
    for name in ALL:
        with pytest.raises(StoreError, match="precip_rate cannot be decoded"):
            convert_forcing(tmp_path / "store", tmp_path / "out", FORMATS[name])
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_memory_does_not_grow_with_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forcing_files, "BLOCK_BYTES", 1 << 20)
    axis, ids = TimeAxis(START, 3600, 2000), [f"cat-{number}" for number in range(400)]
    values = {name: np.ones((400, 2000), np.float32) for name in UNITS}
    write_netcdf_forcing(tmp_path / "f.nc", ids, axis, values)
    del values
    tracemalloc.start()
    convert_forcing(tmp_path / "f.nc", tmp_path / "out", FORMATS["ZARR_FORCING"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12e6  # the values alone are 12.8 MB as doubles, 6.4 MB as the file has them


# Zarr


def test_store_can_be_read_by_xarray(double: Path, tmp_path: Path) -> None:
    made = convert_forcing(double, tmp_path / "store", FORMATS["ZARR_FORCING"])
    with xarray.open_zarr(made.path) as data:
        assert data["ids"].values.tolist() == IDS
        assert data["precip_rate"].dims == ("catchment-id", "time")
        np.testing.assert_array_equal(data["time"].values, DAY.stamps())
        np.testing.assert_array_equal(data["precip_rate"].values, random(DAY, IDS)["precip_rate"])
        assert data["TMP_2maboveground"].attrs["units"] == "K"


def test_canonical_file_can_be_read_by_xarray(double: Path, tmp_path: Path) -> None:
    made = convert_forcing(double, tmp_path / "c.nc", FORMATS["NETCDF_FORCING_CANONICAL"])
    with xarray.open_dataset(made.path) as data:
        np.testing.assert_array_equal(data["time"].values, DAY.stamps())
        np.testing.assert_array_equal(data["precip_rate"].values, random(DAY, IDS)["precip_rate"])


def test_store_is_a_source_like_any_other(double: Path, tmp_path: Path) -> None:
    convert_forcing(double, tmp_path / "store", FORMATS["ZARR_FORCING"])
    store, file = open_zarr_forcing(tmp_path / "store"), open_netcdf(double, {})
    wanted = [("land_surface_air__temperature", "degC"), ("precip_rate", "mm h-1")]
    window = DAY.window(5, 7)
    ours, theirs = (
        store.read(["cat-7", "cat-2"], wanted, window),
        file.read(["cat-7", "cat-2"], wanted, window),
    )
    file.close()
    for name, _ in wanted:
        np.testing.assert_array_equal(ours[name], theirs[name])
    with pytest.raises(CoverageError, match="1 catchments have no forcing, the first is cat-99"):
        store.read(["cat-99"], wanted, window)
    with pytest.raises(CoverageError, match="steps missing"):
        store.read(["cat-1"], wanted, TimeAxis(START, 3600, 30))


def test_store_of_another_program_is_read(tmp_path: Path) -> None:
    data = xarray.Dataset(
        {
            "RAINRATE": (("time", "catchment_id"), np.arange(6.0).reshape(3, 2), {"units": "mm h-1"}),
            "T2D": (("catchment_id", "time"), np.array([[280.0, 281, 282], [283, np.nan, 285]])),
        },
        {"time": np.array(["2019-01-01T00", "2019-01-01T03", "2019-01-01T06"], "datetime64[ns]")},
    )
    data["catchment_id"] = ("catchment_id", [4, 9])
    data.to_zarr(tmp_path / "s.zarr", zarr_format=2, consolidated=True)
    found = detect(tmp_path / "s.zarr")
    assert found.format.name == "ZARR_FORCING"
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-4", "cat-9"}
    values = held(tmp_path / "s.zarr")
    np.testing.assert_array_equal(values["cat-9"]["RAINRATE"], [1, 3, 5])
    np.testing.assert_array_equal(values["cat-9"]["T2D"], [283, np.nan, 285])


def test_packed_store_is_unpacked_and_its_fill_value_is_missing(tmp_path: Path) -> None:
    data = xarray.Dataset(
        {"T2D": (("ids", "time"), np.array([[280.5, np.nan, 282.0]]))},
        {"time": np.array(["2019-01-01T00", "2019-01-01T01", "2019-01-01T02"], "datetime64[ns]")},
    )
    data["ids"] = ("ids", ["cat-4"])
    packing = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 273.15, "_FillValue": -32768}
    data.to_zarr(tmp_path / "s.zarr", zarr_format=2, encoding={"T2D": packing}, consolidated=True)
    np.testing.assert_allclose(held(tmp_path / "s.zarr")["cat-4"]["T2D"], [280.5, np.nan, 282.0], atol=0.006)


# several datasets put together


def piece(
    folder: Path, name: str, ids: list[str], axis: TimeAxis, values: dict, *, text: bool = False
) -> Path:
    path = folder / name
    if text:
        write_csv_forcing(path, ids, axis, values, digits=17)
    else:
        write_netcdf_forcing(path, ids, axis, values, dtype="float64")
    return path


def cut(values: dict[str, np.ndarray], rows: slice, steps: slice) -> dict[str, np.ndarray]:
    return {name: array[rows, steps] for name, array in values.items()}


def everything(values: dict[str, np.ndarray]) -> Values:
    return {c: {name: array[row] for name, array in values.items()} for row, c in enumerate(IDS)}


@pytest.mark.parametrize("layout", ALL)
def test_periods_and_catchments_are_put_together(tmp_path: Path, layout: str) -> None:
    values = random(DAY, IDS)
    parts = [
        piece(tmp_path, "a.nc", IDS[:3], DAY.window(0, 10), cut(values, slice(3), slice(10))),
        piece(tmp_path, "b", IDS[3:], DAY.window(0, 10), cut(values, slice(3, 5), slice(10)), text=True),
        piece(tmp_path, "c.nc", IDS, DAY.window(10, 14), cut(values, slice(5), slice(10, 24))),
    ]
    made = merge_forcing([(path, {}) for path in parts], tmp_path / "whole", FORMATS[layout])
    assert made.format.name == layout
    assert made.domain.time == Continuous(START, START + timedelta(days=1))
    assert made.domain.values(DomainIndex.CATCHMENT_ID) == set(IDS)
    require_same(held(made.path), everything(values))


def test_blocks_do_not_change_what_is_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forcing_files, "BLOCK_BYTES", 1)
    values = random(DAY, IDS)
    parts = [
        piece(tmp_path, "a.nc", IDS, DAY.window(0, 10), cut(values, slice(5), slice(10))),
        piece(
            tmp_path, "b.nc", IDS[::-1], DAY.window(10, 14), cut(values, slice(None, None, -1), slice(10, 24))
        ),
    ]
    made = merge_forcing([(path, {}) for path in parts], tmp_path / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"])
    require_same(held(made.path), everything(values))


def test_boxes_say_what_is_taken_of_each(tmp_path: Path) -> None:
    values, other = random(DAY, IDS), random(DAY, IDS, 1)
    first = piece(tmp_path, "a.nc", IDS, DAY, values)
    second = piece(tmp_path, "b.nc", IDS, DAY, other)
    noon = START + timedelta(hours=12)
    days = Continuous(START - timedelta(days=1), noon), Continuous(noon, START + timedelta(days=3))
    made = merge_forcing(
        [(first, {DomainIndex.TIME: days[0]}), (second, {DomainIndex.TIME: days[1]})],
        tmp_path / "w.nc",
        FORMATS["NETCDF_AORC_DEFAULT"],
    )
    expected = {name: np.concatenate([values[name][:, :12], other[name][:, 12:]], axis=1) for name in values}
    require_same(held(made.path), everything(expected))


def test_variables_can_be_chosen(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    first = piece(tmp_path, "a.nc", IDS, DAY, values)
    box = {DomainIndex.VARIABLE: Discrete(frozenset({"precip_rate"}))}
    made = merge_forcing([(first, box)], tmp_path / "w", FORMATS["AORC_CSV"])
    assert made.domain.values(DomainIndex.VARIABLE) == {"precip_rate"}


def test_overlaps_that_agree_are_taken_once(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    parts = [
        piece(tmp_path, "a.nc", IDS, DAY.window(0, 15), cut(values, slice(5), slice(15))),
        piece(tmp_path, "b", IDS, DAY.window(9, 15), cut(values, slice(5), slice(9, 24)), text=True),
    ]
    made = merge_forcing([(path, {}) for path in parts], tmp_path / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"])
    require_same(held(made.path), everything(values))


def test_overlaps_that_disagree_are_refused(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    changed = {name: array.copy() for name, array in values.items()}
    changed["TMP_2maboveground"][2, 11] = np.nextafter(changed["TMP_2maboveground"][2, 11], 999)
    parts = [
        piece(tmp_path, "a.nc", IDS, DAY.window(0, 15), cut(values, slice(5), slice(15))),
        piece(tmp_path, "b.nc", IDS, DAY.window(9, 15), cut(changed, slice(5), slice(9, 24))),
    ]
    with pytest.raises(
        InputError, match=r"TMP_2maboveground of cat-10 at 2019-01-01 11:00:00 is 2.* and 2.*b\.nc"
    ):
        merge_forcing([(path, {}) for path in parts], tmp_path / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"])
    assert not list(tmp_path.glob("*w.nc*"))


def test_single_precision_agrees_with_double_to_single_precision(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    write_netcdf_forcing(tmp_path / "a.nc", IDS, DAY, {n: a.astype(np.float32) for n, a in values.items()})
    write_netcdf_forcing(tmp_path / "b.nc", IDS, DAY, values, dtype="float64")
    made = merge_forcing(
        [(tmp_path / "a.nc", {}), (tmp_path / "b.nc", {})], tmp_path / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"]
    )
    require_same(held(made.path), everything(values))


def test_value_takes_the_place_of_a_missing_one(tmp_path: Path) -> None:
    values = random(DAY, IDS)
    holes = {name: array.copy() for name, array in values.items()}
    holes["precip_rate"][:, 4] = np.nan
    for order in (("holes", "whole"), ("whole", "holes")):
        folder = tmp_path / order[0]
        folder.mkdir()
        given = {"holes": holes, "whole": values}
        parts = [piece(folder, f"{name}.nc", IDS, DAY, given[name]) for name in order]
        made = merge_forcing([(path, {}) for path in parts], folder / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"])
        require_same(held(made.path), everything(values))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (([*IDS], DAY.window(12, 12)), "but cat-1 has none at 2019-01-01 10:00:00"),
        ((IDS[:2], DAY.window(10, 14)), "but cat-10 has none at 2019-01-01 10:00:00"),
        (([*IDS, "cat-99"], DAY.window(10, 14)), "but cat-99 has none at 2019-01-01 00:00:00"),
    ],
)
def test_hole_between_datasets_is_refused(tmp_path: Path, second: tuple, said: str) -> None:
    ids, axis = second
    parts = [
        piece(tmp_path, "a.nc", IDS, DAY.window(0, 10), random(DAY.window(0, 10), IDS)),
        piece(tmp_path, "b.nc", ids, axis, random(axis, ids)),
    ]
    with pytest.raises(CoverageError, match=said):
        merge_forcing([(path, {}) for path in parts], tmp_path / "w.nc", FORMATS["NETCDF_AORC_DEFAULT"])


@pytest.mark.parametrize(
    ("axis", "change", "said"),
    [
        (TimeAxis(START, 1800, 24), {}, "has steps of 3600 s, .* of 1800 s"),
        (TimeAxis(START + timedelta(minutes=30), 3600, 24), {}, "do not fall on those of"),
        (DAY, {"drop": "precip_rate"}, "do not have the same variables: precip_rate"),
        (DAY, {"units": {"TMP_2maboveground": "degC"}}, "TMP_2maboveground is in K in .*, in degC in"),
    ],
)
def test_datasets_that_do_not_go_together_are_refused(
    tmp_path: Path, axis: TimeAxis, change: dict, said: str
) -> None:
    first = piece(tmp_path, "a.nc", IDS, DAY, random(DAY, IDS))
    values = random(axis, IDS)
    values.pop(change.get("drop", ""), None)
    write_netcdf_forcing(tmp_path / "b.nc", IDS, axis, values, units=change.get("units"), dtype="float64")
    with pytest.raises(InputError, match=said):
        merge_forcing([(first, {}), (tmp_path / "b.nc", {})], tmp_path / "w", FORMATS["AORC_CSV"])
    assert not (tmp_path / "w").exists()


def test_box_that_leaves_nothing_is_refused(double: Path, tmp_path: Path) -> None:
    box = {DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-77"}))}
    with pytest.raises(InputError, match="holds nothing of what is to be taken of it"):
        merge_forcing([(double, box)], tmp_path / "w", FORMATS["AORC_CSV"])
    with pytest.raises(InputError, match="there is no forcing to put together"):
        merge_forcing([], tmp_path / "w", FORMATS["AORC_CSV"])


def test_file_without_a_catchment_cannot_be_put_together(double: Path, tmp_path: Path) -> None:
    made = convert_forcing(double, tmp_path / "csv", FORMATS["AORC_CSV"])
    (made.path / "cat-1.csv").rename(tmp_path / "shared.csv")
    with pytest.raises(InputError, match="does not say whose forcing it is"):
        convert_forcing(tmp_path / "shared.csv", tmp_path / "w", FORMATS["AORC_CSV"])
