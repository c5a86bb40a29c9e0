from __future__ import annotations

import pytest

from dmod.core.units import IDENTITY
from dmod.errors import RealizationError
from dmod.formulation.formulation import Formulation, ModuleSpec
from dmod.formulation.wiring import Connection, Wiring, wire

RAIN = "atmosphere_water__liquid_equivalent_precipitation_rate"
EVAPORATION = "water_potential_evaporation_flux"
FORCING = {RAIN: "mm s^-1", "land_surface_air__temperature": "K"}
CFE_INPUTS = ((RAIN, "mm h-1"), (EVAPORATION, "m s-1"), ("ice", "m"))
CFE_OUTPUTS = (("Q_OUT", "m"), ("RAIN_RATE", "m"))
PET_INPUTS = (("land_surface_air__temperature", "K"),)
PET_OUTPUTS = ((EVAPORATION, "m s-1"),)
SLOTH_OUTPUTS = (("sloth_ice", "m"),)


def chain(**changes: object) -> Formulation:
    modules = (
        ModuleSpec("bmi_c++", "SLoTH"),
        ModuleSpec("bmi_c", "PET"),
        ModuleSpec("bmi_c", "CFE", variables_names_map={"ice": "sloth_ice"}),
    )
    settings = {"main_output_variable": "Q_OUT", "modules": modules, **changes}
    return Formulation("bmi_multi", "bmi_multi", **settings)  # type: ignore[arg-type]


def wired(formulation: Formulation | None = None, forcing: dict[str, str] | None = None) -> Wiring:
    return wire(
        formulation or chain(),
        [(), PET_INPUTS, CFE_INPUTS],
        [SLOTH_OUTPUTS, PET_OUTPUTS, CFE_OUTPUTS],
        FORCING if forcing is None else forcing,
        constants={(0, "sloth_ice"): 0.25},
    )


def codes(wiring: Wiring) -> list[str]:
    return [problem.code for problem in wiring.problems]


def test_wire_chain_takes_forcing_module_and_constant() -> None:
    wiring = wired().require_sound()
    rain, evaporation, ice = wiring.connections[2]
    assert (rain.kind, rain.source, rain.conversion.scale) == ("forcing", RAIN, 3600.0)
    assert (evaporation.kind, evaporation.module, evaporation.conversion) == ("module", 1, IDENTITY)
    assert (ice.kind, ice.source, ice.value) == ("constant", "sloth_ice", 0.25)
    assert not wiring.feeds_back
    assert wiring.forcing == ("land_surface_air__temperature", RAIN)


def test_wire_without_output_variables_writes_those_of_the_last_module() -> None:
    assert [column.name for column in wired().columns] == ["Q_OUT", "RAIN_RATE"]


def test_wire_output_variables_keep_order_and_reach_every_module_and_the_forcing() -> None:
    names = ("RAIN_RATE", EVAPORATION, RAIN, "sloth_ice")
    wiring = wired(chain(output_variables=names, output_header_fields=("a", "b", "c", "d")))
    assert not wiring.problems
    assert [(c.kind, c.module, c.unit) for c in wiring.columns] == [
        ("module", 2, "m"),
        ("module", 1, "m s-1"),
        ("forcing", -1, "mm s^-1"),
        ("constant", 0, "m"),
    ]
    assert wiring.headers == ("a", "b", "c", "d")


def test_wire_headers_of_another_count_are_replaced_with_a_warning() -> None:
    wiring = wired(chain(output_variables=("Q_OUT",), output_header_fields=("a", "b")))
    assert wiring.headers == ("Q_OUT",)
    assert codes(wiring) == ["header-count"]


def test_wire_forcing_is_found_by_its_column_name() -> None:
    wiring = wired(forcing={"precip_rate": "mm s^-1", "TMP_2maboveground": "K"})
    assert not wiring.problems
    assert wiring.connections[2][0].source == "precip_rate"


def test_wire_alias_of_a_forcing_column_finds_the_standard_name() -> None:
    modules = (ModuleSpec("bmi_c", "X", variables_names_map={"P": "RAINRATE"}),)
    formulation = Formulation("bmi_c", "X", "Q", modules)
    wiring = wire(formulation, [[("P", "mm s-1")]], [[("Q", "m")]], FORCING)
    assert wiring.connections[0][0].source == RAIN


def test_wire_input_of_a_later_module_is_one_step_late_with_its_default() -> None:
    modules = (ModuleSpec("bmi_c", "A"), ModuleSpec("bmi_c", "B", variables_names_map={"y_own": "y"}))
    formulation = Formulation("bmi_multi", "m", "q", modules, default_output_values={"y": 4.0})
    wiring = wire(formulation, [[("y", "m")], [("q", "m")]], [[("q", "m")], [("y_own", "m")]], {})
    assert wiring.connections[0][0] == Connection(
        "y", "m", "module", "y_own", 1, IDENTITY, previous_step=True, initial=4.0
    )
    assert wiring.connections[1][0].previous_step is False
    assert wiring.feeds_back


def test_wire_own_output_as_input_is_one_step_late() -> None:
    formulation = Formulation("bmi_c", "A", "q", (ModuleSpec("bmi_c", "A"),))
    wiring = wire(formulation, [[("q", "m")]], [[("q", "m")]], {})
    assert wiring.connections[0][0].previous_step
    assert wiring.connections[0][0].initial is None


def test_wire_missing_input_names_module_variable_alias_and_nearest() -> None:
    formulation = chain(
        modules=(
            ModuleSpec("bmi_c++", "SLoTH"),
            ModuleSpec("bmi_c", "PET"),
            ModuleSpec("bmi_c", "CFE", variables_names_map={"ice": "sloth_icee"}),
        )
    )
    wiring = wired(formulation)
    assert codes(wiring) == ["input-missing"]
    assert wiring.connections[2][2].kind == "missing"
    with pytest.raises(RealizationError, match=r"CFE needs 'ice' \(mapped to 'sloth_icee'\)") as caught:
        wiring.require_sound()
    assert caught.value.hint == "did you mean 'sloth_ice'?"


def test_wire_two_outputs_of_one_name_are_refused() -> None:
    formulation = Formulation("bmi_multi", "m", "q", (ModuleSpec("bmi_c", "A"), ModuleSpec("bmi_c", "B")))
    wiring = wire(formulation, [(), ()], [[("q", "m")], [("q", "m")]], {})
    assert codes(wiring) == ["output-twice"]


def test_wire_output_named_like_a_forcing_variable_is_refused_in_a_chain() -> None:
    formulation = Formulation("bmi_multi", "m", "q", (ModuleSpec("bmi_c", "A"), ModuleSpec("bmi_c", "B")))
    wiring = wire(formulation, [(), ()], [[(RAIN, "m")], [("q", "m")]], FORCING)
    assert codes(wiring) == ["output-twice"]


def test_wire_forcing_in_an_impossible_unit_is_an_error() -> None:
    wiring = wired(forcing={RAIN: "W m-2", "land_surface_air__temperature": "K"})
    assert [(p.severity, p.code) for p in wiring.problems] == [("error", "unit-mismatch")]


def test_wire_main_output_that_is_no_depth_is_used_raw_with_a_warning() -> None:
    formulation = Formulation("bmi_c", "TOPMODEL", "Qout", (ModuleSpec("bmi_c", "TOPMODEL"),))
    wiring = wire(formulation, [()], [[("Qout", "m h-1")]], {})
    assert [(p.severity, p.code) for p in wiring.problems] == [("warning", "unit-mismatch")]
    assert wiring.runoff.conversion == IDENTITY
    wiring.require_sound()


def test_wire_main_output_is_sought_in_the_last_module_first() -> None:
    modules = (
        ModuleSpec("bmi_c", "A", variables_names_map={"q": "first_q"}),
        ModuleSpec("bmi_c", "B"),
    )
    formulation = Formulation("bmi_multi", "m", "q", modules)
    wiring = wire(formulation, [(), ()], [[("q", "mm")], [("q", "m")]], {})
    assert wiring.runoff.module == 1
    alone = Formulation("bmi_multi", "m", "first_q", modules)
    other = wire(alone, [(), ()], [[("q", "mm")], [("q", "m")]], {})
    assert (other.runoff.module, other.runoff.conversion.scale) == (0, 1e-3)


def test_wire_unknown_output_and_main_output_are_both_reported() -> None:
    wiring = wired(chain(output_variables=("Q_OUTT",), main_output_variable="runoff"))
    assert codes(wiring) == ["output-missing", "main-output-missing"]
    with pytest.raises(RealizationError, match=r"Q_OUTT.*runoff"):
        wiring.require_sound()


def test_wire_forcing_without_a_unit_is_used_raw_with_a_warning() -> None:
    modules = (ModuleSpec("bmi_c", "X", variables_names_map={"P": "my_rain"}),)
    formulation = Formulation("bmi_c", "X", "Q", modules)
    wiring = wire(formulation, [[("P", "mm h-1")]], [[("Q", "m")]], {"my_rain": ""})
    assert [(p.severity, p.code) for p in wiring.problems] == [("warning", "unit-unknown")]
    assert wiring.connections[0][0].conversion == IDENTITY


def test_wire_depth_of_rain_where_a_rate_is_wanted_says_how_to_map_it() -> None:
    wiring = wired(forcing={"APCP_surface": "mm h-1", "TMP_2maboveground": "K"})
    assert codes(wiring) == ["input-missing"]
    assert "'APCP_surface'" in wiring.problems[0].hint
    mapped = (ModuleSpec("bmi_c", "X", variables_names_map={RAIN: "APCP_surface"}),)
    formulation = Formulation("bmi_c", "X", "Q", mapped)
    assert not wire(formulation, [[(RAIN, "mm h-1")]], [[("Q", "m")]], {"APCP_surface": "mm h-1"}).problems
