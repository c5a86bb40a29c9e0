"""A place of a run scored against observations: as a run scores itself, and why it cannot be scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, DmodError, InputError, NotFoundError, UnitError
from dmod.evaluation.align import align
from dmod.evaluation.observed import read_observed
from dmod.evaluation.score import score
from dmod.output.routed import RoutedNetcdf
from dmod.services.views.opening import open_view
from dmod.services.views.scoring import score_place
from dmod.services.views.view import DatasetView

HOURS = 48
START = np.datetime64("2015-10-01T00:00", "s")
RESULT = {"outlet": "nex-3", "gauge": "01000001", "outlet_flowpaths": ["wb-2"], "routing": "Muskingum-Cunge"}
FLOW = 5.0 + np.sin(np.arange(HOURS) / 5.0)


def written_run(folder: Path, result: dict[str, Any] = RESULT, **record: Any) -> DatasetView:
    axis = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, HOURS)
    speed = np.full((2, HOURS), 0.5)
    with RoutedNetcdf.open(folder / "streamflow.nc", ["wb-1", "wb-2"], axis) as sink:
        sink.write(0, np.vstack((0.5 * FLOW, FLOW)), speed, speed)
    (folder / "metadata").mkdir()
    (folder / "metadata/run.json").write_text(json.dumps({"result": result, **record}), encoding="utf-8")
    rows = "".join(f"{time},{flow!r}\n" for time, flow in zip(stamps(1), FLOW.tolist(), strict=True))
    (folder / "hydrograph.csv").write_text(f"time,simulated[m3 s-1]\n{rows}", encoding="utf-8")
    return open_view(SimpleNamespace(category=Category.OUTPUT, reference="run@1"), folder)


def stamps(later: int = 0) -> list[str]:
    return [f"{START + 3600 * (hour + later)}".replace("T", " ") for hour in range(HOURS)]


def written_gauge(
    folder: Path,
    name: str = "01000001",
    *,
    unit: str = "[m3/s]",
    begin: int = 0,
    gauges: tuple[str, ...] = (),
) -> DatasetView:
    folder.mkdir(exist_ok=True)
    values = 5.2 + np.sin(np.arange(HOURS) / 5.0 + 0.2)
    rows = "".join(f"{time}Z,{value!r}\n" for time, value in zip(stamps(begin), values.tolist(), strict=True))
    (folder / f"{name}.csv").write_text(f"time,flow{unit}\n{rows}", encoding="utf-8")
    held = {**discrete(DomainIndex.VARIABLE, ["streamflow"]), **discrete(DomainIndex.GAGE_ID, gauges)}
    domain = Domain(FORMATS["OBSERVATION_CSV"], held)
    return open_view(
        SimpleNamespace(category=Category.OBSERVATION, reference="gauge@1", domain=domain), folder
    )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[DatasetView]:
    with closing(written_run(tmp_path / "run")) as view:
        yield view


def test_outlet_scores_as_the_run_scores_itself(run: DatasetView, tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge")
    found = score_place(run, gauge)
    series = read_observed(tmp_path / "gauge/01000001.csv")
    times = START + 3600 * (1 + np.arange(HOURS)).astype("timedelta64[s]")
    wanted = score(align(times, FLOW, 3600, series))
    assert (found.layer, found.place, found.variable, found.gauge) == (
        "basin", "nex-3", "simulated", "01000001",
    )  # fmt: skip
    assert found.scores.values == wanted.values
    assert len(found.pairs) == wanted.count == HOURS - 1
    assert "1 of 48 intervals have no complete observation and are left out" in found.notes
    assert found.scores["kge"] < 1.0


def test_river_that_is_summed_without_delay_is_compared_a_step_earlier(tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge")
    for name, routing, first in (("a", "Muskingum-Cunge", 1), ("b", "summed downstream without delay", 0)):
        with closing(written_run(tmp_path / name, {**RESULT, "routing": routing})) as view:
            pairs = score_place(view, gauge, layer="rivers", place="wb-2").pairs
            assert pairs.times[0] == START + np.timedelta64(3600 * first, "s")


def test_period_is_cut_on_both_sides(run: DatasetView, tmp_path: Path) -> None:
    first = int(START.astype(np.int64)) + 6 * 3600
    gauge = written_gauge(tmp_path / "gauge")
    found = score_place(run, gauge, period=(first, first + 9 * 3600))
    assert (len(found.pairs), found.pairs.times[0]) == (10, np.datetime64(first, "s"))
    with pytest.raises(CoverageError, match="no step in the period"):
        score_place(run, gauge, period=(0, 10))


def test_periods_that_do_not_meet_are_both_told(run: DatasetView, tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge", begin=1000)
    with pytest.raises(CoverageError, match="share no complete interval") as caught:
        score_place(run, gauge)
    said = caught.value.message
    assert "simulated 2015-10-01 01:00:00 to 2015-10-03 01:00:00" in said
    assert "observed 2015-11-11 16:00:00" in said
    assert "gauge@1/01000001.csv" in said
    assert str(tmp_path) not in said


def test_what_is_no_flow_is_not_compared(run: DatasetView, tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge")
    with pytest.raises(UnitError, match=r"velocity of rivers is no flow.* its unit is m s-1"):
        score_place(run, gauge, layer="rivers", place="wb-2", variable="velocity")


def test_observations_without_a_unit_are_told_by_their_dataset(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match=r"gauge@1/01000001\.csv: the unit of column 'flow'") as caught:
        written_gauge(tmp_path / "gauge", unit="")
    assert "flow[ft3/s]" in str(caught.value.hint)


def test_gauge_is_that_of_the_dataset_or_of_the_outlet_or_named(run: DatasetView, tmp_path: Path) -> None:
    one = written_gauge(tmp_path / "one", "flow2015", gauges=("USGS-01000001",))
    assert score_place(run, one).gauge == "USGS-01000001"
    written_gauge(tmp_path / "many", "01000009")
    many = written_gauge(tmp_path / "many", "01000001")
    assert score_place(run, many).gauge == "01000001"
    assert score_place(run, many, gauge="usgs-01000009").gauge == "01000009"
    with pytest.raises(NotFoundError, match="no gauge '3'"):
        score_place(run, many, gauge="3")


def test_what_is_not_said_is_asked_for(tmp_path: Path) -> None:
    written_gauge(tmp_path / "many", "01000008")
    many = written_gauge(tmp_path / "many", "01000009")
    with closing(written_run(tmp_path / "run")) as view:
        wrong: list[tuple[DatasetView, dict[str, str], type[DmodError], str]] = [
            (many, {}, InputError, "which of 2 gauges"),
            (many, {"layer": "rivers"}, InputError, "which of 2 places of rivers"),
            (view, {}, InputError, "holds no observations"),
        ]
        for observed, asked, kind, words in wrong:
            with pytest.raises(kind, match=words):
                score_place(view, observed, **asked)


def test_what_makes_scores_differ_is_told(tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge")
    with closing(written_run(tmp_path / "run", options={"warm_up": "6:00:00"})) as view:
        assert (
            "the run's own scores leave out a warm-up of 6:00:00, which counts here"
            in score_place(view, gauge).notes
        )
        begun = int(START.astype(np.int64)) + 6 * 3600
        assert not any("warm-up" in note for note in score_place(view, gauge, period=(begun, None)).notes)
        elsewhere = score_place(view, gauge, layer="rivers", place="wb-1").notes
        assert "gauge 01000001 stands at the run's outlet nex-3, not at wb-1" in elsewhere
        other = score_place(view, written_gauge(tmp_path / "other", "01000009")).notes
        words = "gauge 01000001 stands at the run's outlet nex-3; these observations are of 01000009"
        assert words in other


def test_flow_in_another_unit_is_brought_to_that_of_the_gauge(run: DatasetView, tmp_path: Path) -> None:
    gauge = written_gauge(tmp_path / "gauge")
    basin = run.layers["basin"]
    feet = replace(
        basin,
        units={"simulated": "ft3 s-1"},
        read=lambda *asked: {name: values / 0.3048**3 for name, values in basin.read(*asked).items()},
    )
    view = DatasetView({"basin": feet}, run.summary)
    assert score_place(view, gauge).scores["rmse"] == pytest.approx(score_place(run, gauge).scores["rmse"])


def test_agencys_table_of_several_gauges_is_scored_beside_what_goes_along(
    run: DatasetView, tmp_path: Path
) -> None:
    head = "agency_cd\tsite_no\tdatetime\ttz_cd\t1_00060\t1_00060_cd\n5s\t15s\t20d\t6s\t14n\t10s\n"
    rows = "".join(
        f"USGS\t{gauge}\t{time[:16]}\tUTC\t{value}\tA\n"
        for gauge, value in (("01000001", 180.0), ("01000002", 190.0))
        for time in stamps()
    )
    folder = tmp_path / "agency"
    folder.mkdir()
    (folder / "flow.rdb").write_text("# retrieved\n" + head + rows, encoding="utf-8")
    (folder / "flow.json").write_text(
        '{"site": "01000001", "table": "flow.csv", "sha256": "0"}', encoding="utf-8"
    )
    domain = Domain(FORMATS["OBSERVATION_CSV"], discrete(DomainIndex.VARIABLE, ["streamflow"]))
    dataset = SimpleNamespace(category=Category.OBSERVATION, reference="agency@1", domain=domain)
    view = open_view(dataset, folder)
    assert list(view.layers["gauges"].index) == ["01000001", "01000002"]
    found = score_place(run, view)
    assert found.gauge == "01000001"
    assert found.pairs.observed[0] == pytest.approx(180.0 * 0.3048**3)
