"""SLoTH: constants for inputs of other modules that no module of the chain gives; it has no files."""

from __future__ import annotations

from typing import Final

from dmod.formulation.generate.generator import LIBRARIES, Document, Generator, Settings

# variable(count, type, unit, location): what CFE asks for and takes as 0 without frozen soil
CONSTANTS: Final = {
    "sloth_ice_fraction_schaake(1,double,m,node)": 0.0,
    "sloth_ice_fraction_xinanjiang(1,double,1,node)": 0.0,
    "sloth_smp(1,double,1,node)": 0.0,
}

# CFE's input → the constant that it gets
FOR_CFE: Final = {
    "ice_fraction_schaake": "sloth_ice_fraction_schaake",
    "ice_fraction_xinanjiang": "sloth_ice_fraction_xinanjiang",
    "soil_moisture_profile": "sloth_smp",
}


def _module(_settings: Settings) -> Document:
    return {
        "model_type_name": "bmi_c++_sloth",
        "library_file": f"{LIBRARIES}/libslothmodel.so",
        "init_config": "/dev/null",
        "main_output_variable": "z",
        "model_params": dict(CONSTANTS),
    }


SLOTH: Final = Generator("sloth", "Simple Logical Tautology Handler (SLoTH)", "", "bmi_c++", (), _module)
