import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, RealizationError
from dmod.formulation import Realization, read_realization_text
from dmod.hydrofabric import Hydrofabric, read_hydrofabric
from dmod.jobs.schedule.estimate import COSTS
from dmod.services.catchment_costs import LAKE, catchment_costs
from dmod.testing import fabrics
from dmod.testing.fabrics import spoil, write_fabric

HOURS = 1000


@pytest.fixture
def fabric(tmp_path: Path) -> Hydrofabric:
    return read_hydrofabric(write_fabric(tmp_path, fabrics.with_lake()))


def of(name: str, steps: int = HOURS) -> float:
    return COSTS[name].catchment + COSTS[name].cell * steps


def chain(*names: str) -> list[dict[str, Any]]:
    modules = [
        {
            "name": "bmi_c",
            "params": {
                "model_type_name": f"bmi_c_{name}",
                "library_file": f"lib{name}",
                "init_config": "{{id}}.txt",
                "main_output_variable": "Q_OUT",
            },
        }
        for name in names
    ]
    params = {
        "name": "bmi_multi",
        "model_type_name": "chain",
        "init_config": "",
        "main_output_variable": "Q_OUT",
        "modules": modules,
    }
    return [{"name": "bmi_multi", "params": params}]


def realization(**more: Any) -> Realization:
    document = {
        "global": {
            "formulations": chain("petbmi", "cfe"),
            "forcing": {"provider": "NetCDF", "path": "forcing.nc"},
        },
        "time": {
            "start_time": "2015-10-01 00:00:00",
            "end_time": "2015-11-11 15:00:00",
            "output_interval": 3600,
        },
        **more,
    }
    found = read_realization_text(json.dumps(document))
    assert found.time.count == HOURS
    return found


def test_catchments_of_one_formulation_cost_what_it_was_measured_to(fabric: Hydrofabric) -> None:
    costs = catchment_costs(fabric, realization())
    assert costs.seconds.tolist() == pytest.approx([of("cfe")] * 3)
    assert costs.unmeasured == ()
    assert catchment_costs(fabric, realization(), steps=7).seconds == pytest.approx([of("cfe", 7)] * 3)


def test_catchment_with_modules_of_its_own_costs_what_they_do(fabric: Hydrofabric) -> None:
    own = {"cat-2": {"formulations": chain("petbmi", "topmodel")}}
    costs = catchment_costs(fabric, realization(catchments=own))
    assert costs.seconds == pytest.approx([of("cfe"), of("topmodel"), of("cfe")])
    assert of("topmodel") > of("cfe")


def test_chain_that_was_not_measured_costs_as_the_dearest_and_is_named(fabric: Hydrofabric) -> None:
    own = {
        "cat-1": {"formulations": chain("lasambmi")},
        "cat-3": {"formulations": chain("surfacebmi", "cfe")},
    }
    costs = catchment_costs(fabric, realization(catchments=own))
    dearest = max(of("cfe"), of("topmodel"))
    assert costs.seconds == pytest.approx([dearest, of("cfe"), dearest])
    assert sorted(costs.unmeasured) == ["LGAR (LASAM)", "Noah-OWP-Modular+CFE"]


def test_lake_costs_more_than_a_river_where_routing_counts(fabric: Hydrofabric) -> None:
    routed = {"routing": {"t_route_config_file_with_path": "troute.yaml"}}
    costs = catchment_costs(fabric, realization(**routed))
    river, lake = of("cfe") + of("routing"), of("cfe") + LAKE * of("routing")
    assert costs.seconds == pytest.approx([river, river, lake])
    assert lake > river
    assert catchment_costs(fabric, realization(**routed), is_routed=False).seconds == pytest.approx(
        [of("cfe")] * 3
    )
    assert catchment_costs(fabric, is_routed=True, steps=HOURS).seconds == pytest.approx([river, river, lake])


def test_flowpaths_of_one_lake_share_its_cost(tmp_path: Path) -> None:
    tables = fabrics.with_lake()
    for row in (0, 1):
        tables = spoil(tables, "flowpath-attributes", "WaterbodyID", row, "4711" if row else "4712")
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    found = catchment_costs(fabric, is_routed=True, steps=HOURS).seconds - of("cfe")
    # 4712 is in no table of lakes: a river
    assert found == pytest.approx(of("routing") * np.array([1.0, LAKE / 2, LAKE / 2]))


def test_catchment_without_a_formulation_or_a_run_without_steps_is_refused(fabric: Hydrofabric) -> None:
    found = realization(catchments={"cat-1": {"formulations": chain("cfe")}})
    with pytest.raises(RealizationError, match="cat-2"):
        catchment_costs(fabric, replace(found, default=None))
    with pytest.raises(InputError, match="0 steps"):
        catchment_costs(fabric, steps=0)
