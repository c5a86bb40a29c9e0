"""PET: configuration, and the program's behaviour beyond the equations."""

import numpy as np
import pytest

from dmod.engine.models.pet import PET
from dmod.errors import RealizationError

TEXT = """verbose=0
pet_method={method}
forcing_file=BMI
yes_aorc={aorc}
yes_wrf=0
wind_speed_measurement_height_m=10.0
humidity_measurement_height_m=2.0
vegetation_height_m=0.12
zero_plane_displacement_height_m=0.0003
momentum_transfer_roughness_length=0.0
surface_longwave_emissivity=1.0
surface_shortwave_albedo=0.22
cloud_base_height_known=FALSE
shortwave_radiation_provided=0
"""
# long-wave, pressure, specific humidity, short-wave, temperature, wind x and y
WEATHER = (117.1, 101300.0, 0.00778, 599.7, 298.15, 1.54, 3.2)


def run(text: str, weather: tuple[float, ...] = WEATHER, steps: int = 1) -> tuple[np.ndarray, int]:
    prepared = PET.prepare([PET.read_config(text, "cat-1.ini")])
    output, failed = np.empty((1, steps)), np.zeros(1, dtype=np.int64)
    PET.kernel(
        prepared.parameters,
        prepared.state,
        tuple(np.full((1, steps), value) for value in weather),
        (output,),
        np.zeros((1, 4)),
        failed,
    )
    return output[0], int(failed[0])


def changed(name: str, value: float) -> tuple[float, ...]:
    names = ("longwave", "pressure", "humidity", "shortwave", "temperature", "wind_x", "wind_y")
    return tuple(value if n == name else w for n, w in zip(names, WEATHER, strict=True))


def test_pet_config_with_keys_the_program_reads_past_names_them_with_a_reason() -> None:
    config = PET.read_config(TEXT.format(method=3, aorc=1), "cat-1.ini")
    assert set(config.ignored) == {"yes_wrf", "momentum_transfer_roughness_length", "cloud_base_height_known"}
    assert all(config.ignored.values())
    assert config.unknown == ()
    assert PET.check(config) == []


def test_pet_config_with_a_stranger_key_names_it() -> None:
    assert PET.read_config(TEXT.format(method=3, aorc=1) + "canopy=2\n", "a.ini").unknown == ("canopy",)


@pytest.mark.parametrize("key", ["pet_method", "yes_aorc", "zero_plane_displacement_height_m"])
def test_pet_config_without_a_necessary_key_is_refused_by_its_name(key: str) -> None:
    text = "\n".join(line for line in TEXT.format(method=3, aorc=1).splitlines() if not line.startswith(key))
    with pytest.raises(RealizationError, match=key):
        PET.read_config(text, "cat-1.ini")


def test_pet_config_with_a_sixth_method_is_refused() -> None:
    with pytest.raises(RealizationError, match="pet_method"):
        PET.read_config(TEXT.format(method=6, aorc=1), "cat-1.ini")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("surface_shortwave_albedo=0.22", "surface_shortwave_albedo=1.5", "albedo"),
        ("forcing_file=BMI", "forcing_file=weather.csv", "forcing_file"),
        ("height_m=0.0003", "height_m=3.0", "zero_plane_displacement_height_m"),
        ("height_m=0.0003", "height_m=0.0", "zero_plane_displacement_height_m"),
    ],
)
def test_pet_check_of_a_value_out_of_range_names_key_and_file(old: str, new: str, word: str) -> None:
    problems = PET.check(PET.read_config(TEXT.format(method=3, aorc=1).replace(old, new), "cat-1.ini"))
    assert len(problems) == 1
    assert word in problems[0]
    assert "cat-1.ini" in problems[0]


def test_pet_of_an_empty_set_of_catchments_prepares_empty_arrays() -> None:
    prepared = PET.prepare([])
    assert prepared.parameters.shape[0] == prepared.state.shape[0] == 0


@pytest.mark.parametrize(
    ("method", "published"),
    [(1, 8.594743e-08), (2, 8.977490e-08), (3, 8.694909e-08), (4, 8.249098e-08), (5, 7.628671e-08)],
)
def test_pet_on_the_modules_own_unit_test_gives_its_published_value(method: int, published: float) -> None:
    result, failed = run(TEXT.format(method=method, aorc=1))
    assert failed == -1
    assert result[0] == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize("method", [2, 3])
def test_pet_with_wind_at_ten_metres_rescales_it_in_the_first_step_only(method: int) -> None:
    first, second, third = run(TEXT.format(method=method, aorc=1), steps=3)[0]
    assert first < second
    assert second == third
    if method == 2:
        assert second / first == pytest.approx(np.log(10 / 0.0003) / np.log(2 / 0.0003), rel=1e-12)


def test_pet_without_radiation_forcing_uses_one_fixed_day() -> None:
    text = TEXT.format(method=1, aorc=0)
    bright = run(text, changed("shortwave", 900.0))[0]
    dark = run(text, changed("shortwave", 0.0))[0]
    vapour = 0.63 * 611.0 * np.exp(17.27 * 15.0 / 252.3)
    sky = (0.74 + 0.000049 * vapour) * (1.0 + 0.17 * 0.25) * 5.67e-8 * 288.15**4
    net = 0.78 * 440.1 + sky - 5.67e-8 * 285.15**4
    density = 1.0 / (0.0009998492 + 4.9716595e-09 * 484.0)
    assert bright[0] == dark[0] == pytest.approx(net / (density * (2.501e6 - 2370.0 * 22.0)), rel=1e-12)


def test_pet_of_a_surface_that_loses_energy_is_zero() -> None:
    assert run(TEXT.format(method=1, aorc=1), changed("shortwave", 0.0))[0][0] == 0.0


@pytest.mark.parametrize("method", [1, 2, 3, 4, 5])
def test_pet_with_missing_weather_reports_the_first_step(method: int) -> None:
    name = "shortwave" if method in (1, 4) else "wind_x"
    assert run(TEXT.format(method=method, aorc=1), changed(name, np.nan), steps=2)[1] == 0


def test_pet_in_supersaturated_air_takes_65_percent_humidity() -> None:
    text = TEXT.format(method=2, aorc=1)
    saturation = 611.0 * np.exp(17.27 * 25.0 / 262.3)
    humid = run(text, changed("humidity", 0.05))[0][0]
    same = run(text, changed("humidity", 0.65 * saturation * 0.622 / 101300.0))[0][0]
    # the density still follows the humidity given
    ratio = (1.0 + 0.608 * 0.65 * saturation * 0.622 / 101300.0) / (1.0 + 0.608 * 0.05)
    assert humid == pytest.approx(same * ratio, rel=1e-12)
