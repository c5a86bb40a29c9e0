from datetime import UTC, datetime

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.core.variables import BY_COLUMN
from dmod.errors import InputError
from dmod.forcing.weather import Places, Weather, draw_weather
from dmod.forcing.weather.sky import sine_of_sun
from dmod.forcing.weather.storms import add_front

YEAR = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, 8784)
COLUMNS = (
    "precip_rate",
    "TMP_2maboveground",
    "SPFH_2maboveground",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
    "PRES_surface",
    "DSWRF_surface",
    "DLWRF_surface",
)


def land(count: int, *, rise: float = 0.0) -> Places:
    """Return places along a line of 30 km to the east, the last ``rise`` metres above the first."""
    x = np.linspace(1.4e6, 1.43e6, count)
    return Places(
        x,
        np.full(count, 1.8e6),
        np.full(count, -79.5),
        np.full(count, 38.5),
        np.linspace(300, 300 + rise, count),
    )


@pytest.fixture(scope="module")
def weather() -> Weather:
    return draw_weather(YEAR, land(12), seed=1, annual_precipitation=1100.0)


@pytest.fixture(scope="module")
def values(weather: Weather) -> dict[str, np.ndarray]:
    return weather.block(0, 12)


def test_weather_has_the_columns_of_forcing_files_in_single_precision(values: dict[str, np.ndarray]) -> None:
    assert tuple(values) == COLUMNS
    assert all(v.dtype == np.float32 and v.shape == (12, 8784) for v in values.values())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_weather_lies_within_physical_ranges(column: str, seed: int) -> None:
    block = draw_weather(YEAR, land(3, rise=1500), seed).block(0, 3)[column]
    known = BY_COLUMN[column]
    assert np.isfinite(block).all()
    assert block.min() >= known.minimum
    assert block.max() <= known.maximum


def test_weather_over_a_year_has_the_precipitation_that_is_asked_for(values: dict[str, np.ndarray]) -> None:
    rain = values["precip_rate"] * 3600.0
    assert rain.sum(axis=1).mean() == pytest.approx(1100.0, rel=0.02)


def test_weather_without_a_wish_has_a_plausible_annual_precipitation() -> None:
    sums = [(draw_weather(YEAR, land(2), s).block(0, 2)["precip_rate"] * 3600).sum() / 2 for s in range(5)]
    assert min(sums) > 900
    assert max(sums) < 1300
    assert len(set(sums)) == 5


def test_rain_is_intermittent_and_sometimes_heavy(values: dict[str, np.ndarray]) -> None:
    rain = values["precip_rate"] * 3600
    assert 0.03 < (rain > 0.05).mean() < 0.2
    assert 5 < rain.max() < 120
    daily = rain.reshape(12, -1, 24).sum(axis=2)
    assert 60 < (daily > 1).sum(axis=1).mean() < 150


def test_fronts_reach_the_east_later(weather: Weather) -> None:
    """Storms move to the east on average, so the rain there lags that in the west."""
    far = land(2)
    apart = Places(np.array([1.4e6, 1.7e6]), far.y, far.longitude, far.latitude, far.elevation)
    rain = draw_weather(YEAR, apart, 5).storms.fronts.slowness
    assert (rain[:, 0] > 0).mean() > 0.9
    storms = draw_weather(YEAR, apart, 5).storms
    hours = storms.rain(apart, 8784)
    lags = range(-12, 13)
    match = [np.corrcoef(hours[0, 20:-20], np.roll(hours[1], -lag)[20:-20])[0, 1] for lag in lags]
    assert lags[int(np.argmax(match))] > 0


def test_front_leaves_its_depth_wherever_it_passes() -> None:
    rain = np.zeros((3, 100))
    depth = np.array([10.0, 20.0, 5.0])
    bands = (np.array([-2.0, 1.0]), np.array([0.8, 2.0]), np.array([1.0, 2.0]))
    add_front(rain, np.array([40.0, 50.25, 60.5]), depth, *bands)
    assert rain.sum(axis=1) == pytest.approx(depth, rel=1e-12)
    centre = (rain * (np.arange(100) + 0.5)).sum(axis=1) / depth
    assert np.diff(centre) == pytest.approx([10.25, 10.25], abs=0.1)


def test_front_at_the_edge_of_the_period_rains_only_inside() -> None:
    rain = np.zeros((1, 20))
    bands = (np.zeros(1), np.full(1, 2.0), np.ones(1))
    add_front(rain, np.array([0.0]), np.array([10.0]), *bands)
    assert rain.sum() == pytest.approx(5.0, rel=1e-9)


def test_temperature_has_seasons_days_and_lapse() -> None:
    block = draw_weather(YEAR, land(2, rise=1000), 1, annual_precipitation=1000.0).block(0, 2)
    kelvin = block["TMP_2maboveground"]
    month = (YEAR.epoch_seconds().astype("datetime64[s]").astype("datetime64[M]").astype(int)) % 12
    january, july = kelvin[0, month == 0].mean(), kelvin[0, month == 6].mean()
    assert 10 < july - january < 35
    by_hour = kelvin[0].reshape(-1, 24).mean(axis=0)
    assert 18 <= int(np.argmax(by_hour)) <= 22  # early afternoon at 80° W, in UTC
    assert (kelvin[0] - kelvin[1]).mean() == pytest.approx(6.0, abs=0.5)


def test_sun_shines_by_day_only_and_higher_in_summer(values: dict[str, np.ndarray]) -> None:
    sun = values["DSWRF_surface"][0].reshape(-1, 24)
    assert (sun[:, 5:9] == 0).all()  # local midnight to four
    noon = sun[:, 17]
    assert noon[260:290].max() > 1.5 * noon[70:100].max()
    assert 130 < sun.mean() < 220


def test_sine_of_sun_agrees_with_the_closed_form_at_noon() -> None:
    latitude, declination = np.radians(40.0), np.radians(20.0)
    hour = np.pi / 12 * np.array([-1 / 3, 0, 1 / 3])
    expected = np.mean(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour)
    )
    assert sine_of_sun(latitude, declination, 12.0) == pytest.approx(expected, rel=1e-12)
    assert sine_of_sun(latitude, declination, 0.0) == 0.0


def test_air_is_never_supersaturated_and_pressure_fits_the_height(values: dict[str, np.ndarray]) -> None:
    kelvin, q, p = (
        values[c].astype(float) for c in ("TMP_2maboveground", "SPFH_2maboveground", "PRES_surface")
    )
    vapour = q * p / (0.622 + 0.378 * q)
    saturated = 611.2 * np.exp(17.67 * (kelvin - 273.15) / (kelvin - 29.65))
    assert (vapour <= 1.001 * saturated).all()
    assert 0.5 < (vapour / saturated).mean() < 0.9
    assert p.mean() == pytest.approx(101325 * (1 - 2.25577e-5 * 300) ** 5.25588, rel=0.005)


def test_longwave_lies_between_clear_and_black_sky(values: dict[str, np.ndarray]) -> None:
    black = 5.670374e-8 * values["TMP_2maboveground"].astype(float) ** 4
    share = values["DLWRF_surface"] / black
    assert share.min() > 0.55
    assert share.max() <= 1.0001
    wet = values["precip_rate"] > 1 / 3600
    assert share[wet].mean() > share[~wet].mean()


def test_rainy_hours_are_darker(values: dict[str, np.ndarray]) -> None:
    noon = values["DSWRF_surface"].reshape(12, -1, 24)[:, :, 17]
    wet = values["precip_rate"].reshape(12, -1, 24)[:, :, 17] > 0.5 / 3600
    assert noon[wet].mean() < 0.6 * noon[~wet].mean()


def test_weather_does_not_depend_on_the_blocks(weather: Weather, values: dict[str, np.ndarray]) -> None:
    for column, array in weather.block(4, 3).items():
        assert np.array_equal(array, values[column][4:7])


def test_blocks_come_in_order_and_cover_every_place() -> None:
    axis = TimeAxis(YEAR.start, 3600, 100_000)
    blocks = [(first, len(v["precip_rate"])) for first, v in draw_weather(axis, land(45), 1).blocks()]
    assert [first for first, _ in blocks] == np.cumsum([0, *[n for _, n in blocks[:-1]]]).tolist()
    assert len(blocks) > 1
    assert sum(n for _, n in blocks) == 45


def test_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    axis = TimeAxis(YEAR.start, 3600, 500)
    one, same, other = (draw_weather(axis, land(2), seed).block(0, 2) for seed in (4, 4, 5))
    assert all(one[c].tobytes() == same[c].tobytes() for c in COLUMNS)
    assert all(one[c].tobytes() != other[c].tobytes() for c in COLUMNS)


def test_gaps_on_request_leave_nan_where_the_outages_say() -> None:
    axis = TimeAxis(YEAR.start, 3600, 2000)
    whole = draw_weather(axis, land(5), 2)
    gappy = draw_weather(axis, land(5), 2, gaps=True)
    assert whole.outages == ()
    assert gappy.outages
    a, b = whole.block(0, 5), gappy.block(0, 5)
    missing = {c: np.isnan(b[c]) for c in COLUMNS}
    assert sum(m.sum() for m in missing.values()) > 0
    for column in COLUMNS:
        assert np.array_equal(a[column][~missing[column]], b[column][~missing[column]])
    outage = gappy.outages[0]
    column = outage.column or "precip_rate"
    assert missing[column][outage.place, outage.first : outage.first + outage.count].all()


def test_lead_hours_come_before_the_same_weather() -> None:
    axis = TimeAxis(YEAR.start, 3600, 300)
    weather = draw_weather(axis, land(3), 2, lead=100)
    early = weather.with_lead()
    assert early.axis.count == 400
    assert early.axis.time(100) == axis.start
    for column, array in weather.block(0, 3).items():
        assert np.array_equal(early.block(0, 3)[column][:, 100:], array)


def test_impossible_weather_is_refused() -> None:
    with pytest.raises(InputError, match="hourly"):
        draw_weather(TimeAxis(YEAR.start, 1800, 10), land(1), 1)
    with pytest.raises(InputError, match="precipitation"):
        draw_weather(TimeAxis(YEAR.start, 3600, 10), land(1), 1, annual_precipitation=0.0)
