"""Sources of values: every form is told by what lies there, and gives the same series."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import xarray

from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError, NotFoundError, UnitError
from dmod.evaluation.location_series import LocationSeries
from dmod.output.csv_output import CatchmentCsv, NexusCsv
from dmod.output.layout import OutputLayout, OutputVariable
from dmod.output.netcdf_output import CatchmentNetcdf
from dmod.output.routed import RoutedNetcdf
from dmod.services.evaluation.fetched_source import FetchedSource
from dmod.services.evaluation.pairing import called_as_observed, pair_locations
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.evaluation.sources import OpenedSource, find_kind, open_source

GAUGES = ("01000001", "01000002", "01000003")
HOURS = 30
AXIS = TimeAxis(datetime(2019, 1, 1, tzinfo=UTC), 3600, HOURS)
VALUES = np.arange(len(GAUGES) * HOURS, dtype=np.float64).reshape(len(GAUGES), HOURS) + 1.0
TIMES = np.datetime64("2019-01-01", "s") + 3600 * np.arange(HOURS)
CUBIC_FEET = 0.3048**3


def rows(order: str = "time") -> list[tuple[str, str, float]]:
    found = [
        (gauge, str(time), float(VALUES[i, k]))
        for i, gauge in enumerate(GAUGES)
        for k, time in enumerate(TIMES)
    ]
    return sorted(found, key=lambda row: row[1]) if order == "time" else found


def write_csv(path: Path, header: str = "location,time,value,unit", unit: str = ",m3/s") -> Path:
    path.write_text(header + "\n" + "".join(f"{a},{b}Z,{c}{unit}\n" for a, b, c in rows()), encoding="utf-8")
    return path


def write_parquet(path: Path, order: str, *, group: int = 122_880, columns: str = "") -> Path:
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t (location VARCHAR, time TIMESTAMP, streamflow_cms FLOAT)")
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows(order))
        database.execute(
            f"COPY (SELECT *{columns} FROM t) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {group})"
        )
    return path


def write_array(path: Path, *, by_time: bool, **attributes: Any) -> Path:
    dims, values = ("location", "time"), VALUES
    if by_time:
        dims, values = dims[::-1], values.T
    data = xarray.Dataset(
        {"streamflow": (dims, values, {"units": "m3 s-1", **attributes})},
        {
            "location": list(GAUGES),
            "time": TIMES.astype("datetime64[ns]"),
            "longitude": ("location", [-70.0, -71.0, -72.0]),
            "latitude": ("location", [40.0, 41.0, 42.0]),
        },
    )
    data.to_netcdf(path)
    return path


def require_all(source: OpenedSource, names: tuple[str, ...] = GAUGES, scale: float = 1.0) -> None:
    """Read in another order than the source's, with one that it lacks."""
    try:
        asked = [names[2], "elsewhere", names[0]]
        found = list(source.read(asked))
        assert [one.location for one in found] == asked
        for one, row in ((found[0], 2), (found[2], 0)):
            assert one.step == 3600
            assert np.array_equal(one.times, TIMES)
            assert one.values == pytest.approx(VALUES[row] * scale, rel=1e-6)
        assert len(found[1].times) == 0
        assert "elsewhere" in found[1].notes[0]
        for address, digest in source.provenance().items():
            assert hashlib.sha256(Path(address).read_bytes()).hexdigest() == digest
        assert source.provenance()
    finally:
        source.close()


def test_table_in_csv_is_read_by_location(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "flow.csv")
    assert find_kind(path) == "table"
    source = open_source(path)
    assert source.locations == GAUGES
    require_all(source)


@pytest.mark.parametrize("order", ["time", "location"])
@pytest.mark.parametrize("group", [16, 122_880])
def test_table_in_parquet_is_read_by_location_however_it_is_sorted(
    tmp_path: Path, order: str, group: int
) -> None:
    require_all(open_source(write_parquet(tmp_path / "flow.parquet", order, group=group)))


def test_table_sorted_by_location_is_asked_in_place(tmp_path: Path) -> None:
    path = tmp_path / "flow.parquet"
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE t AS SELECT format('{:08d}', g) AS location, "
            "TIMESTAMP '2019-01-01' + to_hours(h) AS time, (1000 * g + h)::DOUBLE AS flow_cms "
            "FROM range(20) a(g), range(2048) b(h) ORDER BY g, h"
        )
        database.execute(f"COPY t TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    source = open_source(path)
    try:
        (one,) = source.read(["00000007"])
        assert one.values == pytest.approx(7000.0 + np.arange(2048))
        assert not source._own
    finally:
        source.close()


@pytest.mark.parametrize("by_time", [False, True])
def test_netcdf_is_read_by_location_and_knows_where_it_is(tmp_path: Path, by_time: bool) -> None:
    path = write_array(tmp_path / "flow.nc", by_time=by_time)
    assert find_kind(path) == "netcdf"
    source = open_source(path)
    place = source.places([GAUGES[1]])[GAUGES[1]]
    assert (place.longitude, place.latitude) == (-71.0, 41.0)
    require_all(source)


def test_netcdf_of_one_series_is_called_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "01000001.nc"
    data = xarray.Dataset({"flow": ("time", VALUES[0], {"units": "ft3/s"})}, {"time": TIMES.astype("M8[ns]")})
    data.to_netcdf(path)
    source = open_source(path)
    try:
        assert source.locations == ("01000001",)
        (one,) = source.read(["01000001"])
        assert one.values == pytest.approx(VALUES[0] * CUBIC_FEET)
        assert one.notes == ("converted from ft3/s to m3 s-1",)
    finally:
        source.close()


def test_a_folder_with_netcdf_alone_is_that_file_and_is_called_where_it_was_fetched(tmp_path: Path) -> None:
    folder = tmp_path / "fetched"
    folder.mkdir()
    path = write_array(folder / "flow.nc", by_time=False)
    source = open_source(folder)
    try:
        fetched = FetchedSource(source, folder, "dataset:flow")
        (one,) = fetched.read([GAUGES[1]])
        assert one.values == pytest.approx(VALUES[1])
        assert fetched.places([GAUGES[1]])[GAUGES[1]].longitude == -71.0
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert fetched.provenance() == {"dataset:flow/flow.nc": digest}
        assert FetchedSource(source, tmp_path / "other", "x").provenance() == {str(path): digest}
    finally:
        source.close()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    with RoutedNetcdf.open(folder / "streamflow.nc", ("wb-1", "wb-2", "wb-3"), AXIS) as sink:
        sink.write(0, VALUES, VALUES, VALUES)
    return folder


def test_routed_flow_of_a_run_keeps_the_moments_that_it_is_stamped_with(run: Path) -> None:
    assert find_kind(run) == "run"
    source = open_source(run)
    try:
        assert source.locations == ("wb-1", "wb-2", "wb-3")
        (one,) = source.read(["wb-2"])
        assert np.array_equal(one.times, TIMES + 3600)
        assert one.values == pytest.approx(VALUES[1])
    finally:
        source.close()


def test_flow_summed_without_delay_begins_a_step_earlier(run: Path) -> None:
    (run / "metadata").mkdir()
    record = {"result": {"routing": "summed downstream without delay"}}
    (run / "metadata" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    source = open_source(run)
    try:
        (one,) = source.read(["wb-2"])
        assert np.array_equal(one.times, TIMES)
    finally:
        source.close()


def test_routed_file_alone_calls_its_flowpaths_as_the_run_does(run: Path) -> None:
    source = open_source(run / "streamflow.nc", options=SourceOptions(variable="flow"))
    try:
        assert source.locations == ("wb-1", "wb-2", "wb-3")
    finally:
        source.close()


def test_the_frameworks_csv_gives_flow_of_nexuses_and_of_catchments_where_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    names = ("nex-1", "nex-2", "nex-3")
    with NexusCsv.open(folder, names, AXIS) as sink:
        sink.write(np.arange(3), 0, {"runoff_rate": VALUES})
    source = open_source(folder)
    assert source.locations == names
    require_all(source, names)
    layout = [OutputLayout((OutputVariable("q", "m3 s-1"),))]
    with CatchmentCsv.open(folder, ("cat-1",), AXIS, layout) as catchments:
        catchments.write(np.arange(1), 0, {"q": VALUES[:1]})
    named = open_source(folder, options=SourceOptions(variable="q", stated_unit="m3/s"))
    try:
        (one,) = named.read(["cat-1"])
        assert one.values == pytest.approx(VALUES[0])
    finally:
        named.close()


def test_a_run_without_flow_says_what_it_holds(tmp_path: Path) -> None:
    layout = [OutputLayout((OutputVariable("Q_OUT", "m"),))]
    folder = tmp_path / "run"
    with CatchmentNetcdf.open(folder / "catchments.nc", ("cat-1",), AXIS, layout) as sink:
        sink.write(np.arange(1), 0, {"Q_OUT": VALUES[:1]})
    with pytest.raises(InputError, match="holds no flow") as caught:
        open_source(folder)
    assert "Q_OUT" in str(caught.value.hint)
    with pytest.raises(UnitError, match="'m' cannot be brought to"):
        open_source(folder, options=SourceOptions(variable="Q_OUT"))


def test_files_of_the_agency_are_read_by_gauge(tmp_path: Path) -> None:
    text = (
        "# retrieved\nagency_cd\tsite_no\tdatetime\ttz_cd\t1_00060\t1_00060_cd\n5s\t15s\t20d\t6s\t14n\t10s\n"
    )
    for k in range(4):
        text += f"USGS\t01000001\t2019-01-01 0{k}:00\tUTC\t{100 + k}\tA\n"
    path = tmp_path / "flow.rdb"
    path.write_text(text + "USGS\t01000001\t2019-01-01 04:00\tUTC\t-999999\tA\n", encoding="utf-8")
    assert find_kind(path) == "gauges"
    source = open_source(path)
    assert source.locations == ("01000001",)
    (one,) = source.read(["01000001"])
    assert one.values[:4] == pytest.approx((100.0 + np.arange(4)) * CUBIC_FEET)
    assert np.isnan(one.values[4])
    assert "converted from ft3/s to m3 s-1" in one.notes


def test_camels_flow_is_daily_and_in_cubic_feet(tmp_path: Path) -> None:
    path = tmp_path / "01013500_streamflow_qc.txt"
    path.write_text(
        "01013500 1993 09 29   514.00 A\n01013500 1993 09 30  -999.00 M\n01013500 1993 10 01   497.00 A\n"
    )
    source = open_source(path)
    (one,) = source.read(["01013500"])
    assert one.step == 86400
    assert one.values == pytest.approx([514.0 * CUBIC_FEET, np.nan, 497.0 * CUBIC_FEET], nan_ok=True)


def test_a_file_that_names_no_gauge_is_called_after_its_name(tmp_path: Path) -> None:
    for stem, called in (("gage-01000001", "01000001"), ("outlet", "outlet")):
        path = tmp_path / f"{stem}.csv"
        path.write_text("time,flow_cms\n2019-01-01T00:00Z,1.0\n2019-01-01T01:00Z,-2.0\n", encoding="utf-8")
        source = open_source(path)
        assert source.locations == (called,)
        (one,) = source.read([called])
        assert np.isnan(one.values[1])
        assert "1 negative values are taken as missing" in one.notes


def test_units_may_differ_from_row_to_row(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(
        "location,time,value,unit\na,2019-01-01T00:00Z,1,m3/s\na,2019-01-01T01:00Z,1,cfs\n"
        "a,2019-01-01T02:00Z,-999,cfs\na,2019-01-01T03:00Z,Ice,cfs\n",
        encoding="utf-8",
    )
    source = open_source(path)
    try:
        (one,) = source.read(["a"])
        assert one.values == pytest.approx([1.0, CUBIC_FEET, np.nan, np.nan], nan_ok=True)
    finally:
        source.close()


def test_times_with_an_offset_are_converted_and_those_without_follow_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(
        "location,time,flow_cms\na,2019-01-01T00:00:00+02:00,1\na,2019-01-01 06:00:00,2\n", encoding="utf-8"
    )
    for zone, second in (("", "2019-01-01T06"), ("America/Denver", "2019-01-01T13")):
        source = open_source(path, options=SourceOptions(zone=zone))
        try:
            (one,) = source.read(["a"])
            assert [str(time) for time in one.times] == ["2018-12-31T22:00:00", f"{second}:00:00"]
        finally:
            source.close()


def test_repeated_times_count_once_and_contradicting_ones_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(
        "location,time,flow_cms\n"
        + "".join(
            f"a,2019-01-01T0{hour}:00Z,{value}\n" for hour, value in ((2, 5), (0, 1), (0, 1), (1, 2), (1, 3))
        ),
        encoding="utf-8",
    )
    source = open_source(path)
    try:
        (one,) = source.read(["a"])
        assert one.values == pytest.approx([1.0, np.nan, 5.0], nan_ok=True)
        assert one.notes == (
            "2 repeated times were merged",
            "1 times with contradicting values are taken as missing",
        )
    finally:
        source.close()


def test_series_of_other_orders_and_gaps_know_their_step() -> None:
    gap = LocationSeries.of("a", np.array([0, 3600, 10800, 14400]), np.arange(4.0))
    mixed = LocationSeries.of("a", np.array([7200, 0, 3600]), np.array([3.0, 1.0, 2.0]))
    odd = LocationSeries.of("a", np.array([0, 3600, 5000]), np.arange(3.0))
    single = LocationSeries.of("a", np.array([0]), np.array([np.inf]))
    assert (gap.step, mixed.step, odd.step, single.step) == (3600, 3600, None, None)
    assert list(mixed.values) == [1.0, 2.0, 3.0]
    assert mixed.notes == ("values were not in order of time and were sorted",)
    assert np.isnan(single.values).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "location,when,value,unit\na,2019-01-01,1,cfs\n",
            "several columns could be|no time column|no column of times",
        ),
        ("location,time,value,unit\na,yesterday,1,cfs\n", "cannot be read as a table"),
        ("location,time,value,unit\na,2019-01-01,plenty,cfs\n", "'plenty' is no number"),
        ("location,time,value,unit\na,2019-01-01,1,mm\n", "cannot be brought to"),
        ("location,time,value\na,2019-01-01,1\n", "the unit is not stated"),
        ("location,time,value,unit\n", "holds no row"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        open_source(path)


def test_nothing_is_left_of_a_table_that_was_closed_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_source(write_csv(tmp_path / "flow.csv")).close()
    bad = tmp_path / "bad.csv"
    bad.write_text("location,time,value\na,2019-01-01,1\n", encoding="utf-8")
    with pytest.raises(UnitError):
        open_source(bad)
    assert {path.name for path in tmp_path.iterdir()} == {"flow.csv", "bad.csv"}


def test_netcdf_that_is_none_or_holds_no_series_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nc"
    broken.write_bytes(b"not NetCDF")
    with pytest.raises(InputError, match="cannot be read as NetCDF"):
        open_source(broken)
    several = tmp_path / "several.nc"
    data = dict.fromkeys(("depth", "width"), (("place", "time"), VALUES))
    xarray.Dataset(data, {"time": TIMES.astype("datetime64[ns]")}).to_netcdf(several)
    with pytest.raises(InputError, match="several variables") as caught:
        open_source(several)
    assert "depth, width" in str(caught.value.hint)
    timeless = tmp_path / "timeless.nc"
    xarray.Dataset({"flow": (("place", "number"), VALUES)}).to_netcdf(timeless)
    with pytest.raises(InputError, match="has no dimension of time"):
        open_source(timeless)


def test_an_address_that_holds_nothing_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is nothing at"):
        open_source(tmp_path / "none")
    (tmp_path / "picture.png").write_bytes(b"")
    with pytest.raises(InputError, match="holds no series") as caught:
        open_source(tmp_path)
    assert "streamflow.nc" in str(caught.value.hint)
    with pytest.raises(InputError, match="no kind of source"):
        open_source(tmp_path, "sheet")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="holds no results of a run"):
        open_source(tmp_path, "run")


def test_units_that_differ_by_more_than_a_factor_are_refused() -> None:
    assert scale_of("cfs", SourceOptions(), "x") == pytest.approx(CUBIC_FEET)
    with pytest.raises(UnitError, match="more than a factor"):
        scale_of("degC", SourceOptions(unit="K"), "x")


def test_locations_pair_by_their_ids_or_without_what_stands_before_them(tmp_path: Path) -> None:
    observed = open_source(write_csv(tmp_path / "observed.csv"))
    text = write_csv(tmp_path / "simulated.csv").read_text(encoding="utf-8")
    (tmp_path / "simulated.csv").write_text(text.replace("0100000", "usgs-0100000"), encoding="utf-8")
    simulated = open_source(tmp_path / "simulated.csv")
    try:
        pairs = {gauge: f"usgs-{gauge}" for gauge in GAUGES}
        assert pair_locations(observed, simulated) == pairs
        assert pair_locations(observed, simulated, ["gage-01000002"]) == {"01000002": "usgs-01000002"}
        assert pair_locations(observed, simulated, {"01000001": "usgs-01000003"}) == {
            "01000001": "usgs-01000003"
        }
        with pytest.raises(InputError, match="does not hold 09999999"):
            pair_locations(observed, simulated, ["09999999"])
        renamed = called_as_observed(simulated, observed)
        (one,) = renamed.read(["01000002"])
        assert one.values == pytest.approx(VALUES[1])
        assert called_as_observed(observed, observed) is observed
    finally:
        observed.close()
        simulated.close()
