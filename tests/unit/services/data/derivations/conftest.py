"""An example hydrofabric, weather on a grid around it, and what is derived from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.data_format import FORMATS
from dmod.catalog.requirement import Requirement
from dmod.core.time_axis import format_time
from dmod.services.data.asking import requirement_of
from dmod.services.data.derivations.registry import find_derivation
from dmod.services.example_fabric import ExampleFabric, make_example_fabric
from dmod.services.example_store import make_example_store
from dmod.services.subset import Region, find_region
from dmod.testing.derivation_trial import DerivationTrial, Done

START, END = datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 3, 2, 11, tzinfo=UTC)
HOURS = 36


@dataclass(frozen=True)
class Basin:
    """A hydrofabric, a basin in it, and a gridded store around it; none of them is to be changed."""

    fabric: Path
    gauge: str
    catchments: tuple[str, ...]
    store: Path

    def wanting(self, category: str, form: str, **more: Any) -> Requirement:
        """Return a requirement of the basin and the period, as far as the format has them."""
        usual: dict[str, Any] = {"catchments": self.catchments, "start": START, "end": END}
        allowed = {index.value for index in FORMATS[form].allowed}
        usual = {k: v for k, v in usual.items() if {"catchments": "CATCHMENT_ID"}.get(k, "TIME") in allowed}
        return requirement_of(category, format=form, **{**usual, **more})


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DMOD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def basin(tmp_path_factory: pytest.TempPathFactory) -> Basin:
    folder = tmp_path_factory.mktemp("basin")
    made: ExampleFabric = make_example_fabric(folder / "rivers.gpkg", catchments=40, seed=5)
    gauge = made.gauge_of(12)
    found = find_region(made.path, Region(places=(f"gage-{gauge.id}",)))
    store = make_example_store(folder / "aorc", around=made.path, start=START, days=3)
    return Basin(made.path, gauge.id, tuple(found.catchments), store.path)


@pytest.fixture
def trial(tmp_path: Path) -> DerivationTrial:
    return DerivationTrial(tmp_path / "trials")


@dataclass(frozen=True)
class Parts:
    """What a package is composed of."""

    fabric: Done
    realization: Done
    modules: Done
    routing: Done
    forcing: Done

    def inputs(self) -> dict[str, list[Path | Done]]:
        roles = ("realization", "modules", "routing", "forcing")
        return {"hydrofabric": [self.fabric], **{role: [getattr(self, role)] for role in roles}}


Make = Callable[[str], Parts]


@pytest.fixture(scope="session")
def make_parts(basin: Basin, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return what derives all parts of a package of a formulation, one after another."""

    def make(formulation: str) -> Parts:
        trial = DerivationTrial(tmp_path_factory.mktemp("parts"))
        fabric = trial.run(
            find_derivation("hydrofabric-subset"),
            basin.wanting("HYDROFABRIC", "NGEN_GEOPACKAGE_HYDROFABRIC_V2", exactly=True),
            {"hydrofabric": [basin.fabric]},
        )
        given: dict[str, Any] = {"formulation": formulation}
        fallbacks = {"fallbacks": ["basin-median"], "start": format_time(START), "end": format_time(END)}

        def derive(name: str, form: str, **more: Any) -> Done:
            return trial.run(
                find_derivation(name), basin.wanting("CONFIG", form, **more), {"hydrofabric": [fabric]}
            )

        return Parts(
            fabric,
            derive("realization", "NGEN_REALIZATION_CONFIG", **given),
            derive("module-configuration", "BMI_CONFIG", parameters=fallbacks, **given),
            derive("routing-configuration", "T_ROUTE_CONFIG"),
            trial.run(
                find_derivation("forcing-from-grid"),
                basin.wanting("FORCING", "NETCDF_AORC_DEFAULT"),
                {"hydrofabric": [fabric], "grid": [basin.store]},
            ),
        )

    return make


@pytest.fixture(scope="session")
def parts(make_parts: Make) -> Parts:
    return make_parts("cfe")
