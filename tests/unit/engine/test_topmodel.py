"""TOPMODEL: reading its three files, checks, and the program's behaviour beyond the equations."""

from pathlib import Path

import numpy as np
import pytest

from dmod.engine.models.module import Config
from dmod.engine.models.topmodel import TOPMODEL
from dmod.errors import RealizationError

RUN = "0\nA basin\nconfig/inputs.dat\nconfig/subcat.dat\nconfig/params.dat\ntopmod.out\nhyd.out\n"
SUBCAT = "1 1 1\nbasin\n4 1\n0.0 9.0\n0.2 7.0\n0.5 5.0\n0.3 3.0\n3\n0.0 500. 0.5 1000. 1.0 1500.\n$map\n"
PARAMS = "basin\n0.032 5.0 50. 3600. 3600. 0.05 0.0000328 0.002 0 1.0 0.02 0.1\n"


def write(folder: Path, run: str = RUN, subcat: str = SUBCAT, params: str = PARAMS) -> Path:
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "subcat.dat").write_text(subcat)
    (config / "params.dat").write_text(params)
    (config / "topmod.run").write_text(run)
    return config / "topmod.run"


def read(folder: Path, **files: str) -> Config:
    path = write(folder, **files)
    return TOPMODEL.read_config(path.read_text(), str(path))


def simulate(configs: list[Config], rain: np.ndarray, potential: np.ndarray) -> dict[str, np.ndarray]:
    prepared = TOPMODEL.prepare(configs)
    shape = (len(configs), rain.shape[-1])
    outputs = tuple(np.empty(shape) for _ in TOPMODEL.outputs)
    balance, failed = np.zeros((len(configs), 4)), np.zeros(len(configs), dtype=np.int64)
    inputs = tuple(np.ascontiguousarray(np.broadcast_to(a, shape)) for a in (rain, potential))
    TOPMODEL.kernel(prepared.parameters, prepared.state, inputs, outputs, balance, failed)
    result = {variable.name: array for variable, array in zip(TOPMODEL.outputs, outputs, strict=True)}
    return result | {"balance": balance, "failed": failed}


def test_topmodel_config_of_three_files_holds_parameters_histogram_and_channels(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert config.values["szm"] == 0.032
    assert config.values["dth"] == 0.1
    assert config.values["topographic_index_area"] == (0.0, 0.2, 0.5, 0.3)
    assert config.values["topographic_index"] == (9.0, 7.0, 5.0, 3.0)
    assert config.values["channel_area"] == (0.0, 0.5, 1.0)
    assert config.values["channel_distance"] == (500.0, 1000.0, 1500.0)
    assert TOPMODEL.check(config) == []


def test_topmodel_config_declares_every_value_it_reads(tmp_path: Path) -> None:
    names = {parameter.name for parameter in TOPMODEL.parameters}
    assert set(read(tmp_path).values) == names
    assert set(TOPMODEL.settable) == {"szm", "t0", "td", "srmax", "sr0", "xk0", "chv", "rv"}


def test_topmodel_config_naming_a_missing_file_says_what_was_tried(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "config" / "subcat.dat").unlink()
    with pytest.raises(RealizationError, match=r"config/subcat\.dat") as caught:
        TOPMODEL.read_config(path.read_text(), str(path))
    assert str(tmp_path / "config" / "subcat.dat") in (caught.value.hint or "")


def test_topmodel_config_with_absolute_paths_is_read(tmp_path: Path) -> None:
    config = read(tmp_path, run=RUN.replace("config/", f"{tmp_path}/config/"))
    assert config.values["td"] == 50.0


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"run": "0\ntitle\n"}, "lines"),
        ({"run": "x" + RUN}, "stand_alone"),
        ({"params": "basin\n0.032 5.0 50.\n"}, "chv"),
        ({"params": PARAMS.replace("50.", "fifty")}, "fifty"),
        ({"subcat": SUBCAT.replace("4 1\n", "0 1\n")}, "topographic index"),
        ({"subcat": SUBCAT.replace("4 1\n", "40 1\n")}, "index value|area of an index"),
    ],
)
def test_topmodel_config_that_cannot_be_read_names_what_was_expected(
    tmp_path: Path, files: dict[str, str], word: str
) -> None:
    with pytest.raises(RealizationError, match=word):
        read(tmp_path, **files)


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"run": RUN.replace("0\n", "1\n", 1)}, "stand_alone"),
        ({"params": PARAMS.replace("0.002 0", "0.2 0")}, "sr0"),
        ({"params": PARAMS.replace("0.002 0", "0.002 2")}, "infex"),
        ({"params": PARAMS.replace("0.032", "0.0")}, "szm"),
        ({"subcat": SUBCAT.replace("0.2 7.0", "0.2 4.0")}, "topographic_index"),
        (
            {"subcat": SUBCAT.replace("1.0 1500.", "1.0 100.")},
            "channel_dist",
        ),
        ({"subcat": SUBCAT.replace("500. 0.5 1000. 1.0 1500.", "0. 0.5 1800. 0.8 3600.")}, "sum to"),
        ({"subcat": SUBCAT.replace("1 1 1", "2 1 1")}, "num_sub_catchments"),
    ],
)
def test_topmodel_check_of_a_wrong_value_names_it(tmp_path: Path, files: dict[str, str], word: str) -> None:
    problems = TOPMODEL.check(read(tmp_path, **files))
    assert any(word in problem for problem in problems), problems


def test_topmodel_without_an_ordinate_is_not_prepared(tmp_path: Path) -> None:
    config = read(tmp_path, subcat=SUBCAT.replace("500. 0.5 1000. 1.0 1500.", "0. 0.5 0. 1.0 0."))
    assert "sum to 0" in TOPMODEL.check(config)[0]
    with pytest.raises(RealizationError, match="no ordinate"):
        TOPMODEL.prepare([config])


def test_topmodel_with_unequal_histograms_pads_them_and_computes_each_as_alone(tmp_path: Path) -> None:
    small = read(tmp_path)
    large = read(
        tmp_path,
        subcat=SUBCAT.replace("4 1\n", "5 1\n")
        .replace("0.3 3.0", "0.2 3.0\n0.1 2.0")
        .replace("1.0 1500.", "1.0 9000."),
    )
    rain = np.where(np.arange(200) % 17 == 0, 0.01, 0.0)
    potential = np.full(200, 1e-4)
    together = simulate([small, large], rain, potential)
    alone = [simulate([config], rain, potential) for config in (small, large)]
    for name, values in together.items():
        for i in range(2):
            assert (values[i] == alone[i][name][0]).all(), name
    assert not (together["Qout"][0] == together["Qout"][1]).all()


def test_topmodel_state_names_match_the_state_array(tmp_path: Path) -> None:
    prepared = TOPMODEL.prepare([read(tmp_path)])
    assert prepared.state.shape == (1, len(prepared.state_names))
    assert "class_root_zone_deficit[3]" in prepared.state_names
    assert prepared.state[0, prepared.state_names.index("class_root_zone_deficit[3]")] == 0.002


def test_topmodel_with_infiltration_excess_turns_all_rain_into_overland_flow(tmp_path: Path) -> None:
    config = read(tmp_path, params=PARAMS.replace("0.002 0", "0.002 1"))
    result = simulate([config], np.full(5, 0.003), np.zeros(5))
    assert (result["atmosphere_water__liquid_equivalent_precipitation_rate_out"] == 0.0).all()
    overland = result["land_surface_water__domain_time_integral_of_overland_flow_volume_flux"]
    assert (overland == 0.003).all()
    assert np.abs(result["balance"][0, 0] - result["balance"][0, 1:].sum()) < 1e-15


def test_topmodel_with_missing_rain_or_evaporation_reports_the_first_step(tmp_path: Path) -> None:
    gap = np.zeros(6)
    gap[3] = np.nan
    assert simulate([read(tmp_path)], gap, np.zeros(6))["failed"][0] == 3
    assert simulate([read(tmp_path)], np.zeros(6), gap)["failed"][0] == 3


def test_topmodel_balance_variable_stays_what_it_was_at_the_start(tmp_path: Path) -> None:
    result = simulate([read(tmp_path)], np.full(9, 0.01), np.zeros(9))
    assert len(np.unique(result["land_surface_water__water_balance_volume"])) == 1
