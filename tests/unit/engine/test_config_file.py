"""Configuration files of the form key=value[unit]."""

from __future__ import annotations

import pytest

from dmod.engine.models.config_file import check_ranges, read_key_value
from dmod.engine.models.module import Parameter
from dmod.errors import RealizationError

PARAMETERS = (
    Parameter("depth", "m", "depth", keys=("soil_params.depth", "soil_params.D"), required=True, minimum=0.0),
    Parameter("porosity", "1", "porosity", default=0.4, minimum=0.0, maximum=1.0),
    Parameter("ordinates", "1", "list", is_list=True, minimum=0.0),
    Parameter("scheme", "", "word", default="a", choices=("a", "b")),
    Parameter("file", "", "free word", default=""),
    Parameter("satdk", "m s-1", "conductivity"),
)


def read(text: str) -> object:
    return read_key_value(text, "cat-1.ini", PARAMETERS, {"DEBUG": "only prints"})


def test_values_of_every_kind_are_read() -> None:
    config = read_key_value(
        "# note\n\nsoil_params.D = 2.0[m]\nordinates=0.5,0.25, 0.25[]\nscheme=b\nfile=BMI\n"
        "DEBUG=1\nzeta=3\nsatdk=1e-6[m/s] # fast\n",
        "cat-1.ini",
        PARAMETERS,
        {"DEBUG": "only prints"},
    )
    assert config.values == {
        "depth": 2.0,
        "ordinates": (0.5, 0.25, 0.25),
        "scheme": "b",
        "file": "BMI",
        "porosity": 0.4,
        "satdk": 1e-6,
    }
    assert config.unknown == ("zeta",)
    assert config.ignored == {"DEBUG": "only prints"}
    assert config.source == "cat-1.ini"


def test_absent_optional_key_without_default_stays_absent() -> None:
    config = read_key_value("depth=1\nsoil_params.depth=2", "x", PARAMETERS)
    assert "satdk" not in config.values
    assert config.unknown == ("depth",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("soil_params.depth=deep", ["line 1", "soil_params.depth", "'deep'", "number"]),
        ("soil_params.depth=nan", ["'nan'"]),
        ("soil_params.depth=50%", ["'50%'"]),
        ("soil_params.depth=", ["''"]),
        ("soil_params.depth=2\nordinates=1,,2", ["line 2", "commas"]),
        ("soil_params.depth=2\nscheme=c", ["allowed: a, b"]),
        ("soil_params.depth=2\nsoil_params.D=3", ["line 2", "contradicts line 1"]),
        ("porosity=0.3", ["soil_params.depth", "missing"]),
        ("soil_params.depth=2\nnonsense", ["line 2", "'nonsense'"]),
    ],
)
def test_bad_line_is_an_error_naming_file_line_key_and_value(text: str, words: list[str]) -> None:
    with pytest.raises(RealizationError) as caught:
        read(text)
    assert "cat-1.ini" in caught.value.message
    assert caught.value.hint
    for word in words:
        assert word in caught.value.message


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(RealizationError) as caught:
        read("porosity=x\nscheme=c")
    assert len(caught.value.message.splitlines()) == 3


def test_repeated_equal_key_is_accepted() -> None:
    assert read_key_value("soil_params.depth=2\nsoil_params.D=2.0[m]", "x", PARAMETERS).values["depth"] == 2.0


def test_differing_unit_is_noted_and_not_converted() -> None:
    config = read_key_value("soil_params.depth=2[cm]\nsatdk=1[m/s]", "x", PARAMETERS)
    assert config.values["depth"] == 2.0
    assert list(config.ignored) == ["soil_params.depth [cm]"]


def test_ranges_are_checked_with_key_value_and_range() -> None:
    config = read_key_value("soil_params.depth=-1\nporosity=1.5\nordinates=0.5,-0.5", "f.ini", PARAMETERS)
    problems = check_ranges(config, PARAMETERS)
    assert problems == [
        "f.ini: soil_params.depth = -1 m is outside the allowed range 0 or more",
        "f.ini: porosity = 1.5 is outside the allowed range 0 to 1",
        "f.ini: ordinates = -0.5 is outside the allowed range 0 or more",
    ]
