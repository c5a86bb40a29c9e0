"""TEEHR's tables: read by configuration and variable, written so that they read the same."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dmod.errors import AlreadyExists, InputError
from dmod.evaluation.evaluating import evaluate
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.plan import Configuration, EvaluationPlan, Member
from dmod.services.evaluation.source_options import SourceOptions
from dmod.services.evaluation.sources import find_kind, open_source
from dmod.services.evaluation.teehr import find_table, members_of_table, open_joined, read_crosswalk
from dmod.services.evaluation.teehr_writing import Naming, write_teehr

SECONDS = 1546300800 + 3600 * np.arange(24)
OBSERVED = {"usgs-01": np.arange(24.0) + 1.0, "usgs-02": np.arange(24.0) + 2.0}
SIMULATED = {"wb-1": np.arange(24.0) + 1.5, "wb-2": np.arange(24.0) * 2.0}
PAIRS = {"usgs-01": "wb-1", "usgs-02": "wb-2"}


@dataclass
class Held:
    name: str
    values: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(self.values)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        for location in locations:
            yield LocationSeries.of(location, SECONDS, self.values[location])

    def provenance(self) -> Mapping[str, str]:
        return {}


@pytest.fixture
def plan() -> EvaluationPlan:
    simulated = {name: values.copy() for name, values in SIMULATED.items()}
    simulated["wb-1"][3] = np.nan
    places = (Place("usgs-01", "Fish River", -68.5, 47.25, {"area": 2252.7}), Place("usgs-02"))
    configuration = Configuration("nextgen 2", Held("nextgen", simulated), PAIRS)
    return EvaluationPlan("T", Held("usgs", OBSERVED), (configuration,), ("nse", "rmse"), places=places)


def test_what_was_written_is_read_back_and_scores_the_same(plan: EvaluationPlan, tmp_path: Path) -> None:
    folder = write_teehr(tmp_path / "teehr", plan)
    observed = find_table(folder, "primary_timeseries")
    simulated = find_table(folder, "secondary_timeseries")
    assert find_kind(observed) == "teehr"
    ours, theirs = open_source(observed), open_source(simulated)
    try:
        assert (ours.name, theirs.name) == ("usgs", "nextgen_2")
        assert ours.locations == tuple(OBSERVED)
        crosswalk = read_crosswalk(folder / "dataset" / "location_crosswalks")
        assert crosswalk == PAIRS
        again = evaluate(
            EvaluationPlan("T", ours, (Configuration("nextgen 2", theirs, crosswalk),), plan.metrics)
        )
        before = evaluate(plan)
        assert again.scores["value"].to_numpy() == pytest.approx(before.scores["value"].to_numpy(), rel=1e-6)
        assert list(again.scores["pairs"]) == [23, 23, 24, 24]
    finally:
        ours.close()
        theirs.close()


def test_members_that_were_written_are_read_back_and_score_the_same(
    plan: EvaluationPlan, tmp_path: Path
) -> None:
    held = [Held("m", {name: one + k for name, one in SIMULATED.items()}) for k in range(3)]
    members = [Member(f"m{k}", one, PAIRS) for k, one in enumerate(held)]
    plan = replace(
        plan, configurations=(Configuration.of_members("nextgen", members),), metrics=("crps", "crps_fair")
    )
    simulated = find_table(write_teehr(tmp_path / "teehr", plan), "secondary_timeseries")
    options = SourceOptions()
    assert members_of_table(simulated, options) == ("m0", "m1", "m2")
    with pytest.raises(InputError, match="several members"):
        open_source(simulated)
    read = [open_source(simulated, options=replace(options, member=f"m{k}")) for k in range(3)]
    try:
        again = [Member(f"m{k}", one, PAIRS) for k, one in enumerate(read)]
        found = evaluate(replace(plan, configurations=(Configuration.of_members("nextgen", again),)))
        before = evaluate(plan).scores["value"].to_numpy()
        assert found.scores["value"].to_numpy() == pytest.approx(before, rel=1e-6)
    finally:
        for one in read:
            one.close()


def test_tables_have_the_columns_types_and_partitions_that_teehr_has(
    plan: EvaluationPlan, tmp_path: Path
) -> None:
    data = write_teehr(tmp_path / "teehr", plan) / "dataset"
    below = "configuration_name=nextgen_2/variable_name=streamflow_hourly_inst"
    (part,) = (data / "secondary_timeseries" / below).iterdir()
    with duckdb.connect() as database:
        rows = database.execute(f"SELECT name, type, converted_type FROM parquet_schema('{part}')").fetchall()
        assert rows[1:] == [
            ("reference_time", "INT64", "TIMESTAMP_MILLIS"),
            ("value_time", "INT64", "TIMESTAMP_MILLIS"),
            ("value", "FLOAT", None),
            ("unit_name", "BYTE_ARRAY", "UTF8"),
            ("location_id", "BYTE_ARRAY", "UTF8"),
            ("member", "BYTE_ARRAY", "UTF8"),
        ]
        assert database.execute(f"SELECT DISTINCT unit_name FROM '{part}'").fetchall() == [("m^3/s",)]
        rows = database.execute(f"FROM '{data}/locations/*.parquet'").fetchall()
        assert rows == [("usgs-01", "Fish River", struct.pack("<BIdd", 1, 1, -68.5, 47.25))]
        kinds = dict(database.execute(f"SELECT name, type FROM '{data}/configurations/*.parquet'").fetchall())
        assert kinds == {"usgs": "primary", "nextgen_2": "secondary"}
        attributes = database.execute(f"FROM '{data}/location_attributes/*.parquet'").fetchall()
        assert attributes == [("usgs-01", "area", "2252.7")]


def test_nothing_is_written_over_and_nothing_is_left_of_what_failed(
    plan: EvaluationPlan, tmp_path: Path
) -> None:
    write_teehr(tmp_path / "teehr", plan)
    with pytest.raises(AlreadyExists):
        write_teehr(tmp_path / "teehr", plan)
    twice = Configuration("other", plan.configurations[0].source, {"usgs-01": "wb-2"})
    both = EvaluationPlan("T", plan.observations, (*plan.configurations, twice), ("nse",))
    with pytest.raises(InputError, match="wb-2 is paired with usgs-02 and with usgs-01"):
        write_teehr(tmp_path / "again", both)
    assert [path.name for path in tmp_path.iterdir()] == ["teehr"]
    with pytest.raises(InputError, match="is no name in TEEHR's tables"):
        Naming("next-gen")


def write_rows(path: Path, rows: str) -> Path:
    names = (
        "reference_time, value_time, value, unit_name, location_id, configuration_name, variable_name, member"
    )
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM (VALUES {rows}) t({names})) TO '{path}' (FORMAT parquet)")
    return path


def row(
    hour: int,
    *,
    configuration: str = "nwm",
    variable: str = "streamflow",
    member: str = "NULL",
    lead: str = "NULL",
) -> str:
    moment = f"TIMESTAMP '2019-01-01 0{hour}:00:00'"
    return (
        f"({lead}::TIMESTAMP, {moment}, {hour}.5, 'ft^3/s', 'a', '{configuration}', '{variable}', {member})"
    )


def test_one_configuration_variable_and_member_is_taken_of_several(tmp_path: Path) -> None:
    rows = [row(h, configuration=c) for h in range(3) for c in ("nwm", "ngen")]
    path = write_rows(tmp_path / "t.parquet", ", ".join([*rows, row(0, variable="depth")]))
    with pytest.raises(InputError, match="several configurations") as caught:
        open_source(path)
    assert "ngen, nwm" in str(caught.value.hint)
    with pytest.raises(InputError, match="holds no configuration gfs"):
        open_source(path, options=SourceOptions(configuration="gfs"))
    source = open_source(path, options=SourceOptions(configuration="ngen"))
    try:
        (one,) = source.read(["a"])
        assert one.values == pytest.approx(np.array([0.5, 1.5, 2.5]) * 0.3048**3)
        assert source.name == "ngen"
    finally:
        source.close()


def test_forecasts_of_one_time_are_not_mixed(tmp_path: Path) -> None:
    leads = [f"'2018-12-31 0{n}:00:00'" for n in range(2)]
    path = write_rows(tmp_path / "t.parquet", ", ".join(row(1, lead=lead) for lead in leads))
    with pytest.raises(InputError, match="holds 2 forecasts of one time"):
        open_source(path)


def test_joined_time_series_give_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "joined.parquet"
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT TIMESTAMP '2019-01-01' + to_hours(h) AS value_time, "
            "'usgs-01' AS primary_location_id, 'wb-1' AS secondary_location_id, h * 1.0 AS primary_value, "
            "h * 2.0 AS secondary_value, 'nwm' AS configuration_name, 'm^3/s' AS unit_name "
            "FROM range(5) t(h)) "
            f"TO '{path}' (FORMAT parquet)"
        )
    observed, simulated, crosswalk = open_joined(path, SourceOptions())
    try:
        assert crosswalk == {"usgs-01": "wb-1"}
        (ours,), (theirs,) = observed.read(["usgs-01"]), simulated.read(["wb-1"])
        assert list(theirs.values) == pytest.approx(2.0 * ours.values)
        assert simulated.name == "nwm"
    finally:
        observed.close()
        simulated.close()


def test_tables_that_are_something_else_are_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.parquet", row(0))
    with pytest.raises(InputError, match="has no columns primary_location_id"):
        read_crosswalk(path)
    with pytest.raises(InputError, match="is no table of joined time series"):
        open_joined(path, SourceOptions())
