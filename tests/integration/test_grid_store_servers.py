"""Gridded forcing behind real servers on the loopback: one of S3, and one of the web that can fail."""

import threading
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import CoverageError, InputError, NotFoundError, StoreError
from dmod.forcing.gridded.example_stores import (
    write_aorc_store,
    write_cf_store,
    write_nwm_netcdf_store,
    write_nwm_zarr_store,
)
from dmod.forcing.gridded.opening import open_grid_source

BOUNDS = (-111.9, 41.6, -111.7, 41.8)
PERIOD = TimeAxis(parse_time("2019-12-31 18:00"), 3600, 12)
COLUMNS = ("precip_rate", "TMP_2maboveground")
WARMTH = "TMP_2maboveground"


def field(column, x, y, step):
    return (1e-4 if column == "precip_rate" else 280.0) + 1e-5 * step + 0 * x


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    root = tmp_path_factory.mktemp("stores")
    more = {"columns": COLUMNS, "packed": False}
    write_aorc_store(root / "aorc", BOUNDS, PERIOD, field, chunks=(3, 32, 32), **more)
    write_nwm_zarr_store(root / "nwm", BOUNDS, PERIOD, field, **more)
    write_nwm_netcdf_store(root / "hourly", BOUNDS, PERIOD, field, **more)
    lon, lat = np.linspace(-112, -111, 5), np.linspace(41, 42, 5)
    write_cf_store(root / "cf" / "cf.nc", lon, lat, PERIOD, field, columns=COLUMNS)
    return root


def check(source):
    """Read everything, as it was written."""
    for column in COLUMNS:
        values = source.read(column, source.grid.whole, PERIOD)
        expected = [float(np.mean(field(column, 0.0, 0.0, step))) for step in range(PERIOD.count)]
        np.testing.assert_allclose(values[:, 1, 1], expected, rtol=1e-6)
    source.close()


class Failing(SimpleHTTPRequestHandler):
    """A folder's files; what is wrong with some of them is told by the server's `faults`."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        fault = next((what for part, what in server.faults.items() if part in self.path), "")
        if fault == "503 twice" and server.asked.count(self.path) <= 2:
            self.send_error(503)
        elif fault.isdigit():
            self.send_error(int(fault))
        elif fault == "silence":
            server.closing.wait(20)
        elif fault == "breaks off":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b"x" * 100)
        else:
            super().do_GET()


@pytest.fixture
def web(stores):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Failing, directory=str(stores))) as server:
        server.faults, server.asked, server.closing = {}, [], threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


QUICK = {"retries": "2", "timeout": "0.4"}


@pytest.mark.parametrize(
    ("path", "layout"),
    [("aorc", "auto"), ("nwm", "auto"), ("hourly", "nwm"), ("cf/cf.nc", "auto"), ("nwm/t2d.zarr", "auto")],
)
def test_web_server_store_is_read_in_every_layout(web, path, layout):
    source = open_grid_source(f"{web.url}/{path}", PERIOD, layout=layout, columns=None)
    if path == "nwm/t2d.zarr":
        assert set(source.variables) == {WARMTH}
    else:
        check(source)


def test_web_server_without_names_needs_a_layout_or_a_period(web):
    with pytest.raises(InputError, match="does not say what it has"):
        open_grid_source(f"{web.url}/cf", PERIOD)
    with pytest.raises(InputError, match="which years"):
        open_grid_source(f"{web.url}/aorc")


def test_web_server_that_is_busy_twice_is_asked_again(web):
    web.faults["TMP_2maboveground/0.0.0"] = "503 twice"
    check(open_grid_source(f"{web.url}/aorc", PERIOD))
    assert web.asked.count("/aorc/2019.zarr/TMP_2maboveground/0.0.0") == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("503", "503"), ("silence", "in time"), ("breaks off", "broke off"), ("500", "500")],
)
def test_web_server_that_fails_is_a_retryable_error_that_names_the_object(web, fault, reason):
    source = open_grid_source(f"{web.url}/aorc", PERIOD, options=QUICK)
    web.faults["2020.zarr/TMP_2maboveground/0.0.0"] = fault
    with pytest.raises(StoreError, match=r"2020\.zarr/TMP_2maboveground/0\.0\.0") as error:
        source.read(WARMTH, source.grid.whole, PERIOD)
    assert error.value.retryable
    assert reason in error.value.message
    assert "run the same command again" in error.value.hint
    web.faults.clear()
    check(source)


def test_web_server_that_denies_is_an_error_that_is_not_retryable(web):
    source = open_grid_source(f"{web.url}/aorc", PERIOD, options=QUICK)
    web.faults["PRES_surface"] = web.faults[WARMTH] = "403"
    with pytest.raises(StoreError, match="access is denied") as error:
        source.read(WARMTH, source.grid.whole, PERIOD)
    assert not error.value.retryable


def test_chunk_that_does_not_exist_is_missing_but_one_that_cannot_be_had_is_an_error(web):
    source = open_grid_source(f"{web.url}/aorc", PERIOD, options=QUICK)
    web.faults["2020.zarr/TMP_2maboveground/0.0.0"] = "404"
    values = source.read(WARMTH, source.grid.whole, PERIOD)
    assert np.isnan(values).any()
    assert np.isfinite(values).any()
    assert source.missing_chunks == 1


def test_netcdf_object_that_breaks_off_leaves_no_file(web, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    web.faults["2019123120"] = "breaks off"
    source = open_grid_source(f"{web.url}/hourly", PERIOD, layout="nwm", options=QUICK)
    with pytest.raises(StoreError, match="2019123120") as error:
        source.read(WARMTH, source.grid.whole, PERIOD)
    assert error.value.retryable
    web.faults.clear()
    check(source)
    assert list(tmp_path.iterdir()) == []


def test_fetched_files_stay_within_their_limit(web, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    options = {"cache_bytes": "60000"}
    source = open_grid_source(f"{web.url}/hourly", PERIOD, layout="nwm", options=options)
    source.read(WARMTH, source.grid.whole, PERIOD)
    assert 0 < sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) <= 60000
    source.close()


def test_server_that_stops_half_way_is_an_error_within_seconds(stores):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Failing, directory=str(stores)))
    server.faults, server.asked, server.closing = {}, [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/aorc"
    try:
        source = open_grid_source(url, PERIOD, options=QUICK)
        source.read(WARMTH, source.grid.whole, PERIOD.window(0, 3))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(StoreError, match=r"2019\.zarr|2020\.zarr") as error:
        source.read(WARMTH, source.grid.whole, PERIOD)
    assert error.value.retryable
    with pytest.raises(StoreError, match="cannot be read") as error:
        open_grid_source(url, PERIOD, options=QUICK)
    assert "refused" in error.value.message or "cut" in error.value.message


@pytest.fixture(scope="module")
def bucket(stores):
    """An S3 server whose bucket ``weather`` is public, except for one object."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    put(f"{address}/weather", b"")
    for path in stores.rglob("*"):
        if path.is_file():
            put(f"{address}/weather/{path.relative_to(stores)}", path.read_bytes())
    put(f"{address}/weather/secret.zarr/.zgroup", b"{}", acl="private")
    yield address
    server.stop()


def put(url, content, acl="public-read"):
    headers = {"x-amz-acl": acl, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, content, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["aorc", "nwm", "hourly", "cf", "cf/*.nc"])
def test_bucket_is_read_without_credentials_in_every_layout(bucket, path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket)
    source = open_grid_source(f"s3://weather/{path}", PERIOD)
    assert source.bytes_to_read(COLUMNS, source.grid.whole, PERIOD) > 0
    check(source)


def test_bucket_tells_its_years(bucket):
    options = {"endpoint": bucket}
    assert open_grid_source("s3://weather/aorc", options=options).period == PERIOD
    period = TimeAxis(parse_time("2021-01-01"), 3600, 2)
    with pytest.raises(CoverageError, match=r"2021\.zarr") as error:
        open_grid_source("s3://weather/aorc", period, options=options)
    assert "2019–2020" in error.value.hint


@pytest.mark.parametrize(
    ("location", "error", "message"),
    [
        ("s3://wether/aorc", NotFoundError, "no such bucket"),
        ("s3://weather/arc", NotFoundError, "no gridded forcing"),
        ("s3://weather/none.zarr", NotFoundError, "no Zarr store"),
        ("s3://weather/secret.zarr", StoreError, "access is denied"),
        ("s3://weather/cf/none.nc", NotFoundError, "does not exist"),
        ("s3://weather/cf/*.grib", NotFoundError, "fits no file"),
        ("s3:///aorc", InputError, "names no bucket"),
    ],
)
def test_bucket_what_is_not_there_is_said_at_once(bucket, location, error, message):
    with pytest.raises(error, match=message) as raised:
        open_grid_source(location, PERIOD, options={"endpoint": bucket})
    assert not raised.value.retryable


def test_nobody_there_is_a_retryable_error():
    with pytest.raises(StoreError, match="the connection was refused") as error:
        open_grid_source("s3://weather/aorc", PERIOD, options=QUICK | {"endpoint": "http://127.0.0.1:9"})
    assert error.value.retryable
