"""What the framework is asked to write, in which units, and which of it is the runoff."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmod.core.units import IDENTITY, Conversion
from dmod.engine.ngen.columns import columns_of
from dmod.formulation.formulation import Formulation, ModuleSpec

CFE = ModuleSpec("bmi_c", "CFE", library_file="libcfebmi.so", registration_function="register_bmi_cfe")
PET = ModuleSpec("bmi_c", "PET", library_file="libpetbmi.so", registration_function="register_bmi_pet")
TOPMODEL = ModuleSpec("bmi_c", "TOPMODEL", library_file="libtopmodelbmi.so")
STRANGE = ModuleSpec("bmi_fortran", "my_model", library_file="libstrange.so")


def chain(*modules: ModuleSpec, main: str, outputs: tuple[str, ...] | None = None) -> Formulation:
    return Formulation("bmi_multi", "bmi_multi", main, modules, output_variables=outputs)


def test_columns_asked_for_stay_in_order_with_their_units() -> None:
    found = columns_of(
        chain(PET, CFE, main="Q_OUT", outputs=("water_potential_evaporation_flux", "Q_OUT", "GIUH_RUNOFF"))
    )
    assert found.variables == ("water_potential_evaporation_flux", "Q_OUT", "GIUH_RUNOFF")
    assert found.units == ("m s-1", "m", "m")
    assert (found.asked, found.main, found.to_depth) == (3, 1, IDENTITY)


def test_main_output_that_is_not_asked_for_is_added_behind() -> None:
    found = columns_of(chain(PET, CFE, main="Q_OUT", outputs=("GIUH_RUNOFF",)))
    assert found.variables == ("GIUH_RUNOFF", "Q_OUT")
    assert (found.asked, found.main) == (1, 1)


def test_headings_are_taken_only_where_there_is_one_for_each_column() -> None:
    asked = chain(CFE, main="Q_OUT", outputs=("Q_OUT", "GIUH_RUNOFF"))
    assert columns_of(replace(asked, output_header_fields=("flow", "giuh"))).headers == ("flow", "giuh")
    assert columns_of(replace(asked, output_header_fields=("flow",))).headers == ("Q_OUT", "GIUH_RUNOFF")


def test_outputs_of_the_last_module_are_written_where_none_are_named() -> None:
    found = columns_of(chain(PET, CFE, main="Q_OUT"))
    assert "Q_OUT" in found.variables
    assert "GIUH_RUNOFF" in found.variables
    assert "water_potential_evaporation_flux" not in found.variables
    assert found.notes == ()


def test_unknown_last_module_without_named_outputs_writes_the_main_output_and_says_so() -> None:
    found = columns_of(chain(PET, STRANGE, main="flow"))
    assert found.variables == ("flow",)
    assert "my_model" in found.notes[0]


def test_unit_of_an_unknown_modules_main_output_is_left_open() -> None:
    found = columns_of(chain(CFE, STRANGE, main="Q_OUT", outputs=("Q_OUT",)))
    assert found.to_depth is None  # the last module is asked first, and may have an output of this name


def test_main_output_that_cannot_be_converted_is_taken_as_it_is() -> None:
    found = columns_of(chain(TOPMODEL, main="Qout", outputs=("Qout",)))
    assert found.units == ("m h-1",)
    assert found.to_depth == IDENTITY


def test_main_output_in_another_unit_of_depth_is_converted() -> None:
    sloth = ModuleSpec(
        "bmi_c++",
        "bmi_c++_sloth",
        library_file="libslothmodel.so",
        model_params={"melt(1,double,mm,node)": 2.0},
    )
    assert columns_of(chain(sloth, main="melt")).to_depth == Conversion(1e-3)


@pytest.mark.parametrize("asked", ["flow", "Q_OUT"])
def test_main_output_is_found_by_either_of_its_names(asked: str) -> None:
    renamed = replace(CFE, variables_names_map={"Q_OUT": "flow"})
    found = columns_of(chain(renamed, main="flow", outputs=("GIUH_RUNOFF", asked)))
    assert (found.main, found.asked, found.variables[1]) == (1, 2, asked)


def test_constants_of_sloth_have_the_unit_that_they_are_declared_with() -> None:
    sloth = ModuleSpec(
        "bmi_c++",
        "bmi_c++_sloth",
        library_file="libslothmodel.so",
        model_params={"ice(1,double,mm,node)": 0.0},
    )
    found = columns_of(chain(sloth, CFE, main="Q_OUT", outputs=("ice", "Q_OUT")))
    assert found.units == ("mm", "m")
