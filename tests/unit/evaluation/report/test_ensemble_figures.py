"""Figures of ensembles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.ensemble_rank import rank_histogram
from dmod.evaluation.exceedance import reliability_table
from dmod.evaluation.report.evaluation import write_ensemble_figures
from dmod.evaluation.report.evaluation.ensemble_figures import draw_ranks, draw_reliability

RANDOM = np.random.default_rng(5)
OBSERVED = RANDOM.normal(0.0, 1.0, 400)
MEMBERS = OBSERVED + RANDOM.normal(0.0, 0.8, (7, 400))


def test_reliability_shows_what_occurred_where_a_probability_was_given() -> None:
    table = reliability_table(MEMBERS, OBSERVED, threshold=0.5)
    upper, lower = draw_reliability({"members": table}).axes
    line = next(line for line in upper.lines if line.get_label() == "members")
    np.testing.assert_allclose(line.get_ydata(), table.frequency[np.isfinite(table.frequency)])
    assert lower.lines[0].get_ydata().sum() == pytest.approx(100.0)


def test_ranks_are_bars_that_add_up() -> None:
    axes = draw_ranks({"one": rank_histogram(MEMBERS, OBSERVED), "two": np.full(8, 0.125)}).axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert len(heights) == 16
    assert sum(heights[:8]) == pytest.approx(100.0)


def test_figures_of_an_ensemble_are_written(tmp_path: Path) -> None:
    table = reliability_table(MEMBERS, OBSERVED, threshold=9.0)  # never reached
    written = write_ensemble_figures(
        tmp_path, ("svg",), reliability={"m": table}, ranks={"m": rank_histogram(MEMBERS, OBSERVED)}
    )
    assert [path.name for path in written] == ["reliability.svg", "ranks.svg"]
    assert all(path.is_file() for path in written)
    assert write_ensemble_figures(tmp_path) == []


def test_several_places_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="both is of several places"):
        write_ensemble_figures(tmp_path, ranks={"both": np.ones((2, 8))})
