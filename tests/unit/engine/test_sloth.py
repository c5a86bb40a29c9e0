"""Constants that SLoTH stands in with."""

from __future__ import annotations

import pytest

from dmod.engine.models.sloth import SLOTH, read_sloth_params
from dmod.errors import RealizationError


def test_constants_are_read_with_name_unit_and_value_in_order() -> None:
    assert read_sloth_params(
        {
            "sloth_ice_fraction_schaake(1,double,m,node)": 0.0,
            "sloth_smp(1, double, 1, node)": 3,
            "z(1,int,m s-1,none)": [2.5],
        }
    ) == (("sloth_ice_fraction_schaake", "m", 0.0), ("sloth_smp", "1", 3.0), ("z", "m s-1", 2.5))


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("sloth_smp", 0.0, "not a declaration"),
        ("sloth_smp(1,double,m)", 0.0, "not a declaration"),
        ("sloth_smp(1,double,m,node", 0.0, "not a declaration"),
        ("(1,double,m,node)", 0.0, "not a declaration"),
        ("sloth_smp(4,double,m,node)", 0.0, "count '4'"),
        ("sloth_smp(1,real,m,node)", 0.0, "type 'real'"),
        ("sloth_smp(1,double,m,here)", 0.0, "location 'here'"),
        ("sloth_smp(1,double,m,node)", "0", "'0' is not a number"),
        ("sloth_smp(1,double,m,node)", True, "not a number"),
        ("sloth_smp(1,double,m,node)", [0.0, 1.0], "not a number"),
        ("sloth_smp(1,double,m,node)", float("inf"), "not a number"),
    ],
)
def test_malformed_constant_is_refused(key: str, value: object, word: str) -> None:
    with pytest.raises(RealizationError) as caught:
        read_sloth_params({key: value})
    assert key in caught.value.message
    assert word in caught.value.message
    assert caught.value.hint


def test_constant_declared_twice_is_refused() -> None:
    with pytest.raises(RealizationError, match="declared twice"):
        read_sloth_params({"z(1,double,m,node)": 0.0, "z(1,double,1,node)": 1.0})


def test_module_needs_no_configuration() -> None:
    config = SLOTH.read_config("", "/dev/null")
    assert SLOTH.check(config) == []
    assert SLOTH.prepare([config, config]).state.shape == (2, 0)
    assert not SLOTH.uses_water
