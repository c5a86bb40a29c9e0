"""Figures as files: which ones, what they show, what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, MissingExtra
from dmod.evaluation.evaluation import Evaluation, Place, PlaceSeries
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation import figures, write_figures
from dmod.evaluation.report.evaluation.figures import plain_name
from dmod.testing.evaluations import example_evaluation

PNG = b"\x89PNG"
LINE = np.array([-100.0, -99.0, -99.5])


@pytest.fixture(scope="module")
def example() -> Evaluation:
    return example_evaluation(8, ("one", "two"), metrics=("kge", "rmse"), steps=100, drawn=1)


def texts(path: Path) -> set[str]:
    return set(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))


def test_every_figure_is_written_in_every_format(tmp_path: Path, example: Evaluation) -> None:
    written = write_figures(example, tmp_path / "figures")
    names = {
        "map-kge-one",
        "map-kge-two",
        "cumulative-kge",
        "boxes-kge-season",
        "boxes-kge-regime",
        "medians",
        "performance",
        "series-01000000",
    }
    assert {path.name for path in written} == {f"{name}.{form}" for name in names for form in ("svg", "png")}
    assert sorted(written) == sorted((tmp_path / "figures").iterdir())
    assert all(path.read_bytes().startswith(PNG) for path in written if path.suffix == ".png")
    folder = tmp_path / "figures"
    assert {"one", "Longitude [°]", "Kling-Gupta efficiency (2009)"} <= texts(folder / "map-kge-one.svg")
    assert {"DJF", "SON", "all"} <= texts(folder / "boxes-kge-season.svg")
    assert {"observed", "two", "River 0 near Town 0 (01000000)"} <= texts(folder / "series-01000000.svg")


def test_figures_written_again_are_the_same(tmp_path: Path, example: Evaluation) -> None:
    plain = replace(example, series={})
    first, second = (write_figures(plain, tmp_path / name, ("svg",), metric="rmse") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert "cumulative-rmse.svg" in {path.name for path in first}


def test_figures_of_little_are_drawn(tmp_path: Path) -> None:
    one = example_evaluation(1, ("$a_1$ 模型",), metrics=("volume_error",), steps=3, drawn=1, facets=False)
    place = one.places[0].id
    none = np.full(3, np.nan)
    dry = PlaceSeries(one.series[place].times, 3600, none, {"$a_1$ 模型": np.array([0.0, -1.0, np.nan])})
    bare = replace(
        one, places=(Place(place),), scores=one.scores.assign(value=np.nan), series={place: dry}, grades=()
    )
    names = {path.name for path in write_figures(bare, tmp_path, ("svg",))}
    assert names == {
        "cumulative-volume_error.svg",
        "medians.svg",
        "performance.svg",
        f"series-{place}.svg",
    }
    assert "$a_1$ 模型" in texts(tmp_path / "medians.svg")


def test_map_has_outlines_and_rivers_behind_its_places(tmp_path: Path, example: Evaluation) -> None:
    paths = {}
    for name, behind in (
        ("bare", {}),
        (
            "full",
            {
                "outlines": [CatchmentRing("c", LINE, LINE / -3)],
                "rivers": [RiverLine("r", LINE, LINE / -3, 2.0)],
            },
        ),
    ):
        write_figures(example, tmp_path / name, ("svg",), places=(), **behind)  # type: ignore[arg-type]
        paths[name] = (tmp_path / name / "map-kge-one.svg").read_text(encoding="utf-8")
    assert "#7fa9d4" in paths["full"]
    assert "#7fa9d4" not in paths["bare"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"formats": ("gif",)}, "cannot be written as gif"),
        ({"formats": ()}, "cannot be written as nothing"),
        ({"metric": "nse"}, "no metric 'nse'"),
        ({"places": ("elsewhere",)}, "no series of elsewhere"),
    ],
)
def test_what_is_not_known_is_refused_before_anything_is_written(
    tmp_path: Path, example: Evaluation, more: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_figures(example, tmp_path / "figures", **more)
    assert not [*tmp_path.iterdir()]


def test_figures_without_matplotlib_name_the_extra(
    tmp_path: Path, example: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as error:
        write_figures(example, tmp_path)
    assert "dmod[plot]" in str(error.value.hint)


@pytest.mark.parametrize(
    ("name", "plain"), [("a/../b", "a-b"), ("..", "unnamed"), ("cat-27", "cat-27"), ("x" * 99, "x" * 60)]
)
def test_names_of_files_are_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain
