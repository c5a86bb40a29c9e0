"""The report's parts without a browser: data, map, tables, escaping, writing."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, StoreError
from dmod.evaluation import ObservedSeries, Pairs, align, score
from dmod.evaluation.report import (
    CatchmentRing,
    InputFile,
    ReportInput,
    RiverLine,
    WaterBalance,
    write_report,
)
from dmod.evaluation.report import series as packing
from dmod.evaluation.report.basin_map import draw_map
from dmod.evaluation.report.map_drawing import fit
from dmod.evaluation.report.markup import fixed, number, signed, stamp
from dmod.evaluation.report.page import render_report
from dmod.evaluation.report.sections import score_text
from dmod.evaluation.report.series import chart_data
from dmod.evaluation.report.summary import basin_terms, period_means
from dmod.testing.reports import example_report

START = np.datetime64("2015-12-01T00:00:00")


def hours(count: int) -> np.ndarray:
    return START + np.arange(count).astype("timedelta64[h]")


def contents(flow: list[float], **more: object) -> ReportInput:
    return ReportInput("Basin", "nex-1", "CFE", hours(len(flow)), np.array(flow), 3600, **more)  # type: ignore[arg-type]


def floats(text: str, kind: str = "<f4") -> list[float]:
    return np.frombuffer(base64.b64decode(text), dtype=kind).tolist()


def data_of(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[1])


@pytest.fixture(scope="module")
def example() -> ReportInput:
    return example_report(12, 24 * 70)


# ---- the page


def test_page_needs_nothing_from_outside(example) -> None:
    page = render_report(example)
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "@import" not in page
    assert not re.search(r"url\((?!data:|#)", page)
    assert "default-src 'none'" in page


def test_page_has_every_section(example) -> None:
    page = render_report(example)
    for title in (
        "Hydrograph",
        "Basin",
        "Water balance",
        "Flow-duration curve",
        "By month",
        "All scores",
        "Inputs",
    ):
        assert f"<h2>{title}</h2>" in page


def test_page_without_observation_has_everything_but_scores(example) -> None:
    page = render_report(replace(example, observed=None, pairs=None, scores=None))
    assert "All scores" not in page
    assert "Mean flow" in page
    assert "<h2>Water balance</h2>" in page
    assert [c["kind"] for c in data_of(page)["duration"]["curves"]] == ["simulated"]


def test_page_labels_synthetic_data_only_where_it_is(example) -> None:
    assert "Synthetic example." in render_report(example)
    assert "Synthetic example." not in render_report(replace(example, synthetic=False))


def test_page_escapes_whatever_comes_from_outside(example) -> None:
    evil = '<img src=x onerror="alert(1)">\'&'
    ring = example.catchments[0]
    hostile = replace(
        example,
        title=evil,
        outlet=evil,
        gauge=evil,
        formulation=evil,
        version=evil,
        catchments=[replace(ring, id=evil)],
        rivers=[RiverLine(evil, ring.lon, ring.lat)],
        balance=replace(example.balance, ids=[evil] * 12, other={evil: np.zeros(12)}),
        files=[InputFile(evil, evil, evil)],
        modules=[(evil, evil)],
        options=[(evil, evil)],
        facts=[(evil, evil)],
        filled=[evil],
        warnings=[evil],
        observed=replace(example.observed, notes=(evil,)),
        scores=replace(example.scores, notes=(evil,), reasons={"nse": evil}),
    )
    page = render_report(hostile)
    assert "<img" not in page
    assert '"alert' not in page
    assert page.count("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#x27;&amp;") > 15


def test_page_shows_why_a_score_is_not_defined() -> None:
    flow = [1.0, 2.0, 3.0]
    observed = ObservedSeries(hours(3), np.full(3, 2.0))
    pairs = align(hours(3), np.array(flow), 3600, observed)
    page = render_report(contents(flow, observed=observed, pairs=pairs, scores=score(pairs)))
    assert "not defined: observed flow is constant (2 m³/s)" in page


def test_page_of_a_single_step_is_written() -> None:
    page = render_report(contents([0.0]))
    assert floats(data_of(page)["simulated"]["values"]) == [0.0]


def test_write_report_replaces_the_file_and_leaves_nothing_else(tmp_path: Path, example) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    assert write_report(path, example) == path
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_write_report_into_a_missing_folder_raises(tmp_path: Path, example) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(tmp_path / "none" / "report.html", example)


@pytest.mark.parametrize(
    ("flow", "more", "message"),
    [
        ([], {}, "no step"),
        ([1.0, 2.0], {"rain": np.zeros(3)}, "rain has shape"),
        ([1.0, np.nan], {}, "not finite at 2015-12-01T01"),
    ],
)
def test_contents_that_do_not_fit_raise(flow, more, message) -> None:
    with pytest.raises(InputError, match=message):
        contents(flow, **more)


# ---- the charts' data


def test_series_come_back_from_the_page_as_they_were(example) -> None:
    data = data_of(render_report(example))
    assert floats(data["simulated"]["values"]) == np.float32(example.simulated).tolist()
    assert data["simulated"]["start"] == example.times[0].astype("datetime64[s]").astype(int)
    assert data["simulated"]["step"] == 3600
    np.testing.assert_array_equal(floats(data["observed"]["values"]), np.float32(example.observed.values))


def test_observation_outside_the_run_is_not_drawn() -> None:
    series = ObservedSeries(hours(9) - np.timedelta64(3, "h"), np.arange(9.0))
    run = contents([1.0, 2.0, 3.0], observed=series)
    assert floats(chart_data(run, period_means(run))["observed"]["values"]) == [3.0, 4.0, 5.0]


def test_observation_of_another_period_is_left_out() -> None:
    series = ObservedSeries(hours(2) + np.timedelta64(90, "D"), np.ones(2))
    run = contents([1.0, 2.0], observed=series)
    assert "observed" not in chart_data(run, period_means(run))


def test_irregular_observation_keeps_its_stamps() -> None:
    stamps = START + np.array([60, 500, 4000]).astype("timedelta64[s]")
    run = contents([1.0, 2.0], observed=ObservedSeries(stamps, np.array([1.0, 2.0, 3.0])))
    drawn = chart_data(run, period_means(run))["observed"]
    assert floats(drawn["times"], "<f8") == stamps.astype(int).tolist()


def test_long_series_keep_their_extremes_and_their_span(monkeypatch) -> None:
    monkeypatch.setattr(packing, "MOST_VALUES", 100)
    flow = np.ones(1010)
    flow[337], flow[802] = 9.0, 0.25
    run = contents(flow.tolist(), rain=flow)
    data = chart_data(run, period_means(run))
    values = floats(data["simulated"]["values"])
    assert len(values) <= 102
    assert (max(values), min(values)) == (9.0, 0.25)
    assert abs(values.index(9.0) * data["simulated"]["step"] - 337 * 3600) <= 2 * data["simulated"]["step"]
    rain = floats(data["rain"]["values"])
    assert sum(rain) * data["rain"]["step"] == pytest.approx(flow.sum() * 3600, rel=0.02)


def test_duration_curve_holds_the_sorted_flow_at_its_plotting_positions() -> None:
    run = contents([5.0, 1.0, 3.0])
    curve = chart_data(run, period_means(run))["duration"]
    values = curve["curves"][0]["values"]
    assert (values[0], values[-1]) == (5.0, 1.0)
    assert values == sorted(values, reverse=True)
    # three values: exceeded 25, 50 and 75 % of the time
    assert np.interp(50.0, curve["percent"], values) == pytest.approx(3.0, abs=0.02)
    assert (curve["percent"][0], curve["percent"][-1]) == pytest.approx((25.0, 75.0), rel=1e-4)


def test_scatter_keeps_the_highest_pairs() -> None:
    flow = np.random.default_rng(3).gamma(1.0, 10.0, 20_000)
    pairs = Pairs(hours(20_000), flow, flow, 3600)
    run = contents(flow.tolist(), pairs=pairs)
    dots = chart_data(run, period_means(run))["scatter"]
    assert len(dots["observed"]) <= 3001
    assert dots["observed"][-100:] == pytest.approx(np.sort(flow)[-100:], rel=1e-4)


def test_scatter_of_zero_flow_is_drawn_on_a_linear_axis() -> None:
    pairs = Pairs(hours(3), np.zeros(3), np.zeros(3), 3600)
    run = contents([0.0, 0.0, 0.0], pairs=pairs)
    dots = chart_data(run, period_means(run))["scatter"]
    assert (dots["log"], dots["low"], dots["high"]) == (False, 0.0, 1.0)


# ---- months and the basin


def test_months_hold_rain_means_and_bias_over_the_pairs() -> None:
    count = 31 * 24 + 24
    flow = np.full(count, 2.0)
    flow[-24:] = 4.0
    observed = ObservedSeries(hours(12), np.full(12, 1.0))
    pairs = align(hours(count), flow, 3600, observed)
    means = period_means(contents(flow.tolist(), rain=np.full(count, 0.5), pairs=pairs))
    assert means.labels == ("Dec 2015", "Jan 2016")
    assert means.rain.tolist() == [372.0, 12.0]
    assert means.simulated.tolist() == [2.0, 4.0]
    assert means.observed[0] == 1.0
    assert np.isnan(means.observed[1])
    assert means.coverage.tolist() == pytest.approx([12 / 744, 0.0])
    assert means.highest.tolist() == [2.0, 4.0]


def test_rain_of_routed_flow_counts_in_the_month_and_from_the_moment_at_which_it_began_to_fall() -> None:
    count = 31 * 24
    run = replace(
        contents([2.0] * count, rain=np.full(count, 0.5)), times=hours(count) + 3600, steps=hours(count)
    )
    means = period_means(run)
    assert means.labels == ("Dec 2015", "Jan 2016")
    assert means.rain[0] == 372.0
    assert np.isnan(means.rain[1])
    data = chart_data(run, means)
    assert data["rain"]["start"] == int(START.astype(int))
    assert data["simulated"]["start"] == int(START.astype(int)) + 3600
    assert "2015-12-01 00:00 to 2016-01-01 00:00" in render_report(run)


def test_month_in_which_only_rain_has_a_stamp_has_no_flow() -> None:
    run = replace(contents([2.0, 3.0], rain=np.ones(2)), times=hours(2), steps=hours(2) - 3600)
    means = period_means(run)
    assert means.labels == ("Nov 2015", "Dec 2015")
    assert means.rain.tolist() == [1.0, 1.0]
    assert np.isnan(means.simulated[0])
    assert "NaN" not in json.dumps(chart_data(run, means))


def test_long_runs_are_summed_by_year() -> None:
    means = period_means(contents([1.0] * (24 * 366 * 4)))
    assert means.yearly
    assert means.labels == ("2015", "2016", "2017", "2018", "2019")


def balance(**more: object) -> WaterBalance:
    two = np.array
    return WaterBalance(
        ["cat-1", "cat-2"],
        two([1.0, 3.0]),
        two([100.0, 200.0]),
        two([50.0, 90.0]),
        two([40.0, 100.0]),
        two([10.0, 10.0]),
        two([0.0, 0.0]),
        **more,
    )  # type: ignore[arg-type]


def test_basin_terms_are_weighted_by_area() -> None:
    terms = {term.title: term.depth for term in basin_terms(balance(other={"Losses": np.array([4.0, 0.0])}))}
    assert terms["Precipitation"] == 175.0
    assert terms["Evapotranspiration"] == 80.0
    assert terms["Runoff"] == 85.0
    assert terms["Losses"] == 1.0


def test_catchments_with_the_largest_residual_come_first() -> None:
    uneven = replace(balance(), residual=np.array([1e-9, -2.0]))
    page = render_report(contents([1.0, 2.0], balance=uneven))
    assert page.index("cat-2</th>") < page.index("cat-1</th>")


# ---- the map


def square(id: str, west: float, south: float, size: float = 0.1) -> CatchmentRing:
    lon = west + size * np.array([0.0, 1.0, 1.0, 0.0, 0.0])
    return CatchmentRing(id, lon, south + size * np.array([0.0, 0.0, 1.0, 1.0, 0.0]))


def test_projection_keeps_shapes_and_puts_north_up() -> None:
    lon, lat = np.array([-112.0, -111.0]), np.array([41.0, 42.0])
    project = fit(lon, lat)
    x, y = project(lon, lat)
    assert y[1] < y[0]
    assert (x[1] - x[0]) / (y[0] - y[1]) == pytest.approx(np.cos(np.radians(41.5)))
    assert x.min() >= 0.0
    assert x.max() <= 640.0


def test_map_shades_catchments_by_runoff() -> None:
    rings = [square("cat-1", -112.0, 41.0), square("cat-2", -111.9, 41.0), square("cat-3", -111.8, 41.0)]
    drawing = draw_map(contents([1.0], catchments=rings, balance=balance()))
    tones = dict(re.findall(r'class="catchment q(\d)" data-tip="(cat-\d)', drawing))
    assert {name: tone for tone, name in tones.items()} == {"cat-1": "0", "cat-2": "5"}
    assert 'class="catchment" data-tip="cat-3"' in drawing


def test_map_draws_larger_rivers_wider() -> None:
    line = np.array([-112.0, -111.9])
    rivers = [RiverLine("wb-1", line, line + 153, 1.0), RiverLine("wb-2", line, line + 153.1, 100.0)]
    widths = [
        float(w) for w in re.findall(r'stroke-width="([\d.]+)"', draw_map(contents([1.0], rivers=rivers)))
    ]
    assert widths == [1.2, 5.0]


def test_map_scale_bar_has_its_length() -> None:
    drawing = draw_map(contents([1.0], catchments=[square("cat-1", 0.0, -0.5, 1.0)]))
    x0, x1 = map(float, re.search(r'class="scale" d="M([\d.]+) [\d.]+V[\d.]+H([\d.]+)V', drawing).groups())
    square_x = [float(x) for x in re.findall(r"[ML]([\d.]+) ", re.search(r' d="(M[^"]+)Z"', drawing)[1])]
    kilometres = 111.195 * (x1 - x0) / (max(square_x) - min(square_x))
    assert f">{round(kilometres)} km<" in drawing


def test_map_without_geometry_is_left_out() -> None:
    assert draw_map(contents([1.0])) == ""


def test_map_of_equal_runoff_is_drawn() -> None:
    same = replace(balance(), runoff=np.array([7.0, 7.0]))
    assert "cat-1" in draw_map(contents([1.0], catchments=[square("cat-1", 0.0, 0.0)], balance=same))


# ---- numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234.5, "1,234"),
        (12.345, "12.3"),
        (0.01234, "0.0123"),
        (-2.5e-10, "−2.5e−10"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (99.96, "100.0"),
    ],
)
def test_number_is_written_for_people(value, text) -> None:
    assert number(value) == text


def test_fixed_has_no_negative_zero() -> None:
    assert fixed(-0.004, 2) == "0.00"
    assert fixed(-0.04, 2) == "−0.04"
    assert fixed(float("nan"), 2) == "–"


def test_signed_shows_the_plus() -> None:
    assert (signed(3.0), signed(-3.0), signed(0.0)) == ("+3.00", "−3.00", "0")


def test_score_text_of_zero_bias_is_shown() -> None:
    assert score_text("percent_bias", 0.0) == "0.0"
    assert score_text("percent_bias", 2.0) == "+2.0"
    assert score_text("volume_error", 1500.0) == "+1,500"
    assert score_text("rmse", 0.5) == "0.500"


def test_stamp_is_written_without_seconds() -> None:
    assert stamp(START) == "2015-12-01 00:00"
