"""From a grid to the forcing of catchments: the same whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmod.services.derive_forcing as service
from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import TimeAxis
from dmod.errors import AlreadyExists, ConflictError, CoverageError, DmodError, InputError, StoreError
from dmod.forcing.gridded.grid import Grid
from dmod.services import forcing_request, forcing_weighed
from dmod.services.derive_forcing import derive_forcing, plan_forcing
from dmod.services.forcing_result import ForcingResult
from dmod.testing.fabrics import SOUTH, WEST, chain, write_fabric
from dmod.testing.grid_source import MemoryGridSource, fail_from, smooth_weather

HELD = TimeAxis(datetime(2019, 1, 1, tzinfo=UTC), 3600, 240)
PERIOD = HELD.window(5, 100)
ABOUT = Grid("EPSG:5070", WEST - 5_300.0, SOUTH - 5_300.0, 1_000.0, 1_000.0, 40, 12)
CATCHMENTS = 20


@dataclass
class Bench:
    """A fabric of squares, a store in memory, and a place to write to."""

    folder: Path
    fabric: Path
    source: MemoryGridSource

    @property
    def output(self) -> Path:
        return self.folder / "out" / "forcings.nc"

    @property
    def work(self) -> Path:
        return self.folder / "out" / ".forcings.nc.work"

    def derive(self, output: Path | None = None, **more: Any) -> ForcingResult:
        more = {
            "start": PERIOD.start,
            "end": PERIOD.end,
            "cache": self.folder / "cache",
            "block_hours": 24,
            **more,
        }
        return derive_forcing("memory", self.fabric, output or self.output, **more)

    def plan(self, **more: Any) -> service.ForcingPlan:
        more = {
            "start": PERIOD.start,
            "end": PERIOD.end,
            "cache": self.folder / "cache",
            "block_hours": 24,
            **more,
        }
        return plan_forcing("memory", self.fabric, **more)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path, write_fabric(tmp_path, chain(CATCHMENTS)), MemoryGridSource(ABOUT, HELD))
    monkeypatch.setattr(forcing_weighed, "open_grid_source", lambda *_args, **_more: made.source)
    return made


def values_of(path: Path) -> dict[str, np.ndarray]:
    import netCDF4

    with HDF5_LOCK, netCDF4.Dataset(path) as file:
        return {name: np.asarray(variable[:]) for name, variable in file.variables.items()}


def assert_same(a: Path, b: Path) -> None:
    first, second = values_of(a), values_of(b)
    assert list(first) == list(second)
    for name, values in first.items():
        same = (
            values.view(np.int32) == second[name].view(np.int32)
            if values.dtype == np.float32
            else values == second[name]
        )
        assert np.all(same), name


def holes(share: float = 1.0, first: int = 30, count: int = 4) -> Callable[..., Any]:
    """Return weather without values in a part of the first catchments' row, for some steps."""
    begin = float(PERIOD.epoch_seconds()[first])

    def field(column: str, x: Any, y: Any, seconds: Any) -> Any:
        values = smooth_weather(column, x, y, seconds)
        here = (x < WEST + 1_000.0 * share) & (y < 1e12)
        now = (seconds >= begin) & (seconds < begin + 3600 * count)
        return np.where(here & now & (column == "precip_rate"), np.nan, values)

    return field


def test_means_are_those_of_the_plane_at_the_centre(bench: Bench) -> None:
    bench.source = MemoryGridSource(
        ABOUT, HELD, lambda _c, x, y, s: (x - WEST) * 1e-3 + (y - SOUTH) * 1e-4 + s * 1e-9
    )
    bench.derive(method="linear", variables=["TMP_2maboveground"])
    values = values_of(bench.output)["TMP_2maboveground"]
    expected = (np.arange(CATCHMENTS) + 0.5)[:, None] + 0.05 + PERIOD.epoch_seconds() * 1e-9
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_output_is_what_the_framework_reads_with_a_report_beside_it(bench: Bench) -> None:
    result = bench.derive()
    values = values_of(bench.output)
    assert values["ids"].tolist() == [f"cat-{i + 1}" for i in range(CATCHMENTS)]
    assert np.array_equal(values["Time"][3], PERIOD.epoch_seconds())
    assert set(forcing_request.COLUMNS) < set(values)
    report = json.loads(result.report.read_text())
    assert {"forcings.nc", "forcings_report.json", "forcings_report.txt"} == {
        p.name for p in bench.output.parent.iterdir()
    }
    assert report["coverage"]["covered_minimum"] == 1.0
    assert report["gaps"]["means_with_missing_cells"] == 0
    assert all(each["relative_difference"] < 1e-12 for each in report["conservation"].values())
    assert report["variables"]["precip_rate"]["longest_gap_steps"] == 0
    assert bench.source.closed
    assert "precip_rate" in result.report_text.read_text()


@pytest.mark.parametrize(
    "choice",
    [{"workers": 1}, {"workers": 5}, {"block_hours": 7}, {"block_hours": 1000}],
    ids=str,
)
def test_values_are_the_same_for_any_workers_and_blocks(bench: Bench, choice: dict[str, int]) -> None:
    bench.derive()
    other = bench.folder / "other.nc"
    bench.derive(other, **choice)
    assert_same(bench.output, other)


def test_values_are_the_same_when_catchments_are_read_in_groups(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.derive()
    monkeypatch.setattr("dmod.forcing.gridded.derive.shape.MOST_BYTES", 24 * 4 * 2 * 9)
    result = bench.derive(bench.folder / "other.nc")
    assert result.facts["effort"]["tiles"] > 1
    assert_same(bench.output, bench.folder / "other.nc")


def test_derivation_goes_on_after_the_store_failed_without_reading_again(bench: Bench) -> None:
    whole = bench.folder / "whole.nc"
    bench.derive(whole, block_hours=10)
    everything = sorted(map(str, bench.source.reads))
    bench.source.reads.clear()
    bench.source.fails = fail_from(33, StoreError("the store does not answer", retryable=True))
    with pytest.raises(StoreError, match="33 of 96 blocks are done and kept in") as caught:
        bench.derive(block_hours=10)
    assert caught.value.retryable
    assert "the same command again" in (caught.value.hint or "")
    assert str(bench.work) in caught.value.message
    assert not bench.output.exists()
    bench.source.fails = lambda _: None
    result = bench.derive(block_hours=10)
    assert sorted(map(str, bench.source.reads)) == everything
    assert result.facts["effort"]["blocks_resumed"] == 33
    assert not bench.work.exists()
    assert_same(whole, bench.output)


def test_work_is_taken_up_with_the_blocks_it_was_begun_with(bench: Bench) -> None:
    bench.source.fails = fail_from(20, StoreError("no answer"))
    with pytest.raises(StoreError):
        bench.derive(block_hours=10)
    bench.source.fails = lambda _: None
    result = bench.derive(block_hours=50, workers=3)
    assert result.facts["effort"]["blocks_resumed"] == 20
    assert result.facts["effort"]["steps_of_a_block"] == 10


def test_failure_before_the_first_block_leaves_nothing(bench: Bench) -> None:
    bench.source.fails = fail_from(0, StoreError("no answer"))
    with pytest.raises(StoreError, match=r"^no answer$"):
        bench.derive()
    assert not bench.output.parent.exists()


def test_work_of_another_request_is_refused_and_fresh_discards_it(bench: Bench) -> None:
    bench.source.fails = fail_from(9, StoreError("no answer"))
    with pytest.raises(StoreError):
        bench.derive()
    bench.source.fails = lambda _: None
    with pytest.raises(
        ConflictError, match=r"another request .*end 2019-01-05 08:00:00.*not 2019-01-05 07:00:00"
    ) as caught:
        bench.derive(end=PERIOD.time(98))
    assert "--fresh" in (caught.value.hint or "")
    write_fabric(bench.folder, chain(CATCHMENTS - 1))
    with pytest.raises(ConflictError, match=r"request \(other shapes of the catchments\)"):
        bench.derive()
    write_fabric(bench.folder, chain(CATCHMENTS))
    assert bench.derive().facts["effort"]["blocks_resumed"] == 9
    bench.source.fails = fail_from(9, StoreError("no answer"))
    with pytest.raises(StoreError):
        bench.derive(overwrite=True)
    bench.source.fails = lambda _: None
    result = bench.derive(end=PERIOD.time(98), fresh=True, overwrite=True)
    assert result.facts["effort"]["blocks_resumed"] == 0


@pytest.mark.parametrize("harm", ["torn", "damaged", "gone", "short"])
def test_block_that_is_not_sound_any_more_is_derived_again(bench: Bench, harm: str) -> None:
    whole = bench.folder / "whole.nc"
    bench.derive(whole)
    bench.source.fails = fail_from(9, StoreError("no answer"))
    with pytest.raises(StoreError):
        bench.derive()
    victim = sorted((bench.work / "pieces").iterdir())[4]
    if harm == "torn":
        journal = bench.work / "journal.jsonl"
        journal.write_bytes(journal.read_bytes()[:-20])
    elif harm == "damaged":
        content = bytearray(victim.read_bytes())
        content[100] ^= 1
        victim.write_bytes(content)
    elif harm == "gone":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-4])
    bench.source.fails = lambda _: None
    assert bench.derive().facts["effort"]["blocks_resumed"] == 8
    assert_same(whole, bench.output)


def test_cell_without_a_value_is_refused_with_its_names(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    with pytest.raises(CoverageError) as caught:
        bench.derive()
    said = str(caught.value)
    for part in (
        "memory: precip_rate",
        "1 of 20 catchments",
        "cat-1",
        "2019-01-02 11:00:00",
        "row",
        "--missing renormalise",
        "--missing keep",
    ):
        assert part in said
    assert not bench.output.exists()


def test_means_of_the_rest_are_taken_where_that_is_asked_for(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    result = bench.derive(missing="renormalise")
    values = values_of(bench.output)["precip_rate"]
    assert np.isfinite(values).all()
    assert result.facts["gaps"]["means_with_missing_cells"] == 4
    assert result.facts["gaps"]["smallest_share_of_present_cells"] == pytest.approx(0.3)
    assert any("30 %" in warning for warning in result.warnings)


def test_mean_of_too_little_is_refused(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    with pytest.raises(CoverageError, match=r"30 % of cat-1.*row") as caught:
        bench.derive(missing="renormalise", least_share=0.8)
    assert "--least-share" in str(caught.value)
    bench.derive(missing="renormalise", least_share=0.2)


def test_catchment_without_any_value_has_no_mean_to_take(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(3.0))
    with pytest.raises(CoverageError, match=r"too little of 2 catchments.*cat-1, cat-2"):
        bench.derive(missing="renormalise")


def test_gaps_are_kept_and_reported_where_that_is_asked_for(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    result = bench.derive(missing="keep")
    values = values_of(bench.output)["precip_rate"]
    assert np.flatnonzero(np.isnan(values[0])).tolist() == [30, 31, 32, 33]
    assert np.isfinite(values[1:]).all()
    facts = result.facts["variables"]["precip_rate"]
    assert (facts["missing_values"], facts["longest_gap_steps"]) == (4, 4)
    assert facts["longest_gap"] == "cat-1 at 2019-01-02 11:00:00"


def test_blocks_without_gaps_serve_whatever_is_done_about_gaps(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    with pytest.raises(CoverageError, match="blocks are done and kept"):
        bench.derive(workers=1)
    before = len(bench.source.reads)
    result = bench.derive(missing="keep")
    resumed = result.facts["effort"]["blocks_resumed"]
    assert resumed > 0
    assert len(bench.source.reads) == before + 40 - resumed


def test_blocks_with_gaps_are_derived_again_when_something_else_is_done_about_them(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, holes(0.5))
    whole = bench.folder / "whole.nc"
    bench.derive(whole, missing="renormalise")
    bench.source.fails = fail_from(30, StoreError("no answer"))
    with pytest.raises(StoreError):
        bench.derive(missing="keep")
    bench.source.fails = lambda _: None
    bench.derive(missing="renormalise")
    assert_same(whole, bench.output)


def test_catchments_the_grid_misses_are_refused_with_their_shares(bench: Bench) -> None:
    short = replace(ABOUT, columns=22)
    bench.source = MemoryGridSource(short, HELD)
    with pytest.raises(CoverageError, match=r"nothing of 3 of 20 catchments: cat-18, cat-19, cat-20"):
        bench.derive(partial="renormalise")
    assert not bench.source.reads


def test_catchments_partly_outside_are_refused_or_renormalised(bench: Bench) -> None:
    bench.source = MemoryGridSource(replace(ABOUT, columns=25), HELD)
    with pytest.raises(CoverageError, match=r"1 of 20 catchments only in part: cat-20 \(70\.0 %\)") as caught:
        bench.derive()
    assert "--partial renormalise" in str(caught.value)
    with pytest.raises(CoverageError, match=r"less than 0\.8 of 1 catchments: cat-20"):
        bench.derive(partial="renormalise", least_share=0.8)
    assert not bench.source.reads
    result = bench.derive(partial="renormalise")
    assert result.facts["coverage"]["covered_in_part"] == {"cat-20": pytest.approx(0.7)}
    assert any("in part" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"end": HELD.time(240)}, "it holds 2019-01-01 00:00:00 to 2019-01-10 23:00:00"),
        ({"start": HELD.start.replace(year=2018)}, "--start"),
    ],
    ids=["end", "start"],
)
def test_period_beyond_the_store_is_refused_before_anything_is_read(
    bench: Bench, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(CoverageError) as caught:
        bench.derive(**change)
    assert says in str(caught.value)
    assert not bench.source.reads
    assert not bench.output.parent.exists()


def test_variables_the_store_lacks_are_named(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, columns=("precip_rate", "TMP_2maboveground"))
    with pytest.raises(
        CoverageError, match=r"no SPFH_2maboveground \(specific humidity\), PRES_surface"
    ) as caught:
        bench.derive()
    assert "--variables" in str(caught.value)
    result = bench.derive(variables=["TMP_2maboveground", "precip_rate"])
    assert result.columns == ("precip_rate", "TMP_2maboveground")
    assert list(result.facts["variables"]) == ["precip_rate", "TMP_2maboveground"]


def test_store_of_another_step_is_refused(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, TimeAxis(HELD.start, 10_800, 100))
    with pytest.raises(CoverageError, match="its step is 10800 s"):
        bench.derive()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"partial": "maybe"}, "one of error, renormalise"),
        ({"missing": "maybe"}, "one of error, renormalise, keep"),
        ({"method": "nearest"}, "one of area, linear"),
        ({"workers": -1}, "0 takes all cores"),
        ({"block_hours": 0}, "1 or more"),
        ({"least_share": 1.5}, "from 0 to 1"),
        ({"variables": ["APCP_surface"]}, "APCP_surface"),
        ({"variables": []}, "none is named"),
        ({"end": HELD.start}, "ends (2019-01-01 00:00:00) before it starts"),
        ({"start": PERIOD.start.replace(minute=30)}, "full hour"),
    ],
    ids=str,
)
def test_impossible_choice_is_refused_and_nothing_is_written(
    bench: Bench, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        bench.derive(**change)
    assert says in str(caught.value)
    assert not bench.output.parent.exists()


def test_output_that_is_there_is_not_replaced_unless_asked(bench: Bench) -> None:
    bench.derive(variables=["precip_rate"])
    before = bench.output.read_bytes()
    with pytest.raises(AlreadyExists, match="--overwrite"):
        bench.derive()
    assert bench.output.read_bytes() == before
    bench.derive(overwrite=True)
    assert len(values_of(bench.output)) == 10


@pytest.mark.parametrize(
    ("name", "csv"), [("forcings", False), ("forcings.csv", False), ("there", False), ("file", True)]
)
def test_output_that_does_not_fit_its_kind_is_refused(bench: Bench, name: str, csv: bool) -> None:
    (bench.folder / "there").mkdir()
    (bench.folder / "file").write_text("x")
    with pytest.raises(InputError):
        bench.derive(bench.folder / name, csv=csv)
    assert not bench.source.reads


def test_csv_holds_the_same_and_other_files_are_left_alone(bench: Bench) -> None:
    from dmod.forcing.opening import open_forcing

    bench.derive()
    folder = bench.folder / "csv"
    result = bench.derive(folder, csv=True)
    assert result.report == folder / "csv_report.json"
    ids = [f"cat-{i + 1}" for i in range(CATCHMENTS)]
    sources = (
        open_forcing("NetCDF", bench.output, None, ids),
        open_forcing("CsvPerFeature", folder, ".*{{id}}.csv", ids),
    )
    read = [s.read(ids, [("PRES_surface", "Pa")], PERIOD) for s in sources]
    np.testing.assert_allclose(read[0]["PRES_surface"], read[1]["PRES_surface"], rtol=1e-8)
    with pytest.raises(AlreadyExists, match="--overwrite"):
        bench.derive(folder, csv=True)
    bench.derive(folder, csv=True, overwrite=True)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match=r"notes\.txt"):
        bench.derive(folder, csv=True, overwrite=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert not [path for path in bench.folder.iterdir() if path.name.startswith(".")]


def test_winds_along_the_axes_are_turned_and_both_are_derived_together(bench: Bench) -> None:
    def field(column: str, x: Any, y: Any, seconds: Any) -> Any:
        return np.where(column == "UGRD_10maboveground", 10.0, 0.0) + 0.0 * (x + y + seconds)

    bench.source = MemoryGridSource(ABOUT, HELD, field, wind=True)
    result = bench.derive(variables=["VGRD_10maboveground"])
    values = values_of(bench.output)
    assert "UGRD_10maboveground" not in values
    # EPSG:5070 at 15.8° west of its central meridian, cone 0.603: the grid's y axis points 9.5° west of north
    np.testing.assert_allclose(values["VGRD_10maboveground"], 10 * np.sin(np.radians(9.5)), rtol=0.03)
    assert result.facts["source"]["variables"]["VGRD_10maboveground"]["turned_to_east_and_north"]


def test_impossible_values_are_reported(bench: Bench) -> None:
    bench.source = MemoryGridSource(ABOUT, HELD, lambda _c, x, y, s: 12.0 + 0.0 * (x + y + s))
    result = bench.derive(variables=["TMP_2maboveground"])
    (warning,) = result.warnings
    assert "TMP_2maboveground: 2000 values are outside 170 to 340 K" in warning
    assert "12 K in cat-1 at 2019-01-01 05:00:00" in warning


def test_disk_that_is_too_small_is_noticed_before_anything_is_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dmod.core.atomic._free_bytes", lambda _: 50_000)
    with pytest.raises(StoreError, match="no space left"):
        bench.derive()
    assert not bench.source.reads
    assert not bench.output.parent.exists()


def test_disk_that_fills_up_half_way_leaves_work_to_go_on_with(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dmod.forcing.gridded.derive.journal import Journal

    add, count = Journal.add, 0

    def full(self: Journal, name: str, facts: Any) -> None:
        nonlocal count
        count += 1
        if count > 12:
            raise StoreError("no space left", retryable=True)
        add(self, name, facts)

    monkeypatch.setattr(Journal, "add", full)
    with pytest.raises(StoreError, match="12 of 40 blocks are done"):
        bench.derive()
    assert not bench.output.exists()
    monkeypatch.setattr(Journal, "add", add)
    assert bench.derive().facts["effort"]["blocks_resumed"] == 12


def test_output_that_cannot_be_written_keeps_the_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from dmod.forcing.write import NetcdfForcingWriter

    def full(*_args: Any) -> None:
        raise StoreError("no space left", retryable=True)

    write = NetcdfForcingWriter.write
    monkeypatch.setattr(NetcdfForcingWriter, "write", full)
    with pytest.raises(StoreError, match="40 of 40 blocks are done"):
        bench.derive()
    assert [path.name for path in bench.output.parent.iterdir()] == [".forcings.nc.work"]
    monkeypatch.setattr(NetcdfForcingWriter, "write", write)
    bench.source.reads.clear()
    bench.derive()
    assert not bench.source.reads


def test_two_processes_do_not_derive_the_same_output(bench: Bench) -> None:
    from dmod.core.holding import held

    with held(bench.work, "waits"), pytest.raises(ConflictError, match="another process"):
        bench.derive()


def test_plan_says_what_it_takes_and_writes_nothing(bench: Bench) -> None:
    plan = bench.plan(output=bench.output)
    assert (plan.catchments, plan.axis.count, plan.blocks) == (CATCHMENTS, 100, 40)
    assert plan.area_km2 == pytest.approx(CATCHMENTS)
    assert plan.bytes_to_read is not None
    assert plan.bytes_to_read > 0
    assert not plan.weights_kept
    assert plan.free
    assert plan.free > plan.disk_output
    assert not bench.output.parent.exists()
    assert not bench.source.reads
    assert bench.plan().weights_kept
    assert json.loads(json.dumps(plan.summary()))["catchments"] == CATCHMENTS
    assert "20.0 km²" in plan.as_text()


def test_plan_lists_what_forbids_it(bench: Bench) -> None:
    bench.source = MemoryGridSource(replace(ABOUT, columns=25), HELD, columns=("precip_rate",))
    plan = bench.plan(end=HELD.time(400))
    assert [problem.code for problem in plan.problems] == ["grid-period", "grid-variable", "grid-partly"]
    assert not plan.ok
    assert plan.bytes_to_read is None
    assert "cat-20" in plan.as_text()


def test_progress_tells_blocks_and_their_share(bench: Bench) -> None:
    told: list[tuple[str, float]] = []
    bench.derive(progress=lambda text, share: told.append((text, share)))
    blocks = [(text, share) for text, share in told if text.startswith("block ")]
    assert blocks[0][1] == 0.0
    assert blocks[-1][0].startswith("block 40 of 40, ")
    assert blocks[-1][1] == 1.0


def test_error_of_any_kind_says_what_is_kept(bench: Bench) -> None:
    bench.source.fails = fail_from(5, InputError("what has accumulated falls", hint="say how"))
    with pytest.raises(DmodError) as caught:
        bench.derive()
    assert isinstance(caught.value, InputError)
    assert str(caught.value).startswith("what has accumulated falls; 5 of 40 blocks")
    assert "say how; give the same command again" in str(caught.value)


def test_work_in_another_folder_leaves_what_else_is_there(bench: Bench) -> None:
    base = bench.folder / "base"
    base.mkdir()
    (base / "mine").write_text("mine")
    bench.source.fails = fail_from(5, StoreError("no answer"))
    with pytest.raises(StoreError, match=str(base)):
        bench.derive(work=base)
    assert not bench.output.parent.exists()
    bench.source.fails = lambda _: None
    assert bench.derive(work=base, fresh=True).facts["effort"]["blocks_resumed"] == 0
    assert [path.name for path in base.iterdir()] == ["mine"]


def test_chunks_the_store_lacks_are_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not bench.derive().warnings
    monkeypatch.setattr(MemoryGridSource, "missing_chunks", 3)
    (warning,) = bench.derive(overwrite=True).warnings
    assert "the store lacks 3 chunks or more" in warning


def test_debris_of_a_killed_process_is_swept_and_what_it_had_moved_is_put_back(bench: Bench) -> None:
    folder = bench.folder / "csv"
    bench.derive(folder, csv=True)
    dead = 2**22 + 7  # above the largest process id
    folder.replace(bench.folder / f".csv.earlier.{dead}.partial")
    (bench.folder / f".csv.{dead}.partial").mkdir()
    with pytest.raises(AlreadyExists):
        bench.derive(folder, csv=True)
    assert (folder / "cat-1.csv").is_file()
    assert not [path for path in bench.folder.iterdir() if path.name.startswith(".")]


def test_time_without_a_zone_is_refused_and_another_zone_is_converted(bench: Bench) -> None:
    from datetime import timedelta, timezone

    with pytest.raises(InputError, match="no time zone"):
        bench.derive(start=PERIOD.start.replace(tzinfo=None))
    east = timezone(timedelta(hours=5, minutes=30))
    result = bench.derive(start=PERIOD.start.astimezone(east), end=PERIOD.end.astimezone(east))
    assert result.axis == PERIOD


def test_output_below_a_file_is_refused(bench: Bench) -> None:
    (bench.folder / "file").write_text("mine")
    with pytest.raises(StoreError, match="a file stands where a folder is due"):
        bench.derive(bench.folder / "file" / "forcings.nc")
    assert (bench.folder / "file").read_text() == "mine"
