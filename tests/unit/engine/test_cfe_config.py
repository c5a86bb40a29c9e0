"""CFE configuration: keys of both revisions, rules of order, checks, values set afterwards."""

from __future__ import annotations

import pytest

from dmod.engine.models.cfe import CFE_6D08DB7, CFE_A349A95
from dmod.engine.models.module import Config, Module
from dmod.errors import RealizationError

BASE = {
    "forcing_file": "BMI",
    "surface_partitioning_scheme": "Schaake",
    "soil_params.depth": "2.0[m]",
    "soil_params.b": "6.0[]",
    "soil_params.satdk": "4.7e-06[m s-1]",
    "soil_params.satpsi": "0.141[m]",
    "soil_params.slop": "0.028[m/m]",
    "soil_params.smcmax": "0.4447[m/m]",
    "soil_params.wltsmc": "0.047[m/m]",
    "refkdt": "1.1",
    "max_gw_storage": "0.0129[m]",
    "Cgw": "1.8e-05[m h-1]",
    "expon": "7.0[]",
    "gw_storage": "0.35[m/m]",
    "alpha_fc": "0.33",
    "soil_storage": "0.35[m/m]",
    "K_nash": "0.03[]",
    "K_lf": "0.01[]",
    "num_timesteps": "1",
    "verbosity": "1",
    "giuh_ordinates": "0.63,0.37",
}
XINANJIANG = {
    "surface_partitioning_scheme": "Xinanjiang",
    "a_Xinanjiang_inflection_point_parameter": "-0.2",
    "b_Xinanjiang_shape_parameter": "0.66",
    "x_Xinanjiang_shape_parameter": "0.02",
    "urban_decimal_fraction": "0.05",
}
CASCADE = {
    "surface_runoff_scheme": "NASH_CASCADE",
    "N_nash_surface": "2",
    "K_nash_surface": "0.8",
    "nash_storage_surface": "0.0,0.0",
}
BOTH = pytest.mark.parametrize("module", [CFE_6D08DB7, CFE_A349A95], ids=lambda m: m.revision)


def text_of(**changes: str | None) -> str:
    entries = {**BASE, **changes}
    return "\n".join(f"{key}={value}" for key, value in entries.items() if value is not None)


def config_of(module: Module, **changes: str | None) -> Config:
    return module.read_config(text_of(**changes), "cat-1.ini")


@BOTH
def test_sound_configuration_has_no_problems(module: Module) -> None:
    config = config_of(module)
    assert module.check(config) == []
    assert config.unknown == ()
    assert list(config.ignored) == ["num_timesteps"]


@BOTH
@pytest.mark.parametrize(
    ("key", "alias"),
    [
        ("soil_params.depth", "soil_params.D"),
        ("soil_params.b", "soil_params.bb"),
        ("soil_params.slop", "soil_params.slope"),
        ("soil_params.smcmax", "soil_params.maxsmc"),
        ("alpha_fc", "soil_params.alpha_fc"),
        ("refkdt", "soil_params.refkdt"),
    ],
)
def test_alias_reads_as_the_key(module: Module, key: str, alias: str) -> None:
    assert config_of(module, **{key: None, alias: BASE[key]}).values == config_of(module).values


@BOTH
@pytest.mark.parametrize("key", [k for k in BASE if k not in {"refkdt", "num_timesteps", "verbosity"}])
def test_missing_key_is_an_error_naming_it(module: Module, key: str) -> None:
    with pytest.raises(RealizationError, match="missing") as caught:
        config_of(module, **{key: None})
    named = "partitioning_scheme" if "partitioning" in key else "K_nash" if key == "K_nash" else key
    assert named in caught.value.message


def test_verbosity_is_needed_by_the_pinned_revision_alone() -> None:
    with pytest.raises(RealizationError, match="verbosity is missing"):
        config_of(CFE_6D08DB7, verbosity=None)
    assert CFE_A349A95.check(config_of(CFE_A349A95, verbosity=None)) == []


@BOTH
def test_groundwater_must_follow_its_maximum(module: Module) -> None:
    lines = text_of().splitlines()
    lines.insert(0, lines.pop(next(i for i, line in enumerate(lines) if line.startswith("gw_storage"))))
    with pytest.raises(RealizationError, match="gw_storage must come after max_gw_storage"):
        module.read_config("\n".join(lines), "cat-1.ini")


@BOTH
def test_xinanjiang_keys_must_follow_the_scheme_and_be_there(module: Module) -> None:
    assert module.check(config_of(module, **XINANJIANG)) == []
    with pytest.raises(
        RealizationError, match="urban_decimal_fraction is missing; partitioning by Xinanjiang"
    ):
        config_of(module, **{**XINANJIANG, "urban_decimal_fraction": None})
    early = "urban_decimal_fraction=0.05\n" + text_of(**{**XINANJIANG, "urban_decimal_fraction": None})
    with pytest.raises(RealizationError, match="line 1: urban_decimal_fraction must come after"):
        module.read_config(early, "cat-1.ini")
    unused = config_of(module, urban_decimal_fraction="0.05").ignored
    assert "Xinanjiang" in unused["urban_decimal_fraction"]


@BOTH
def test_ice_threshold_is_needed_where_soil_ice_is_coupled(module: Module) -> None:
    with pytest.raises(RealizationError, match="ice_content_threshold is missing"):
        config_of(module, is_sft_coupled="1")
    coupled = config_of(module, is_sft_coupled="1", ice_content_threshold="0.15[m]")
    assert module.check(coupled) == []
    assert "ice_content_threshold" in config_of(module, ice_content_threshold="0.15").ignored


def test_newer_keys_are_read_past_by_the_pinned_revision() -> None:
    config = config_of(CFE_6D08DB7, **CASCADE)
    assert set(CASCADE) <= set(config.ignored)
    assert "a349a95" in config.ignored["K_nash_surface"]
    assert config.unknown == ()


def test_old_keys_are_read_past_by_the_newer_revision() -> None:
    config = config_of(CFE_A349A95, N_nash="3", nash_storage="0.1,0.2,0.3", aet_rootzone="1")
    assert set(config.ignored) == {"num_timesteps", "N_nash", "nash_storage", "aet_rootzone"}
    assert config.values["N_nash"] == 2.0
    renamed = {"K_nash": None, "K_nash_subsurface": "0.03", "nash_storage_subsurface": "0.1,0.2,0.3"}
    prepared = CFE_A349A95.prepare([config_of(CFE_A349A95, **renamed)])
    assert prepared.state[0, 5:].tolist() == [0.1, 0.2, 0.3]


def test_cascade_needs_its_keys_and_no_unit_hydrograph() -> None:
    assert CFE_A349A95.check(config_of(CFE_A349A95, **CASCADE, giuh_ordinates=None)) == []
    with pytest.raises(RealizationError, match="K_nash_surface is missing; surface_runoff_scheme"):
        config_of(CFE_A349A95, **{**CASCADE, "K_nash_surface": None})
    problems = CFE_A349A95.check(config_of(CFE_A349A95, **{**CASCADE, "N_nash_surface": "3"}))
    assert problems == ["cat-1.ini: nash_storage_surface has 2 values, N_nash_surface is 3"]


def test_surface_storage_of_two_reservoirs_starts_empty_as_in_the_program() -> None:
    config = config_of(CFE_A349A95, **{**CASCADE, "nash_storage_surface": "0.1,0.2"})
    assert "empty" in config.ignored["nash_storage_surface"]
    prepared = CFE_A349A95.prepare([config])
    assert dict(zip(prepared.state_names, prepared.state[0], strict=True))["surface_storage[0]"] == 0.0
    three = {**CASCADE, "N_nash_surface": "3", "nash_storage_surface": "0.1,0.2,0.3"}
    prepared = CFE_A349A95.prepare([config_of(CFE_A349A95, **three)])
    assert prepared.state[0, -3:].tolist() == [0.1, 0.2, 0.3]


@BOTH
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"soil_params.smcmax": "1.4"}, ["soil_params.smcmax = 1.4", "1e-06 to 1"]),
        ({"soil_params.b": "0.9"}, ["soil_params.b = 0.9"]),
        ({"soil_params.satdk": "-1e-6"}, ["soil_params.satdk = -1e-06 m s-1"]),
        ({"soil_params.wltsmc": "0.5"}, ["wltsmc = 0.5 must be below smcmax = 0.4447"]),
        ({"gw_storage": "50.0"}, ["gw_storage = 50"]),
        ({"soil_storage": "1.5"}, ["soil_storage = 1.5"]),
        ({"alpha_fc": "0.04"}, ["alpha_fc = 0.04 is too small"]),
        ({"giuh_ordinates": "0.6,0.3"}, ["giuh_ordinates add up to 0.9"]),
        ({"K_nash": "1.5"}, ["K_nash", "1.5"]),
        ({**XINANJIANG, "soil_params.satpsi": "50.0"}, ["field capacity", "Xinanjiang"]),
    ],
)
def test_check_names_what_is_out_of_range(module: Module, changes: dict[str, str], words: list[str]) -> None:
    problems = module.check(config_of(module, **changes))
    assert len(problems) == 1
    for word in words:
        assert word in problems[0]


@pytest.mark.parametrize(("module", "key"), [(CFE_6D08DB7, "aet_rootzone"), (CFE_A349A95, "is_aet_rootzone")])
def test_root_zone_is_refused_with_a_sentence(module: Module, key: str) -> None:
    (problem,) = module.check(config_of(module, **{key: "1"}))
    assert "root zone" in problem
    assert module.check(config_of(module, **{key: "0"})) == []


def test_number_of_reservoirs_must_be_whole() -> None:
    (problem,) = CFE_6D08DB7.check(config_of(CFE_6D08DB7, N_nash="2.5"))
    assert "N_nash = 2.5 must be a whole number" in problem


@BOTH
@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("maxsmc", "soil_params.smcmax", 0.5),
        ("satdk", "soil_params.satdk", 1e-5),
        ("slope", "soil_params.slop", 0.5),
        ("b", "soil_params.b", 4.0),
        ("Klf", "K_lf", 0.2),
        ("Kn", "K_nash", 0.1),
        ("Cgw", "Cgw", 1e-4),
        ("expon", "expon", 3.0),
        ("satpsi", "soil_params.satpsi", 0.3),
        ("wltsmc", "soil_params.wltsmc", 0.1),
        ("alpha_fc", "alpha_fc", 0.4),
        ("refkdt", "refkdt", 2.0),
    ],
)
def test_set_value_equals_the_same_value_in_the_file(
    module: Module, name: str, key: str, value: float
) -> None:
    assert module.set_value is not None
    changed = module.prepare([module.set_value(config_of(module), name, value)])
    expected = module.prepare([config_of(module, **{key: str(value)})])
    assert (changed.parameters == expected.parameters).all()
    assert (changed.state == expected.state).all()
    assert (changed.parameters != module.prepare([config_of(module)]).parameters).any()


@BOTH
def test_set_max_gw_storage_keeps_the_initial_depth(module: Module) -> None:
    assert module.set_value is not None
    config = module.set_value(
        module.set_value(config_of(module), "max_gw_storage", 0.1), "max_gw_storage", 0.2
    )
    prepared = module.prepare([config])
    assert prepared.state[0, 1] == 0.35 * 0.0129
    assert 0.2 in prepared.parameters[0]


def test_set_number_of_lateral_reservoirs_empties_them() -> None:
    assert CFE_6D08DB7.set_value is not None
    config = CFE_6D08DB7.set_value(config_of(CFE_6D08DB7, nash_storage="0.1,0.2"), "N_nash", 3.0)
    assert CFE_6D08DB7.prepare([config]).state[0, 5:].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(RealizationError, match="N_nash cannot be set"):
        CFE_A349A95.set_value(config, "N_nash", 3.0)  # type: ignore[misc]


def test_state_is_padded_to_the_widest_catchment_and_named() -> None:
    short = config_of(CFE_6D08DB7, giuh_ordinates="1.0")
    long = config_of(CFE_6D08DB7, giuh_ordinates="0.5,0.25,0.25", nash_storage="0.1,0.2,0.3")
    prepared = CFE_6D08DB7.prepare([short, long])
    assert prepared.state_names == (
        "soil_storage",
        "groundwater_storage",
        "percolation",
        "giuh_queue[0]",
        "giuh_queue[1]",
        "giuh_queue[2]",
        "lateral_storage[0]",
        "lateral_storage[1]",
        "lateral_storage[2]",
    )
    assert prepared.state.shape == (2, 9)
    assert prepared.state[1, 6:].tolist() == [0.1, 0.2, 0.3]
