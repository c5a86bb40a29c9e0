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
from dmod.evaluation.report.evaluation.measure import colour_scale
from dmod.evaluation.report.evaluation.palette import colours
from dmod.evaluation.report.evaluation.score_cube import score_cube
from dmod.evaluation.report.evaluation.score_figures import draw_map
from dmod.testing.evaluations import example_evaluation, with_ensemble

PNG = b"\x89PNG"
LINE = np.array([-100.0, -99.0, -99.5])


@pytest.fixture(scope="module")
def example() -> Evaluation:
    one = example_evaluation(8, ("one", "two"), metrics=("kge",), steps=100, drawn=1)
    regime = one.scores["facet"] == "regime"
    return replace(one, scores=one.scores[~regime])


def texts(path: Path) -> set[str]:
    return set(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))


def test_every_figure_is_written(tmp_path: Path, example: Evaluation) -> None:
    folder = tmp_path / "figures"
    written = write_figures(example, folder, ("svg",))
    names = {
        "map-kge-one",
        "map-kge-two",
        "cumulative-kge",
        "boxes-kge-season",
        "medians",
        "performance",
        "series-01000000",
    }
    assert {path.name for path in written} == {f"{name}.svg" for name in names}
    assert sorted(written) == sorted(folder.iterdir())
    assert {"one", "Longitude [°]", "Kling-Gupta efficiency (2009)"} <= texts(folder / "map-kge-one.svg")
    assert {"DJF", "SON", "all"} <= texts(folder / "boxes-kge-season.svg")
    assert {"observed", "two", "River 0 near Town 0 (01000000)"} <= texts(folder / "series-01000000.svg")


def test_figures_of_an_ensemble_are_written_beside_the_others(tmp_path: Path, example: Evaluation) -> None:
    written = write_figures(with_ensemble(example, "two"), tmp_path, ("svg",))
    assert {"ranks.svg", "reliability-Flood.svg", "reliability-75th-percentile.svg"} < {
        path.name for path in written
    }
    assert {"two", "Members below the observation"} <= texts(tmp_path / "ranks.svg")
    filled = (tmp_path / "series-01000000.svg").read_text(encoding="utf-8").count('id="FillBetween')
    assert filled == 2


def test_figures_of_little_are_drawn(tmp_path: Path) -> None:
    one = example_evaluation(1, ("$a_1$ 模型",), metrics=("volume_error",), steps=3, drawn=1, facets=False)
    place = one.places[0].id
    none = np.full(3, np.nan)
    dry = PlaceSeries(one.series[place].times, 3600, none, {"$a_1$ 模型": np.array([0.0, -1.0, np.nan])})
    bare = replace(
        one, places=(Place(place),), scores=one.scores.assign(value=np.nan), series={place: dry}, grades=()
    )
    written = write_figures(bare, tmp_path, ("svg", "png"), metric="volume_error")
    names = ("cumulative-volume_error", "medians", "performance", f"series-{place}")
    assert {path.name for path in written} == {f"{name}.{form}" for name in names for form in ("svg", "png")}
    assert all(path.read_bytes().startswith(PNG) for path in written if path.suffix == ".png")
    assert "$a_1$ 模型" in texts(tmp_path / "medians.svg")
    again = write_figures(bare, tmp_path / "again", ("svg",), metric="volume_error")
    assert all(path.read_bytes() == (tmp_path / path.name).read_bytes() for path in again)


def test_map_has_outlines_and_rivers_behind_its_places(example: Evaluation) -> None:
    behind = [CatchmentRing("c", LINE, LINE / -3)], [RiverLine("r", LINE, LINE / -3, 2.0)]
    cube = score_cube(example)
    plain, full = (draw_map(example, cube, 0, 0, shapes).axes[0].collections for shapes in (((), ()), behind))
    assert len(full) == len(plain) + 2
    assert full[0].get_paths()[0].vertices[0].tolist() == [-100.0, pytest.approx(100.0 / 3.0)]


def test_map_colours_places_by_their_class(example: Evaluation) -> None:
    from matplotlib.colors import to_hex

    cube = score_cube(example)
    dots = draw_map(example, cube, 0, 0, ((), ())).axes[0].collections[-1]
    dots.update_scalarmappable()
    scale = colour_scale(cube.measures[0], cube.whole[0])
    known = cube.whole[0, 0][np.isfinite(cube.whole[0, 0])]
    expected = [colours(scale)[k] for k in np.searchsorted(scale.edges, known, side="right")]
    assert [to_hex(colour) for colour in dots.get_facecolors()] == expected


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"formats": ("gif",)}, "cannot be written as gif"),
        ({"formats": ()}, "cannot be written as nothing"),
        ({"metric": "rmse"}, "no metric 'rmse'"),
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
