"""Datasets that are looked at: laid out once, whoever asks at the same time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import dmod
from dmod.catalog.dataset import Dataset
from dmod.services.views import library as views
from dmod.services.views.library import ViewLibrary
from dmod.testing.store_suite import at_once


def test_all_who_ask_at_once_get_what_one_of_them_lays_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.csv").write_text("time,streamflow [m3 s-1]\n2015-10-01 00:00:00Z,1\n")
    placing, placed = views.place, []

    def slow(catalog: object, dataset: Dataset, target: Path, *, link: bool) -> object:
        time.sleep(0.2)
        placed.append(target)
        return placing(catalog, dataset, target, link=link)

    monkeypatch.setattr(views, "place", slow)
    with dmod.open_data(tmp_path / "home") as data:
        dataset = data.add("gauge", [tmp_path / "file.csv"]).dataset
        library = ViewLibrary(data)
        found = at_once(lambda _: library.laid_out(dataset), 4)
    assert len(placed) == 1
    assert found == placed * 4
    assert (found[0] / "file.csv").is_file()
