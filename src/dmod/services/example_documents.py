"""An example package's documents: realization, routing configuration, and what it was made from."""

from __future__ import annotations

from typing import Any

from dmod.core.time_axis import TimeAxis, format_time
from dmod.formulation.routing_keys import DEFAULT_COLUMNS

Document = dict[str, Any]

SYNTHETIC = (
    "Everything in this package is synthetic: terrain, rivers, soils, weather and the observed series were "
    "made by code. It describes no real place and no real event."
)

CFE_OUTPUTS = (
    "RAIN_RATE",
    "DIRECT_RUNOFF",
    "GIUH_RUNOFF",
    "NASH_LATERAL_RUNOFF",
    "DEEP_GW_TO_CHANNEL_FLUX",
    "SOIL_TO_GW_FLUX",
    "Q_OUT",
    "POTENTIAL_ET",
    "ACTUAL_ET",
    "GW_STORAGE",
    "SOIL_STORAGE",
    "SOIL_STORAGE_CHANGE",
)

TOPMODEL_OUTPUTS = (
    "Qout",
    "atmosphere_water__liquid_equivalent_precipitation_rate_out",
    "water_potential_evaporation_flux_out",
    "land_surface_water__runoff_mass_flux",
    "soil_water_root-zone_unsat-zone_top__recharge_volume_flux",
    "land_surface_water__baseflow_volume_flux",
    "soil_water__domain_volume_deficit",
)

_LIBRARIES = "/dmod/shared_libs"


def realization(axis: TimeAxis, formulation: str, forcing: str) -> Document:
    """Return the realization document.

    Parameters
    ----------
    formulation : "cfe" or "topmodel"
    forcing : "netcdf" or "csv"
    """
    chain = _cfe_chain() if formulation == "cfe" else _topmodel_chain()
    source = (
        {"provider": "NetCDF", "path": "./forcings/forcings.nc"}
        if forcing == "netcdf"
        else {"provider": "CsvPerFeature", "path": "./forcings/", "file_pattern": "{{id}}.csv"}
    )
    return {
        "global": {"formulations": [{"name": "bmi_multi", "params": chain}], "forcing": source},
        "time": {
            "start_time": format_time(axis.start),
            "end_time": format_time(axis.end),
            "output_interval": axis.step,
        },
        "output": {"root": "./outputs/", "precision": 9},
        "routing": {"t_route_config_file_with_path": "./config/troute.yaml"},
    }


def _module(language: str, params: Document) -> Document:
    shared = {"allow_exceed_end_time": True, "uses_forcing_file": False}
    return {"name": language, "params": params | shared}


def _chain(main: str, modules: list[Document], outputs: tuple[str, ...]) -> Document:
    return {
        "model_type_name": "bmi_multi",
        "forcing_file": "",
        "init_config": "",
        "allow_exceed_end_time": True,
        "main_output_variable": main,
        "modules": modules,
        "uses_forcing_file": False,
        "output_variables": list(outputs),
    }


def _pet_module() -> Document:
    params = {
        "model_type_name": "PET",
        "library_file": f"{_LIBRARIES}/libpetbmi.so",
        "forcing_file": "",
        "init_config": "./config/cat_config/PET/{{id}}.ini",
        "main_output_variable": "water_potential_evaporation_flux",
        "registration_function": "register_bmi_pet",
    }
    return _module("bmi_c", params)


def _cfe_chain() -> Document:
    sloth = {
        "model_type_name": "bmi_c++_sloth",
        "library_file": f"{_LIBRARIES}/libslothmodel.so",
        "init_config": "/dev/null",
        "main_output_variable": "z",
        "model_params": {
            "sloth_ice_fraction_schaake(1,double,m,node)": 0.0,
            "sloth_ice_fraction_xinanjiang(1,double,1,node)": 0.0,
            "sloth_smp(1,double,1,node)": 0.0,
        },
    }
    cfe = {
        "model_type_name": "bmi_c_cfe",
        "library_file": f"{_LIBRARIES}/libcfebmi.so",
        "forcing_file": "",
        "init_config": "./config/cat_config/CFE/{{id}}.ini",
        "main_output_variable": "Q_OUT",
        "registration_function": "register_bmi_cfe",
        "variables_names_map": {
            "ice_fraction_schaake": "sloth_ice_fraction_schaake",
            "ice_fraction_xinanjiang": "sloth_ice_fraction_xinanjiang",
            "soil_moisture_profile": "sloth_smp",
        },
    }
    modules = [_module("bmi_c++", sloth), _pet_module(), _module("bmi_c", cfe)]
    return _chain("Q_OUT", modules, CFE_OUTPUTS)


def _topmodel_chain() -> Document:
    topmodel = {
        "model_type_name": "bmi_c_topmodel",
        "library_file": f"{_LIBRARIES}/libtopmodelbmi.so",
        "forcing_file": "",
        "init_config": "./config/cat_config/TOPMODEL/{{id}}.run",
        "main_output_variable": "Qout",
        "registration_function": "register_bmi_topmodel",
    }
    return _chain("Qout", [_pet_module(), _module("bmi_c", topmodel)], TOPMODEL_OUTPUTS)


def routing(axis: TimeAxis, name: str, *, lakes: bool) -> Document:
    """Return t-route's configuration (version 4): Muskingum–Cunge in steps of 300 s."""
    steps = axis.step // 300
    return {
        "log_parameters": {"showtiming": True, "log_level": "INFO"},
        "network_topology_parameters": {
            "supernetwork_parameters": {
                "geo_file_path": f"./config/{name}.gpkg",
                "columns": dict(DEFAULT_COLUMNS),
            },
            "waterbody_parameters": {"break_network_at_waterbodies": lakes},
        },
        "compute_parameters": {
            "parallel_compute_method": "by-subnetwork-jit-clustered",
            "compute_kernel": "V02-structured",
            "assume_short_ts": True,
            "subnetwork_target_size": 10000,
            "cpu_pool": 1,
            "restart_parameters": {"start_datetime": format_time(axis.start)},
            "forcing_parameters": {
                "qts_subdivisions": steps,
                "dt": 300,
                "qlat_input_folder": "./outputs/",
                "qlat_file_pattern_filter": "nex-*",
                "nts": axis.count * steps,
                "max_loop_size": axis.count * steps,
            },
        },
        "output_parameters": {
            "stream_output": {
                "stream_output_directory": "./outputs/",
                "stream_output_time": -1,
                "stream_output_type": ".nc",
                "stream_output_internal_frequency": 60,
            }
        },
    }
