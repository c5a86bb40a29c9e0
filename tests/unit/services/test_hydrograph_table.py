"""The table of a run's hydrograph: what is in it, and that it is read as it was written."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

import dmod
from dmod.cli.summary import result_text
from dmod.errors import InputError
from dmod.services.hydrograph_table import FILE, HydrographTable, read_hydrograph, write_hydrograph


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hydrograph") / "package"
    return dmod.make_example(folder, catchments=4, years=0.03, seed=5).path


@pytest.fixture(scope="module")
def gauge(package: Path) -> Path:
    return next((package / "observed").glob("*.csv"))


def run(package: Path, output: Path, **options: object) -> dmod.RunResult:
    return dmod.run(package, output=output, **{"report": False, "workers": 1, **options})


def test_routed_flow_stands_at_the_end_of_its_step_and_rain_at_the_start(
    package: Path, gauge: Path, tmp_path: Path
) -> None:
    result = run(package, tmp_path / "out", observed=gauge)
    table = read_hydrograph(result.folder / FILE)
    count, hydrograph = result.plan.axis.count, result.hydrograph
    assert list(table.columns) == ["simulated", "observed", "rain"]
    assert table.seconds.tolist() == [
        *result.plan.axis.epoch_seconds(),
        result.plan.axis.epoch_seconds()[-1] + 3600,
    ]
    assert np.isnan(table.columns["simulated"][0])
    assert np.isnan(table.columns["rain"][-1])
    np.testing.assert_allclose(table.columns["simulated"][1:], hydrograph.simulated, rtol=1e-8)
    np.testing.assert_allclose(table.columns["rain"][:-1], hydrograph.rain, rtol=1e-8)
    assert table.columns["rain"][:-1].max() > 0
    assert hydrograph.pairs is not None
    known = np.isfinite(table.columns["observed"])
    assert table.seconds[known].tolist() == hydrograph.pairs.times.astype(np.int64).tolist()
    np.testing.assert_allclose(table.columns["observed"][known], hydrograph.pairs.observed, rtol=1e-8)
    assert len(table.seconds) == count + 1


def test_run_without_routing_or_observations_has_one_row_a_step(package: Path, tmp_path: Path) -> None:
    result = run(package, tmp_path / "out", route=False, csv=True)
    lines = (result.folder / FILE).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "time,simulated[m3 s-1],rain[mm h-1]"
    assert len(lines) == 1 + result.plan.axis.count
    assert lines[1].startswith("2015-10-01 00:00:00,")
    assert all(lines[1].split(","))


@pytest.mark.parametrize("routed", [True, False])
def test_report_and_terminal_have_the_stamps_of_the_table(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, routed: bool
) -> None:
    result = run(package, tmp_path / "out", route=routed, report=True)
    table = read_hydrograph(result.folder / FILE)
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[1])
    for name in ("simulated", "rain"):
        values = np.frombuffer(base64.b64decode(data[name]["values"]), dtype="<f4")
        stamps = data[name]["start"] + data[name]["step"] * np.arange(len(values))
        known = np.isfinite(table.columns[name])
        assert stamps.tolist() == table.seconds[known].tolist(), name
        np.testing.assert_allclose(values, table.columns[name][known], rtol=1e-6)
    assert (data["simulated"]["start"] - data["rain"]["start"]) == (3600 if routed else 0)
    assert "2015-10-01 00:00 to " in page
    drawn: dict[str, np.ndarray] = {}

    def render(times: np.ndarray, simulated: np.ndarray, *_: object, rain: np.ndarray, style: str) -> str:
        drawn.update(time=times.astype(np.int64), simulated=simulated, rain=rain)
        return style

    monkeypatch.setattr("dmod.evaluation.report.terminal.render_terminal", render)
    assert "plain" in result_text(result, width=80, colour=False)
    assert drawn["time"].tolist() == table.seconds.tolist()
    for name in ("simulated", "rain"):
        np.testing.assert_allclose(drawn[name], table.columns[name], rtol=1e-8)


def test_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    seconds = np.array([0, 3600, 7200, 100_000])
    columns = {
        "simulated": np.array([np.nan, 1 / 3, 1e-12, 123456789.4]),
        "rain": np.array([0.0, -0.0, 2.5, np.nan]),
    }
    write_hydrograph(tmp_path / FILE, HydrographTable(seconds, columns))
    assert (tmp_path / FILE).read_text(encoding="utf-8").splitlines()[:2] == [
        "time,simulated[m3 s-1],rain[mm h-1]",
        "1970-01-01 00:00:00,,0",
    ]
    found = read_hydrograph(tmp_path / FILE)
    assert found.seconds.tolist() == seconds.tolist()
    for name, values in columns.items():
        np.testing.assert_allclose(found.columns[name], values, rtol=1e-8)


@pytest.mark.parametrize(
    "text",
    ["", "time,flow\n2015-10-01,1\n", "when,simulated\n", "time,simulated\n2015-10-02,1\n2015-10-01,1\n",
     "time,simulated\nyesterday,1\n", "time,rain\n2015-10-01,wet\n"],
)  # fmt: skip
def test_other_table_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"hydrograph\.csv is not the hydrograph of a run"):
        read_hydrograph(tmp_path / FILE)
