"""Places of an evaluation in a hydrofabric, and the page with the basin behind them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dmod.errors import DmodError
from dmod.evaluation.evaluation import Evaluation, Place
from dmod.hydrofabric import read_hydrofabric
from dmod.hydrofabric.geometry import read_geometry
from dmod.services.evaluation import picture
from dmod.services.evaluation.page import write_located_figures, write_page
from dmod.services.evaluation.picture import AREA, picture_of
from dmod.testing import fabrics
from dmod.testing.evaluations import example_evaluation


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fabrics.write_fabric(tmp_path_factory.mktemp("fabric"), fabrics.y_confluence())


def evaluation_at(*ids: str) -> Evaluation:
    """Return an evaluation of places of which nothing is known but the id."""
    example = example_evaluation(len(ids), ("one",), metrics=("kge",), steps=4, drawn=0, facets=False)
    known = {old.id: new for old, new in zip(example.places, ids, strict=True)}
    scores = example.scores.assign(location=example.scores["location"].map(known))
    return replace(example, places=tuple(Place(id) for id in ids), scores=scores)


def test_places_are_found_by_any_kind_of_id(package: Path) -> None:
    fabric = read_hydrofabric(package)
    catchment, flowpath, nexus = fabric.catchments.ids[0], fabric.flowpaths.ids[0], fabric.nexuses.ids[0]
    found = picture_of(evaluation_at(catchment, flowpath, nexus, "elsewhere"), fabric)
    located = [np.isfinite((place.longitude, place.latitude)).all() for place in found.evaluation.places]
    assert located == [True, True, True, False]
    assert found.evaluation.places[0].attributes[AREA] == found.evaluation.places[1].attributes[AREA]
    assert found.evaluation.places[3].attributes == {}
    below = found.evaluation.places[1]
    assert (below.longitude, below.latitude) == pytest.approx(
        tuple(read_geometry(fabric).nexuses[fabric.flowpaths.toid[0]])
    )
    assert {ring.id for ring in found.outlines} == set(fabric.catchments.ids)
    assert {river.id for river in found.rivers} == set(fabric.flowpaths.ids)
    widths = [river.width for river in found.rivers]
    assert widths == sorted(widths, reverse=True)


def test_places_are_found_by_the_crosswalk_and_keep_what_is_known(package: Path) -> None:
    fabric = read_hydrofabric(package)
    known = evaluation_at("gauge", "other")
    places = (known.places[0], Place("other", "Other", 1.0, 2.0, {AREA: 3.0}))
    crosswalk = dict.fromkeys(("gauge", "other"), fabric.nexuses.ids[0])
    found = picture_of(replace(known, places=places), fabric, crosswalk).evaluation.places
    assert np.isfinite(found[0].longitude)
    assert found[1] == places[1]


def test_outlines_of_very_many_catchments_are_left_out(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MOST_RINGS", 2)
    monkeypatch.setattr(picture, "MOST_RIVERS", 1)
    found = picture_of(evaluation_at("wb-1"), read_hydrofabric(package))
    assert found.outlines == ()
    assert len(found.rivers) == 1


@dataclass
class Run:
    hydrofabric: Path | None


def planned(*files: Path | None) -> SimpleNamespace:
    crosswalk = {"gauge": "wb-1"}
    return SimpleNamespace(
        configurations=[SimpleNamespace(source=Run(file), crosswalk=crosswalk) for file in files]
    )


def outlines_of(page: Path) -> int:
    found = re.search(r'id="evaluation-data">(.*?)</script>', page.read_text(encoding="utf-8"), flags=re.S)
    assert found
    return len(json.loads(found[1])["outlines"])


def test_page_has_the_basin_of_the_first_run_that_still_has_one(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"nothing")
    plan = planned(None, tmp_path / "gone.gpkg", broken, package)
    path = write_page(tmp_path / "page.html", evaluation_at("gauge"), plan=plan)  # type: ignore[arg-type]
    assert outlines_of(path) == 3
    assert "<h2>Where</h2>" in path.read_text(encoding="utf-8")


def test_figures_have_the_basin_too(package: Path, tmp_path: Path) -> None:
    written = write_located_figures(
        tmp_path / "figures",
        evaluation_at("gauge"),
        ("svg",),
        plan=planned(package),  # type: ignore[arg-type]
    )
    maps = [path for path in written if path.name == "map-kge-one.svg"]
    assert len(maps) == 1
    assert "#7fa9d4" in maps[0].read_text(encoding="utf-8")


def test_page_without_a_basin_is_written(tmp_path: Path) -> None:
    path = write_page(tmp_path / "page.html", evaluation_at("gauge"))
    assert outlines_of(path) == 0
    assert "<h2>Where</h2>" not in path.read_text(encoding="utf-8")


def test_page_with_a_named_hydrofabric_that_is_broken_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"nothing")
    with pytest.raises(DmodError):
        write_page(tmp_path / "page.html", evaluation_at("gauge"), hydrofabric=broken)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.gpkg"]
