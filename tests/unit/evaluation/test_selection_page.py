"""The map of a selection, as a page and as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, MissingExtra
from dmod.evaluation.report import selection_page
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.map_drawing import Place
from dmod.evaluation.report.selection_page import SelectionMap, render_selection, write_selection_map


@pytest.fixture
def selection() -> SelectionMap:
    x, y = np.array([0.0, 1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0, 0.0])
    return SelectionMap(
        "gage-1 <b>",
        [CatchmentRing("cat-1", x, y), CatchmentRing("cat-2", x + 1, y)],
        [RiverLine("wb-1", np.array([0.2, 1.5]), np.array([0.2, 0.5]), 4.0)],
        [Place("gauge 1", 1.5, 0.5)],
        {"cat-1": 100.0, "cat-2": 300.0},
        "Elevation [m]",
        facts=[("Catchments", "2")],
        notes=["take <care>"],
        lines=[(np.array([0.0, 2.0]), np.array([0.5, 0.5]))],
    )


def test_page_shows_everything_and_escapes_what_comes_from_outside(selection: SelectionMap) -> None:
    page = render_selection(selection)
    for part in ("Elevation [m]", "gauge 1", "take &lt;care&gt;", "gage-1 &lt;b&gt;", "Catchments", "cells"):
        assert part in page
    assert "<b>" not in page
    assert page.count('class="catchment') == 2


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_map_is_written_whole(selection: SelectionMap, tmp_path: Path, suffix: str) -> None:
    path = write_selection_map(tmp_path / f"map{suffix}", selection)
    assert path.read_bytes()[:4] in (b"<!DO", b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_map_of_another_form_is_refused(selection: SelectionMap, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"map\.pdf"):
        write_selection_map(tmp_path / "map.pdf", selection)


def test_picture_without_its_library_says_what_to_install(
    selection: SelectionMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection_page, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="matplotlib"):
        write_selection_map(tmp_path / "map.png", selection)
    assert list(tmp_path.iterdir()) == []
