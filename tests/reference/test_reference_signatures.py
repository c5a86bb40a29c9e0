"""Signatures of six CAMELS basins beside the attributes that CAMELS publishes of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dmod.evaluation.metrics import signature

GAUGES = ("01013500", "01333000", "02046000", "03439000", "07057500", "12010000")
CUBIC_FEET = 0.3048**3
DAY = 86400.0
# CAMELS takes October 1989 to September 2009, the flow at hand begins in 1993. Flow may differ by 12 %, an
# index of baseflow by 0.015, the day of half flow by 4 days. (Its slope of the flow duration curve is of flow
# without logarithms.)
RELATIVE = 0.12


def attributes(folder: Path, name: str, gauge: str) -> dict[str, float]:
    with (folder / "attributes" / name).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            if row["gauge_id"] == gauge:
                return {key: float(value) for key, value in row.items() if key != "gauge_id"}
    raise LookupError(gauge)


def daily_flow(folder: Path, gauge: str) -> tuple[np.ndarray, np.ndarray]:
    """Return hours since 1970 and flow [mm d-1] of October 1989 to September 2009."""
    text = (folder / "streamflow" / f"{gauge}_streamflow_qc.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines()]
    days = np.array([f"{year}-{month}-{day}" for _, year, month, day, *_ in rows], dtype="datetime64[D]")
    flow = np.array([float(row[4]) for row in rows])
    area = attributes(folder, "camels_topo.txt", gauge)["area_gages2"] * 1e6
    depth = np.where(flow < 0.0, np.nan, flow * CUBIC_FEET * DAY * 1000.0 / area)
    inside = (days >= np.datetime64("1989-10-01")) & (days < np.datetime64("2009-10-01"))
    return days[inside].astype("datetime64[h]").astype(np.int64), depth[inside]


@pytest.mark.parametrize("gauge", GAUGES)
def test_signatures_of_a_camels_basin_are_those_published(reference: Path, gauge: str) -> None:
    published = attributes(reference / "camels", "camels_hydro.txt", gauge)
    hours, flow = daily_flow(reference / "camels", gauge)
    for name, function in (
        ("q_mean", signature.mean_flow),
        ("q5", signature.flow_5th_percentile),
        ("q95", signature.flow_95th_percentile),
    ):
        assert function(flow) == pytest.approx(published[name], rel=RELATIVE), name
    for name, function in (
        ("high_q_freq", signature.high_flow_frequency),
        ("low_q_freq", signature.low_flow_frequency),
        ("zero_q_freq", signature.zero_flow_frequency),
    ):
        assert 365.25 * function(flow) == pytest.approx(published[name], rel=RELATIVE, abs=0.5), name
    assert signature.baseflow_index(flow, dt=DAY) == pytest.approx(published["baseflow_index"], abs=0.015)
    assert signature.half_flow_day(flow, times=hours) == pytest.approx(published["hfd_mean"], abs=4.0)
