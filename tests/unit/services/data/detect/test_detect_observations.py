"""Observed series: dmod's tables, plain CSV, CAMELS, and what the USGS sends."""

from pathlib import Path

import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.observations.series import Series, texts
from dmod.observations.tidy import write_tidy
from dmod.services.data.detect import detect
from dmod.services.example import ExamplePackage

CAMELS = "01333000 1993 09 29    25.00 A\n01333000 1993 09 30    18.00 A\n01333000 1993 10 01  -999.00 M\n"
RDB = """# US Geological Survey
#    USGS 01073000 OYSTER RIVER NEAR DURHAM, NH
agency_cd\tsite_no\tdatetime\ttz_cd\t64762_00060\t64762_00060_cd
5s\t15s\t20d\t6s\t14n\t10s
USGS\t01073000\t2020-01-01 00:00\tEST\t10.0\tA
USGS\t01073000\t2020-01-01 00:15\tEST\t10.5\tA
USGS\t01073000\t2020-01-01 00:30\tEST\t10.5\tP
"""


def series(site: str = "01073000", days: int = 3, first: str = "2020-01-01", **more: str) -> Series:
    times = np.datetime64(first, "s") + np.arange(days) * np.timedelta64(86400, "s")
    return Series(
        site,
        more.get("parameter", "00060"),
        "00003",
        more.get("unit", "ft3/s"),
        times,
        np.arange(days, dtype=float),
        texts(["A"] * days),
        texts(["e,x"] * days),
        day_offset=0,
    )


def test_tidy_table_is_read_completely(tmp_path: Path) -> None:
    write_tidy(tmp_path / "gage-01073000.csv", series(days=4000), {"site": "01073000"})
    found = detect(tmp_path)
    assert (found.category, found.format.name) == (Category.OBSERVATION, "OBSERVATION_CSV")
    assert found.domain.values(DomainIndex.GAGE_ID) == {"01073000"}
    assert found.domain.time == Continuous(parse_time("2020-01-01"), parse_time("2030-12-14"))
    assert found.domain.values(DomainIndex.VARIABLE) == {"streamflow"}
    assert found.domain.units == {"streamflow": "ft3/s"}
    assert (found.step, found.notes, found.files) == (86400, (), 2)
    assert found.description == (
        "observed streamflow of 1 gauge (01073000), 2020-01-01 00:00 to 2030-12-14 00:00, daily"
    )


def test_gauges_of_a_folder_share_a_period(tmp_path: Path) -> None:
    write_tidy(tmp_path / "a.csv", series(days=10), {"site": "01073000"})
    write_tidy(tmp_path / "b.csv", series("01333000", 10, "2020-01-05"), {"site": "01333000"})
    found = detect(tmp_path)
    assert found.domain.values(DomainIndex.GAGE_ID) == {"01073000", "01333000"}
    assert found.domain.time == Continuous(parse_time("2020-01-05"), parse_time("2020-01-11"))
    assert found.notes == (
        "1 series has another period than 2020-01-01 00:00:00 to 2020-01-10 00:00:00; "
        "the domain is what all have",
    )


def test_variable_that_one_gauge_lacks_is_noted(tmp_path: Path) -> None:
    write_tidy(tmp_path / "a.csv", series(), {"site": "01073000"})
    write_tidy(tmp_path / "b.csv", series(parameter="00065", unit="ft"), {"site": "01073000"})
    write_tidy(tmp_path / "c.csv", series("01333000"), {"site": "01333000"})
    found = detect(tmp_path)
    assert found.domain.values(DomainIndex.VARIABLE) == {"streamflow"}
    assert found.notes == ("not all gauges have gage height",)


def test_several_units_are_noted_and_none_is_stated(tmp_path: Path) -> None:
    write_tidy(tmp_path / "a.csv", series(), {"site": "01073000"})
    write_tidy(tmp_path / "b.csv", series("01333000", unit="m3/s"), {"site": "01333000"})
    found = detect(tmp_path)
    assert dict(found.domain.units) == {}
    assert found.notes == ("streamflow is in several units: ft3/s, m3/s",)


def test_tables_of_several_gauges_put_together_are_read_whole(tmp_path: Path) -> None:
    write_tidy(tmp_path / "a.csv", series(), {"site": "01073000"})
    write_tidy(tmp_path / "b.csv", series("01333000"), {"site": "01333000"})
    both = tmp_path / "both" / "all.csv"
    both.parent.mkdir()
    lines = (tmp_path / "b.csv").read_text().splitlines(keepends=True)[1:]
    both.write_text((tmp_path / "a.csv").read_text() + "".join(lines))
    assert detect(both).domain.values(DomainIndex.GAGE_ID) == {"01073000", "01333000"}


def test_gauge_of_an_example_is_told_by_its_files_name(package: ExamplePackage) -> None:
    assert package.observed is not None
    found = detect(package.observed)
    assert found.domain.values(DomainIndex.GAGE_ID) == {"99000001"}
    assert found.domain.time == Continuous(parse_time("2015-10-01"), parse_time("2015-10-06"))
    assert found.domain.units == {"streamflow": "m3 s-1"}
    assert "the number 99000001 of the gauge is taken from the file's name" in found.notes


def test_table_without_a_gauge_says_so(tmp_path: Path) -> None:
    (tmp_path / "flow.csv").write_text("date,flow_cms\n2020-01-01,1\n2020-01-02,2\n")
    found = detect(tmp_path / "flow.csv")
    assert DomainIndex.GAGE_ID not in found.domain.restrictions
    assert "it does not say which gauge it is of" in found.notes
    assert found.domain.time == Continuous(parse_time("2020-01-01"), parse_time("2020-01-03"))


def test_camels_flow_is_read_at_its_ends(tmp_path: Path) -> None:
    (tmp_path / "01333000_streamflow_qc.txt").write_text(CAMELS)
    found = detect(tmp_path)
    assert found.format.name == "OBSERVATION_CSV"
    assert found.domain.values(DomainIndex.GAGE_ID) == {"01333000"}
    assert found.domain.time == Continuous(parse_time("1993-09-29"), parse_time("1993-10-02"))
    assert found.domain.units == {"streamflow": "ft3/s"}


def test_rdb_is_observations_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "oyster.rdb").write_text(RDB)
    found = detect(tmp_path)
    assert found.format.name == "OBSERVATION_CSV"
    assert found.domain.values(DomainIndex.GAGE_ID) == {"01073000"}
    assert found.domain.time == Continuous(parse_time("2020-01-01 05:00"), parse_time("2020-01-01 05:45"))
    assert found.step == 900
    assert found.notes == ("oyster.rdb is RDB of the USGS, not CSV",)


def test_camels_file_with_another_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CAMELS + "end of file\n")
    with pytest.raises(InputError, match="not GAUGE YYYY MM DD FLOW FLAG"):
        detect(tmp_path / "a.txt")


def test_predicted_flow_is_no_observation(tmp_path: Path) -> None:
    (tmp_path / "cat-27.csv").write_text("date,predicted,unit\n2022-12-01 00:00:00+00:00,5.9,cfs\n")
    with pytest.raises(InputError, match="none of the kinds of data"):
        detect(tmp_path / "cat-27.csv")
