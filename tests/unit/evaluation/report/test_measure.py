"""Metrics as a page shows them: direction, distance, classes of colours."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.evaluation.report.evaluation.measure import (
    Kind,
    Measure,
    colour_scale,
    in_symbols,
    measure_of,
    quantile_edges,
    symmetric_edges,
)
from dmod.evaluation.report.evaluation.palette import PALETTES, colours, line_style

UNBOUND = math.inf


def measure(lowest: float, highest: float, ideal: float) -> Measure:
    return Measure("m", "", "M", "-", lowest, highest, ideal)


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [
        ((-UNBOUND, 1.0, 1.0), Kind.EFFICIENCY),
        ((-1.0, 1.0, 1.0), Kind.EFFICIENCY),
        ((0.0, 1.0, 1.0), Kind.SHARE),
        ((0.0, 1.0, 0.0), Kind.SHORTFALL),
        ((0.0, UNBOUND, 1.0), Kind.RATIO),
        ((-UNBOUND, UNBOUND, 0.0), Kind.SIGNED),
        ((-100.0, UNBOUND, 0.0), Kind.SIGNED),
        ((-UNBOUND, UNBOUND, 1.0), Kind.SIGNED),
        ((0.0, UNBOUND, 0.0), Kind.ERROR),
        ((-UNBOUND, UNBOUND, math.nan), Kind.PLAIN),
    ],
)
def test_kind_follows_from_bounds_and_ideal(bounds: tuple[float, float, float], kind: Kind) -> None:
    assert measure(*bounds).kind is kind


@pytest.mark.parametrize("kind", [*Kind])
def test_classes_and_tones_fit_together_and_ascend(kind: Kind) -> None:
    bounds = {
        Kind.EFFICIENCY: (-UNBOUND, 1.0, 1.0),
        Kind.SHARE: (0.0, 1.0, 1.0),
        Kind.SHORTFALL: (0.0, 1.0, 0.0),
        Kind.RATIO: (0.0, UNBOUND, 1.0),
        Kind.SIGNED: (-UNBOUND, UNBOUND, 0.0),
        Kind.ERROR: (0.0, UNBOUND, 0.0),
        Kind.PLAIN: (-UNBOUND, UNBOUND, math.nan),
    }[kind]
    values = np.random.default_rng(3).normal(1.0, 2.0, 500)
    scale = colour_scale(measure(*bounds), values)
    assert len(scale.tones) == len(scale.edges) + 1
    assert list(scale.edges) == sorted(set(scale.edges))
    assert all(-1.0 <= tone <= 1.0 for tone in scale.tones)
    assert len(set(colours(scale))) == len(scale.tones)


def test_efficiency_is_divided_where_knowing_nothing_stands() -> None:
    scale = colour_scale(measure(-UNBOUND, 1.0, 1.0), np.array([0.5]))
    assert 0.0 in scale.edges
    below = [tone for edge, tone in zip(scale.edges, scale.tones, strict=False) if edge <= 0.0]
    assert all(tone < 0.0 for tone in below)
    assert all(tone > 0.0 for tone in scale.tones[len(below) :])


def test_signed_classes_are_symmetric_about_the_ideal() -> None:
    values = np.array([-60.0, 3.0, 8.0, 12.0, -11.0])
    scale = colour_scale(measure(-UNBOUND, UNBOUND, 1.0), values)
    edges = np.array(scale.edges) - 1.0
    assert edges.tolist() == (-edges[::-1]).tolist()
    assert scale.tones[3] == 0.0


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([-40.0, 40.0], (-40.0, -20.0, -10.0, 10.0, 20.0, 40.0)),
        ([0.0, 0.0], (-4e-9, -2e-9, -1e-9, 1e-9, 2e-9, 4e-9)),
        ([], (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)),
    ],
)
def test_symmetric_edges_are_round(values: list[float], edges: tuple[float, ...]) -> None:
    assert symmetric_edges(np.array(values)) == pytest.approx(edges)


def test_edges_of_equal_values_are_one() -> None:
    assert quantile_edges(np.full(9, 2.0)) == (2.0,)
    assert quantile_edges(np.empty(0)) == (0.0,)


def test_distance_of_a_ratio_is_the_same_for_half_and_double() -> None:
    half, double, one = measure(0.0, UNBOUND, 1.0).distance(np.array([0.5, 2.0, 1.0]))
    assert half == pytest.approx(double)
    assert one == 0.0


def test_measure_of_a_registered_metric_has_the_units_of_the_evaluation() -> None:
    assert measure_of("rmse", "", "ft3 s-1").unit == "ft³ s⁻¹"
    assert measure_of("rmse", "Flood", "m").name.endswith("· Flood")
    assert measure_of("percent_bias", "", "m3 s-1").unit == "%"


def test_skill_is_an_efficiency_and_what_nobody_knows_a_signature() -> None:
    assert measure_of("skill:rmse", "", "m3 s-1").kind is Kind.EFFICIENCY
    assert measure_of("skill:rmse", "", "m3 s-1").title.startswith("Skill in ")
    assert measure_of("my own", "", "m3 s-1").kind is Kind.PLAIN


def test_units_are_written_for_people() -> None:
    assert in_symbols("m3 s-1") == "m³ s⁻¹"
    assert in_symbols("-") == ""


def test_colours_of_light_and_dark_have_the_same_palettes() -> None:
    assert PALETTES["light"].keys() == PALETTES["dark"].keys()


def test_configurations_beyond_the_colours_are_told_apart_by_dashes() -> None:
    assert len({line_style(k) for k in range(18)}) == 18
