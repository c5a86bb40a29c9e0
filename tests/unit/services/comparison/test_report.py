from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.output.metadata import hash_file
from dmod.services.comparison import page_data
from dmod.services.comparison.compare import compare
from dmod.services.comparison.report import write_comparison_report
from dmod.testing.fabrics import write_fabric, y_confluence

MakeRun = Callable[..., Path]
A = {"Q_OUT": [[1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 1.0, 0.0]]}
B = {"Q_OUT": [[1.0, 4.0, 3.0, 5.0], [0.0, 0.0, 1.0, 0.0]]}


def data_of(page: Path) -> Any:
    found = re.search(r'id="compare-data">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def floats(text: str) -> list[float]:
    return np.frombuffer(base64.b64decode(text), "<f4").tolist()


def test_report_holds_the_series_of_the_worst_place_and_the_shades(make_run: MakeRun, tmp_path: Path) -> None:
    found = compare([make_run("a", A), make_run("b", B)])
    page = write_comparison_report(tmp_path / "page.html", found)
    data = data_of(page)
    assert data["runs"] == ["a", "b"]
    (point,) = data["points"]
    assert (point["id"], point["variable"], point["unit"], point["why"]) == (
        "cat-1",
        "Q_OUT",
        "m",
        "farthest in b",
    )
    assert [floats(run["values"]) for run in point["runs"]] == [A["Q_OUT"][0], B["Q_OUT"][0]]
    (shades,) = data["map"]
    assert shades["ids"] == ["cat-1", "cat-2"]
    assert floats(shades["variables"][0]["largest"]) == [2.0, 0.0]
    assert floats(shades["variables"][0]["relative"]) == pytest.approx([100.0 / 12.0, 0.0])
    text = page.read_text(encoding="utf-8")
    assert "no map: the hydrofabric of the runs is not there" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_report_draws_the_map_of_the_recorded_hydrofabric(make_run: MakeRun, tmp_path: Path) -> None:
    fabric = write_fabric(tmp_path, y_confluence())
    file = hash_file(fabric)
    inputs = [{"path": str(fabric), "size": file.size, "sha256": file.sha256}]
    record = {"inputs": inputs, "input_roles": {str(fabric): "hydrofabric"}, "result": {"modules": ["cfe"]}}
    found = compare([make_run("a", A, record=record), make_run("b", B, record=record)])
    text = write_comparison_report(tmp_path / "page.html", found).read_text(encoding="utf-8")
    assert text.count('<path class="catchment"') == 3
    assert "no map" not in text


def test_report_shows_a_chosen_place_first(make_run: MakeRun, tmp_path: Path) -> None:
    found = compare([make_run("a", A), make_run("b", B)])
    data = data_of(write_comparison_report(tmp_path / "page.html", found, at="cat-2"))
    assert [point["id"] for point in data["points"]] == ["cat-2", "cat-1"]
    with pytest.raises(NotFoundError, match="--at cat-3: a has no such place"):
        write_comparison_report(tmp_path / "page.html", found, at="cat-3")


def test_report_shows_the_river_with_most_water(make_run: MakeRun, tmp_path: Path) -> None:
    flow = [[1.0] * 4, [9.0] * 4, [2.0] * 4]
    found = compare([make_run("a", A, flow=flow), make_run("b", B, flow=[flow[0], [8.0] * 4, flow[2]])])
    data = data_of(write_comparison_report(tmp_path / "page.html", found))
    assert [(point["id"], point["why"]) for point in data["points"]] == [
        ("wb-2", "most water"),
        ("cat-1", "farthest in b"),
    ]


def test_report_of_series_in_other_units_shows_those_of_the_reference(
    make_run: MakeRun, tmp_path: Path
) -> None:
    rates = {"Q_OUT": (np.array(B["Q_OUT"]) * 4.0).tolist()}
    b = make_run("b", rates, units={"Q_OUT": "m h-1"}, step=900)
    found = compare([make_run("a", A, step=900), b])
    data = data_of(write_comparison_report(tmp_path / "page.html", found))
    assert floats(data["points"][0]["runs"][1]["values"]) == B["Q_OUT"][0]


def test_report_of_hostile_names_shows_them_as_text(make_run: MakeRun, tmp_path: Path) -> None:
    found = compare([make_run("a", A), make_run("b", B)], ["</script><b>x", "b"])
    text = write_comparison_report(tmp_path / "page.html", found).read_text(encoding="utf-8")
    assert "</script><b>x" not in text


def test_report_of_long_series_keeps_what_lies_farthest_out(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_data, "MOST_VALUES", 2)
    found = compare([make_run("a", A), make_run("b", B)])
    run = data_of(write_comparison_report(tmp_path / "page.html", found))["points"][0]["runs"][0]
    assert (run["step"], floats(run["values"])) == (7200, [1.0, 3.0])


def test_report_that_is_no_html_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    found = compare([make_run("a", A), make_run("b", B)])
    with pytest.raises(InputError, match="is no HTML file"):
        write_comparison_report(tmp_path / "page.pdf", found)
