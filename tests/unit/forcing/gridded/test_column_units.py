import pytest

from dmod.errors import UnitError
from dmod.forcing.gridded.column_units import change_of


@pytest.mark.parametrize(
    ("column", "unit", "stored", "expected"),
    [
        ("precip_rate", "kg m-2 s-1", 2.0, 2.0),
        ("precip_rate", "kg m**-2 s**-1", 2.0, 2.0),
        ("precip_rate", "mm s^-1", 2.0, 2.0),
        ("precip_rate", "mm/h", 7.2, 0.002),
        ("precip_rate", "mm/hr", 7.2, 0.002),
        ("precip_rate", "kg m-2 h-1", 7.2, 0.002),
        ("precip_rate", "kg/m^2/s", 2.0, 2.0),
        ("precip_rate", "m s-1", 1e-6, 1e-3),
        ("precip_rate", "mm d-1", 86.4, 1e-3),
        ("precip_rate", "mm/day", 86.4, 1e-3),
        ("TMP_2maboveground", "degC", 7.0, 280.15),
        ("TMP_2maboveground", "Celsius", 7.0, 280.15),
        ("TMP_2maboveground", "Kelvin", 280.0, 280.0),
        ("TMP_2maboveground", "degF", 32.0, 273.15),
        ("PRES_surface", "hPa", 850.0, 85_000.0),
        ("PRES_surface", "mb", 850.0, 85_000.0),
        ("PRES_surface", "kPa", 85.0, 85_000.0),
        ("SPFH_2maboveground", "g/kg", 5.0, 0.005),
        ("SPFH_2maboveground", "g/g", 0.005, 0.005),
        ("SPFH_2maboveground", "kg kg**-1", 0.005, 0.005),
        ("SPFH_2maboveground", "1", 0.005, 0.005),
        ("SPFH_2maboveground", "", 0.005, 0.005),
        ("relative_humidity", "%", 50.0, 0.5),
        ("UGRD_10maboveground", "m s**-1", 3.0, 3.0),
        ("UGRD_10maboveground", "km/h", 36.0, 10.0),
        ("UGRD_10maboveground", "knot", 1.0, 1852 / 3600),
        ("DLWRF_surface", "W m**-2", 300.0, 300.0),
        ("DSWRF_surface", "W/m^2", 300.0, 300.0),
    ],
)
def test_change_of_a_rate_or_state_brings_it_to_the_column_s_unit(column, unit, stored, expected):
    change, amount = change_of(column, unit, "store")
    assert not amount
    assert change(stored) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("column", "unit", "stored", "expected"),
    [
        ("precip_rate", "kg/m^2", 3.0, 3.0),
        ("precip_rate", "kg m-2", 3.0, 3.0),
        ("precip_rate", "mm", 3.0, 3.0),
        ("precip_rate", "m", 0.003, 3.0),
        ("DSWRF_surface", "J m-2", 3600.0, 3600.0),
        ("DSWRF_surface", "J m**-2", 3600.0, 3600.0),
        ("DLWRF_surface", "kJ/m2", 3.6, 3600.0),
    ],
)
def test_change_of_an_amount_brings_it_to_millimetres_or_joules(column, unit, stored, expected):
    change, amount = change_of(column, unit, "store")
    assert amount
    assert change(stored) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("column", "unit", "hint"),
    [
        ("TMP_2maboveground", "m", "'K'"),
        ("TMP_2maboveground", "", "units"),
        ("precip_rate", "W", "'mm'"),
        ("PRES_surface", "nonsense^^", "'Pa'"),
        ("SPFH_2maboveground", "K", "kg kg-1"),
    ],
)
def test_change_of_something_else_is_refused(column, unit, hint):
    with pytest.raises(UnitError, match="store") as error:
        change_of(column, unit, "store")
    assert hint in error.value.hint
