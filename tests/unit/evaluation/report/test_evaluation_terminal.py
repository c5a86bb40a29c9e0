"""An evaluation in the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmod.errors import InputError
from dmod.evaluation.report.evaluation import summarised
from dmod.testing.evaluations import example_evaluation


def test_summary_has_medians_grades_places_and_notes() -> None:
    lines = summarised(example_evaluation(40, steps=10, drawn=0)).splitlines()
    assert lines[0] == "Example evaluation: 40 places, 3 configurations"
    row = next(line for line in lines if line.startswith("Kling-Gupta efficiency (2009)  "))
    assert row.split()[-4] == "1.00"
    assert any(line.startswith("grade of default: 68.00 %") for line in lines)
    worst = next(i for i, line in enumerate(lines) if "worst" in line)
    best = next(i for i, line in enumerate(lines) if " best " in line)
    assert best - worst == 5
    assert float(lines[worst].split()[-3].replace("−", "-")) < float(lines[best].split()[-3])
    assert "note: 3 gauges have gaps." in lines
    assert all(len(line) <= 100 for line in lines)


def test_summary_of_many_configurations_says_how_many_are_left_out() -> None:
    many = example_evaluation(2, tuple(f"m{k}" for k in range(8)), steps=10, drawn=0, facets=False)
    text = summarised(many)
    assert "2 configurations more" in text
    assert "m6" not in text.split("grade")[0]


def test_summary_of_one_place_lists_no_places() -> None:
    text = summarised(example_evaluation(1, ("a",), steps=10, drawn=0))
    assert text.startswith("Example evaluation: 1 place, 1 configuration\n")
    assert "worst" not in text


def test_names_are_no_markup() -> None:
    text = summarised(example_evaluation(6, ("[red]x[/]", "[/]"), steps=10, drawn=0))
    assert "[red]x[/]" in text


def test_colour_makes_the_best_bold() -> None:
    evaluation = example_evaluation(6, steps=10, drawn=0)
    assert "\x1b[1m" in summarised(evaluation, colour=True)
    assert "\x1b" not in summarised(evaluation)


def test_summary_without_a_score_is_refused() -> None:
    evaluation = example_evaluation(2, steps=10, drawn=0)
    with pytest.raises(InputError, match="no score to show"):
        summarised(replace(evaluation, scores=evaluation.scores.iloc[:0]))
