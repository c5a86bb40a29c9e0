"""The time loop of the five potential evapotranspiration methods."""

from __future__ import annotations

import math

from dmod.engine.compile import kernel, scalar
from dmod.engine.process.aerodynamic_resistance import (
    aerodynamic_profile,
    aerodynamic_resistance,
    profile_logarithm,
    wind_speed_at,
)
from dmod.engine.process.potential_evapotranspiration_aerodynamic import aerodynamic_evaporation
from dmod.engine.process.potential_evapotranspiration_combination import combination_evaporation
from dmod.engine.process.potential_evapotranspiration_energy_balance import energy_balance_evaporation
from dmod.engine.process.potential_evapotranspiration_penman_monteith import penman_monteith_evaporation
from dmod.engine.process.potential_evapotranspiration_priestley_taylor import priestley_taylor_evaporation
from dmod.engine.process.radiation import (
    emitted_longwave,
    longwave_reflectivity,
    net_radiation,
    sky_longwave,
)
from dmod.engine.process.vapour import (
    FREEZING_POINT,
    actual_vapour_pressure,
    latent_heat_of_vaporization,
    liquid_water_density,
    moist_air_density,
    psychrometric_constant,
    saturation_vapour_pressure,
    saturation_vapour_pressure_slope,
)

ENERGY_BALANCE, AERODYNAMIC, COMBINATION, PRIESTLEY_TAYLOR, PENMAN_MONTEITH = range(1, 6)

# Columns of the parameter array.
METHOD, FROM_FORCING, DISPLACEMENT, HUMIDITY_HEIGHT, EMISSIVITY, ALBEDO, CLOUD_COVER, N_PARAMETERS = range(8)
# Columns of the state array.
WIND_HEIGHT, MOMENTUM_ROUGHNESS, HEAT_ROUGHNESS = range(3)

# What the program fixes in its source.
SKIN_TEMPERATURE = 12.0
WATER_TEMPERATURE = 22.0
GROUND_HEAT_FLUX = -10.0
CANOPY_RESISTANCE = 50.0
STANDARD_SHORTWAVE = 440.1
STANDARD_TEMPERATURE = 15.0
STANDARD_HUMIDITY = 63.0
REFERENCE_HEIGHT = 2.0
SMALLEST_ROUGHNESS = 1.0e-06


@scalar
def standard_net_radiation(emissivity, albedo, cloud_cover, emitted):  # type: ignore[no-untyped-def]
    """Net radiation of the fixed day that stands for forcing without radiation.

    440.1 W m-2 of sunshine and the long-wave radiation of a cloudy sky at 15 degC and 63 % humidity.

    Parameters
    ----------
    emissivity, albedo, cloud_cover : scalars [-]
    emitted : long-wave radiation of the surface [W m-2]
    """
    vapour = STANDARD_HUMIDITY / 100.0 * saturation_vapour_pressure(STANDARD_TEMPERATURE)
    longwave = sky_longwave(STANDARD_TEMPERATURE, vapour, cloud_cover)
    absorbed = 1.0 - longwave_reflectivity(emissivity)
    return net_radiation(STANDARD_SHORTWAVE, longwave, 1.0 - albedo, absorbed, emitted)


@kernel
def pet_kernel(parameters, state, inputs, outputs, balance, failed_step):  # type: ignore[no-untyped-def]
    """Step every catchment; see `dmod.engine.models.module.Kernel`.

    Inputs in the order of `dmod.engine.models.pet.PET`; the balance stays zero, no water moves here.
    """
    longwave, pressure, humidity, shortwave, temperature, wind_x, wind_y = inputs
    evaporation = outputs[0]
    water_density = liquid_water_density(WATER_TEMPERATURE)
    latent_heat = latent_heat_of_vaporization(WATER_TEMPERATURE)
    volumetric_latent_heat = water_density * latent_heat
    for i in range(parameters.shape[0]):
        method = int(parameters[i, METHOD])
        from_forcing = parameters[i, FROM_FORCING] == 1.0
        displacement = parameters[i, DISPLACEMENT]
        wind_height = state[i, WIND_HEIGHT]
        momentum_roughness = state[i, MOMENTUM_ROUGHNESS]
        heat_roughness = state[i, HEAT_ROUGHNESS]
        # 0.1845 d is 0.123 times a vegetation height of 1.5 d (Allen et al. 1998)
        canopy_momentum_roughness = 0.1845 * displacement
        canopy_heat_roughness = 0.1 * canopy_momentum_roughness
        shortwave_absorptivity = 1.0 - parameters[i, ALBEDO]
        longwave_absorptivity = 1.0 - longwave_reflectivity(parameters[i, EMISSIVITY])
        emitted = emitted_longwave(SKIN_TEMPERATURE, parameters[i, EMISSIVITY])
        radiation = standard_net_radiation(
            parameters[i, EMISSIVITY], parameters[i, ALBEDO], parameters[i, CLOUD_COVER], emitted
        )
        log_reference = profile_logarithm(REFERENCE_HEIGHT, displacement)
        log_measured = profile_logarithm(wind_height, displacement)
        profile = 0.0
        profile_of_height = -1.0
        failed_step[i] = -1
        for t in range(evaporation.shape[1]):
            wind_speed = math.hypot(wind_x[i, t], wind_y[i, t])
            if from_forcing:
                if wind_height > displacement:
                    wind_speed = wind_speed_at(wind_speed, log_reference, log_measured)
                # the program forgets the configured height here, so it rescales in its first step only
                wind_height = REFERENCE_HEIGHT
                log_measured = log_reference
                radiation = net_radiation(
                    shortwave[i, t], longwave[i, t], shortwave_absorptivity, longwave_absorptivity, emitted
                )
            energy_balance = energy_balance_evaporation(radiation, volumetric_latent_heat)
            if method == ENERGY_BALANCE:
                result = energy_balance
            else:
                air_temperature = temperature[i, t] - FREEZING_POINT
                saturation = saturation_vapour_pressure(air_temperature)
                deficit = saturation - actual_vapour_pressure(humidity[i, t], pressure[i, t], saturation)
                density = moist_air_density(air_temperature, humidity[i, t], pressure[i, t])
                slope = saturation_vapour_pressure_slope(air_temperature, saturation)
                if heat_roughness < SMALLEST_ROUGHNESS or momentum_roughness < SMALLEST_ROUGHNESS:
                    heat_roughness = 1.0
                    momentum_roughness = 1.0
                gamma = psychrometric_constant(pressure[i, t], heat_roughness, latent_heat)
                if method == PRIESTLEY_TAYLOR:
                    result = priestley_taylor_evaporation(slope, gamma, energy_balance)
                elif method == PENMAN_MONTEITH:
                    momentum_roughness = canopy_momentum_roughness
                    heat_roughness = canopy_heat_roughness
                    if profile_of_height != wind_height:
                        profile_of_height = wind_height
                        profile = aerodynamic_profile(
                            wind_height,
                            parameters[i, HUMIDITY_HEIGHT],
                            displacement,
                            canopy_momentum_roughness,
                            canopy_heat_roughness,
                        )
                    result = penman_monteith_evaporation(
                        slope,
                        gamma,
                        radiation - GROUND_HEAT_FLUX,
                        density,
                        deficit,
                        aerodynamic_resistance(wind_speed, profile),
                        CANOPY_RESISTANCE,
                        volumetric_latent_heat,
                    )
                else:
                    result = aerodynamic_evaporation(
                        density,
                        deficit,
                        wind_speed,
                        pressure[i, t],
                        log_measured * log_measured,
                        water_density,
                    )
                    if method == COMBINATION:
                        result = combination_evaporation(slope, gamma, energy_balance, result)
            # no dew: the program returns 0 where the flux is towards the surface
            evaporation[i, t] = 0.0 if result < 0.0 else result
            if failed_step[i] < 0 and not math.isfinite(result):
                failed_step[i] = t
        state[i, WIND_HEIGHT] = wind_height
        state[i, MOMENTUM_ROUGHNESS] = momentum_roughness
        state[i, HEAT_ROUGHNESS] = heat_roughness
