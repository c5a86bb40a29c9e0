from __future__ import annotations

import csv
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.services.comparison import compare as compare_module
from dmod.services.comparison.compare import compare
from dmod.services.comparison.deviation import Tolerance
from dmod.services.comparison.tables import write_tables
from dmod.services.comparison.terminal import comparison_text

MakeRun = Callable[..., Path]
A = {"Q_OUT": [[1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 1.0, 0.0]], "ET": [[0.5] * 4, [0.25] * 4]}
B = {"Q_OUT": [[1.0, 4.0, 3.0, 5.0], [0.0, 0.0, 1.0, 0.0]], "ET": [[0.5] * 4, [0.25] * 4]}


def test_compare_computed_by_hand(make_run: MakeRun) -> None:
    found = compare([make_run("a", A), make_run("b", B)])

    runoff = found["b"].variable("Q_OUT")
    assert runoff is not None
    worst = runoff.worst(1)[0]
    assert (worst.id, worst.largest, worst.bias, worst.beyond) == ("cat-1", 2.0, 0.25, 2)
    assert worst.when == datetime(2015, 12, 1, 1, tzinfo=UTC)
    assert worst.nse == pytest.approx(1.0 - 5.0 / 14.0)
    assert runoff.differing == 1
    other = found["b"].variable("ET")
    assert other is not None
    assert other.identical
    assert [variable.variable for variable in found["b"].variables] == ["Q_OUT", "ET"]
    assert not found.identical
    assert not found.is_same()


def test_compare_of_equal_runs_is_identical_and_the_same(make_run: MakeRun) -> None:
    found = compare([make_run("a", A), make_run("b", A), make_run("c", A)])
    assert found.identical
    assert found.is_same()
    assert [deviation.name for deviation in found.deviations] == ["b", "c"]


def test_compare_matches_catchments_by_id_whatever_their_order(make_run: MakeRun) -> None:
    turned = {name: rows[::-1] for name, rows in A.items()}
    found = compare([make_run("a", A), make_run("b", turned, ids=("cat-2", "cat-1"))])
    assert found.identical
    assert found.is_same()


def test_compare_block_by_block_finds_the_same(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    ids = tuple(f"cat-{i}" for i in range(7))
    a, b = ({"x": random.random((7, 5)).tolist(), "y": random.random((7, 5)).tolist()} for _ in range(2))
    order = [3, 0, 6, 1, 2, 5, 4]
    mixed = {name: [rows[i] for i in order] for name, rows in b.items()}
    runs = [make_run("a", a, ids=ids), make_run("b", mixed, ids=tuple(ids[i] for i in order))]
    whole = compare(runs).as_dict(top=7)
    monkeypatch.setattr(compare_module, "BLOCK_BYTES", 2 * 5 * 8 * 2)
    told: list[tuple[int, int]] = []
    blocks = compare(runs, progress=lambda _what, done, total: told.append((done, total))).as_dict(top=7)
    assert {**blocks, "seconds": 0} == {**whole, "seconds": 0}
    assert told == [(20, 70), (40, 70), (60, 70), (70, 70)]


def test_compare_reads_csv_as_it_reads_netcdf(make_run: MakeRun) -> None:
    nexus = [[0.5, 1.25, 2.0, 4.0]]
    found = compare([make_run("a", A, nexus=nexus), make_run("b", A, csv=True, nexus=nexus)])
    assert found.identical
    assert found.is_same()
    assert {variable.layer for variable in found["b"].variables} == {"catchments", "nexuses"}
    sentences = [gap.sentence for gap in found["b"].gaps]
    assert sentences == [
        "catchments: b states no unit for Q_OUT, ET; the other's is assumed",
        "catchments: b holds its numbers as text, in as many digits as were printed",
        "nexuses: b holds its numbers as text, in as many digits as were printed",
    ]


def test_compare_converts_units_into_those_of_the_reference(make_run: MakeRun) -> None:
    millimetres = {"Q_OUT": (np.array(A["Q_OUT"]) * 1000.0).tolist(), "ET": A["ET"]}
    b = make_run("b", millimetres, units={"Q_OUT": "mm"})
    found = compare([make_run("a", A), b], tolerance=Tolerance(relative=1e-12))
    assert found.is_same()
    assert [gap.sentence for gap in found["b"].gaps] == ["Q_OUT: b was converted from mm to m"]


def test_compare_takes_a_depth_for_that_of_a_step_beside_a_rate(make_run: MakeRun) -> None:
    rates = {"Q_OUT": (np.array(A["Q_OUT"]) * 4.0).tolist(), "ET": A["ET"]}
    a = make_run("a", A, step=900)
    b = make_run("b", rates, units={"Q_OUT": "m h-1"}, step=900)
    there = compare([a, b], tolerance=Tolerance(relative=1e-12))
    back = compare([b, a], tolerance=Tolerance(relative=1e-12))
    assert there.is_same()
    assert back.is_same()
    assert "m being the depth of a step of 15 min" in there["b"].gaps[0].sentence


def test_compare_tells_of_units_that_cannot_be_converted(make_run: MakeRun) -> None:
    found = compare([make_run("a", A), make_run("b", A, units={"ET": "K"})])
    assert found["b"].variable("ET") is None
    assert not found.is_same()
    assert found.is_same(only_shared=True)
    assert "ET is not compared: cannot convert 'K' to 'm'" in found["b"].gaps[0].sentence


def test_compare_tells_of_what_only_one_run_has(make_run: MakeRun) -> None:
    three = {"Q_OUT": [*A["Q_OUT"], [1.0] * 4], "GW": [[1.0] * 4] * 3}
    a = make_run("a", A, flow=[[1.0] * 4])
    found = compare([a, make_run("b", three, ids=("cat-1", "cat-2", "cat-9"))])
    assert [(gap.kind, gap.items) for gap in found["b"].gaps] == [
        ("place", ("cat-9",)),
        ("variable", ("ET",)),
        ("variable", ("GW",)),
        ("layer", ("rivers",)),
    ]
    assert found.identical
    assert not found.is_same()
    assert found.is_same(only_shared=True)


def test_compare_takes_the_period_that_both_have(make_run: MakeRun) -> None:
    late = {name: [row[1:] for row in rows] for name, rows in A.items()}
    found = compare([make_run("a", A), make_run("b", late, start=datetime(2015, 12, 1, 1, tzinfo=UTC))])
    runoff = found["b"].variable("Q_OUT")
    assert runoff is not None
    assert (runoff.stamps.count, int(runoff.values.pairs[0])) == (3, 3)
    assert found.identical
    assert not found.is_same()
    assert "compared are 2015-12-01 01:00 to 2015-12-01 03:00" in found["b"].gaps[0].sentence


def test_compare_counts_values_that_only_one_run_has(make_run: MakeRun) -> None:
    holes = {**A, "ET": [[0.5, math.nan, 0.5, 0.5], [0.25] * 4]}
    found = compare([make_run("a", A), make_run("b", holes)], tolerance=Tolerance(1.0))
    first = found["b"].variables[0]
    assert (first.variable, first.differing, int(first.values.missing.sum())) == ("ET", 1, 1)
    assert not found.is_same()


def test_compare_of_chosen_variables_leaves_out_the_others(make_run: MakeRun) -> None:
    flow = [[1.0] * 4]
    found = compare([make_run("a", A, flow=flow), make_run("b", B, flow=flow)], variables=["flow"])
    assert [variable.variable for variable in found["b"].variables] == ["flow"]
    assert found.is_same()


def test_compare_matches_two_names_of_one_variable(make_run: MakeRun) -> None:
    b = make_run("b", {"Qout": A["Q_OUT"]})
    found = compare([make_run("a", A), b], same={"Qout": "Q_OUT"})
    runoff = found["b"].variable("Q_OUT")
    assert runoff is not None
    assert runoff.identical
    assert found.runs[1].aliases == {"Qout": "Q_OUT"}


def test_compare_of_single_precision_tells_so(make_run: MakeRun) -> None:
    third = {"Q_OUT": [[1.0 / 3.0] * 4] * 2}
    found = compare([make_run("a", third), make_run("b", third, dtype="float32")])
    assert not found.identical
    assert found["b"].gaps[0].sentence == "catchments: b holds its numbers as float32"


def test_compare_tells_of_differing_balances(make_run: MakeRun) -> None:
    a, b = make_run("a", A), make_run("b", A)
    for folder, runoff in ((a, 3.0), (b, 5.0)):
        text = f"catchment,inflow_mm,runoff_mm\ncat-1,10,{runoff}\ncat-2,10,1\n"
        (folder / "balance.csv").write_text(text, encoding="utf-8")
    inflow, runoff_term = compare([a, b])["b"].balance
    assert (inflow.term, inflow.largest) == ("inflow", 0.0)
    assert (runoff_term.reference, runoff_term.other, runoff_term.largest) == (2.0, 3.0, 2.0)
    assert runoff_term.at == "cat-1"


def test_compare_of_balances_that_nobody_knows_tells_nothing_of_them(make_run: MakeRun) -> None:
    a, b = make_run("a", A), make_run("b", A)
    for folder, rows in ((a, "cat-1,nan,4\ncat-2,nan,1\n"), (b, "cat-1,nan,nan\ncat-2,1,3\n")):
        (folder / "balance.csv").write_text(f"catchment,inflow_mm,runoff_mm\n{rows}", encoding="utf-8")
    inflow, runoff = compare([a, b])["b"].balance
    assert inflow.as_dict() == {
        "term": "inflow",
        "reference_mm": None,
        "other_mm": None,
        "largest_mm": None,
        "at": "",
    }
    assert (runoff.reference, runoff.other, runoff.largest, runoff.at) == (1.0, 3.0, 2.0, "cat-2")


def test_compare_of_a_folder_that_holds_no_run_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    a = make_run("a", A)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="empty is empty"):
        compare([a, empty])
    (empty / "notes.txt").write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError, match="holds no results of a run"):
        compare([a, empty])
    with pytest.raises(InputError, match="is a file"):
        compare([a, empty / "notes.txt"])
    with pytest.raises(NotFoundError, match="there is no folder"):
        compare([a, tmp_path / "nowhere"])


def test_compare_of_a_run_package_names_its_results(make_run: MakeRun, tmp_path: Path) -> None:
    inside = make_run("package/outputs", A)
    with pytest.raises(InputError, match="is a run package") as caught:
        compare([make_run("a", A), tmp_path / "package"])
    assert str(inside) in str(caught.value.hint)


def test_compare_of_an_unfinished_run_says_so(make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "b" / ".run.1234.partial").mkdir(parents=True)
    with pytest.raises(InputError, match="has not ended, or was killed"):
        compare([make_run("a", A), tmp_path / "b"])


def test_compare_of_one_folder_twice_is_refused(make_run: MakeRun) -> None:
    a = make_run("a", A)
    with pytest.raises(InputError, match="are the same folder"):
        compare([a, a.parent / "." / "a"])
    with pytest.raises(InputError, match="1 run cannot be compared"):
        compare([a])


def test_compare_of_a_netcdf_file_that_was_cut_off_is_refused(make_run: MakeRun) -> None:
    a, b = make_run("a", A), make_run("b", A)
    whole = (b / "catchments.nc").read_bytes()
    (b / "catchments.nc").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"catchments\.nc cannot be read"):
        compare([a, b])


def test_compare_of_csv_files_of_unequal_length_is_refused(make_run: MakeRun) -> None:
    a, b = make_run("a", A), make_run("b", A, csv=True)
    lines = (b / "cat-2.csv").read_text().splitlines(keepends=True)
    (b / "cat-2.csv").write_text("".join(lines[:3]))
    with pytest.raises(InputError, match=r"cat-2\.csv holds 2 steps where cat-1\.csv holds 4"):
        compare([a, b])


def test_compare_of_a_nexus_file_cut_off_within_a_line_is_refused(make_run: MakeRun) -> None:
    a, b = make_run("a", A, nexus=[[1.0] * 4]), make_run("b", A, csv=True, nexus=[[1.0] * 4])
    text = (b / "nex-1_output.csv").read_text()
    (b / "nex-1_output.csv").write_text(text[: text.rindex(",")])
    with pytest.raises(InputError, match=r"nex-1_output\.csv, line 4"):
        compare([a, b])


def test_compare_of_another_basin_says_what_each_has(make_run: MakeRun) -> None:
    with pytest.raises(CoverageError, match="no catchment in common: a has cat-1, cat-2, b has cat-8, cat-9"):
        compare([make_run("a", A), make_run("b", A, ids=("cat-8", "cat-9"))])


def test_compare_of_another_period_says_both(make_run: MakeRun) -> None:
    b = make_run("b", A, start=datetime(2016, 1, 1, tzinfo=UTC))
    with pytest.raises(CoverageError, match="a is of 2015-12-01 00:00 to 2015-12-01 03:00, b of 2016-01-01"):
        compare([make_run("a", A), b])


def test_compare_of_other_steps_says_both(make_run: MakeRun) -> None:
    with pytest.raises(CoverageError, match="the steps differ, 1 h in a and 15 min in b"):
        compare([make_run("a", A), make_run("b", A, step=900)])


def test_compare_of_stamps_beside_each_other_says_so(make_run: MakeRun) -> None:
    b = make_run("b", A, start=datetime(2015, 12, 1, 0, 30, tzinfo=UTC))
    with pytest.raises(CoverageError, match="the stamps of b lie 30 min beside those of a"):
        compare([make_run("a", A), b])


def test_compare_without_a_variable_in_common_names_those_of_each(make_run: MakeRun) -> None:
    b = make_run("b", {"Qout": A["Q_OUT"]})
    with pytest.raises(CoverageError, match="only in a: Q_OUT, ET; variables of catchments only in b: Qout"):
        compare([make_run("a", A), b])


def test_compare_of_a_variable_that_no_run_has_suggests_others(make_run: MakeRun) -> None:
    with pytest.raises(NotFoundError, match="no run has a variable Q_UOT") as caught:
        compare([make_run("a", A), make_run("b", A)], variables=["Q_UOT"])
    assert "Q_OUT" in str(caught.value.hint)


def test_compare_tells_of_environments_of_modules_of_others(make_run: MakeRun) -> None:
    runs = []
    for name, version in (("a", "2.8.0"), ("b", "2.9.0")):
        packages = [{"name": "numpy", "version": "2.0.0"}, {"name": "torch", "version": version}]
        environment = {"packages": packages, "interpreter": {"version": "3.11"}}
        runs.append(make_run(name, A, record={"environment": environment}))
    (found,) = compare(runs)["b"].unlike
    assert (found.what, found.reference, found.other) == (
        "version of torch (environment)",
        "2.8.0",
        "2.9.0",
    )


def test_compare_of_a_record_that_is_broken_is_refused(make_run: MakeRun) -> None:
    b = make_run("b", A, record={})
    (b / "metadata" / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json is not the record of a run"):
        compare([make_run("a", A), b])


def test_names_are_as_given_or_as_short_as_they_differ(make_run: MakeRun) -> None:
    runs = [make_run("x/out", A), make_run("y/out", A)]
    assert [run.name for run in compare(runs).runs] == ["x/out", "y/out"]
    assert [run.name for run in compare(runs, ["old", "new"]).runs] == ["old", "new"]
    with pytest.raises(InputError, match="2 names for 2 runs: old, old"):
        compare(runs, ["old", "old"])


def test_tables_hold_every_place_and_variable(make_run: MakeRun, tmp_path: Path) -> None:
    found = compare([make_run("a", A), make_run("x/b", B)], ["a", "x/b"])
    (path,) = write_tables(tmp_path / "tables", found)
    assert path.name == "x_b-catchments.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["catchment"], row["variable"]) for row in rows] == [
        ("cat-1", "Q_OUT"),
        ("cat-2", "Q_OUT"),
        ("cat-1", "ET"),
        ("cat-2", "ET"),
    ]
    first = rows[0]
    assert (first["unit"], first["largest"], first["when"]) == ("m", "2.0", "2015-12-01 01:00:00")
    assert (first["identical"], rows[1]["identical"], rows[2]["nse"]) == ("0", "1", "")


def test_text_names_the_worst_first(make_run: MakeRun) -> None:
    text = comparison_text(compare([make_run("a", A), make_run("b", B)]), top=1)
    assert "b against a: different in 1 of 2 variables that both have" in text
    lines = [line.split() for line in text.splitlines()]
    table = next(i for i, line in enumerate(lines) if line[:2] == ["variable", "places"])
    assert [line[0] for line in lines[table + 1 : table + 3]] == ["Q_OUT", "ET"]
    worst = next(i for i, line in enumerate(lines) if line[:1] == ["catchment"])
    assert lines[worst + 1][:4] == ["cat-1", "2", "2015-12-01", "01:00"]
