"""What an example package's modules are told: one configuration file per module and catchment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example import ExampleBasin
from dmod.hydrofabric.example.soils import Soils

Floats = NDArray[np.float64]
File = tuple[PurePosixPath, str]

FOLDER = PurePosixPath("config/cat_config")
FORMULATIONS = ("cfe", "topmodel")

# height [m] and albedo by vegetation class
_VEGETATION = {11: (16.0, 0.18), 5: (0.8, 0.22), 7: (0.3, 0.24)}


def module_files(basin: ExampleBasin, formulation: str, soils: Soils | None = None) -> Iterator[File]:
    """Yield path inside the package and text of every configuration file.

    Parameters
    ----------
    formulation : "cfe" or "topmodel"
    soils : used in place of the basin's own
    """
    soils = soils or basin.soils
    longitude, latitude = basin.lonlat
    for i, name in enumerate(basin.ids):
        position = (float(latitude[i]), float(longitude[i]), float(basin.hillslopes.elevation[i]))
        yield FOLDER / "PET" / f"{name}.ini", _pet(int(soils.vegetation[i]), position)
        if formulation == "cfe":
            yield FOLDER / "CFE" / f"{name}.ini", _cfe(soils, i, basin.hillslopes.arrival[i])
        else:
            yield from _topmodel(basin, soils, i)


def unit_hydrograph(arrival: Floats) -> list[float]:
    """Return hourly ordinates that add up to exactly 1, in steps of 1e-4, without the last half percent.

    Parameters
    ----------
    arrival : share of the water that needs 0–1 h, 1–2 h, … to the outlet
    """
    hours = int(np.searchsorted(np.cumsum(arrival), 0.995)) + 1
    kept = arrival[:hours] / arrival[:hours].sum()
    steps = np.floor(kept * 10_000).astype(int)
    rest = 10_000 - int(steps.sum())
    steps[np.argsort(steps - kept * 10_000, kind="stable")[:rest]] += 1
    return [step / 10_000 for step in steps.tolist()]


def _lines(pairs: Sequence[tuple[str, object]]) -> str:
    return "".join(f"{key}={value}\n" for key, value in pairs)


def _cfe(soils: Soils, i: int, arrival: Floats) -> str:
    """Return the CFE file; the soil column is 2 m deep and starts as after a summer."""
    wilting = float(soils.wilting[i])
    storage = (wilting + 0.75 * (_field_capacity(soils, i) - wilting)) / float(soils.porosity[i])
    ordinates = ",".join(f"{ordinate:.4f}" for ordinate in unit_hydrograph(arrival))
    return _lines(
        [
            ("forcing_file", "BMI"),
            ("surface_partitioning_scheme", "Schaake"),
            ("soil_params.depth", "2.0[m]"),
            ("soil_params.b", f"{soils.b[i]:.6g}[]"),
            ("soil_params.satdk", f"{soils.conductivity[i]:.6g}[m s-1]"),
            ("soil_params.satpsi", f"{soils.suction[i]:.6g}[m]"),
            ("soil_params.slop", f"{soils.drainage[i]:.6g}[m/m]"),
            ("soil_params.smcmax", f"{soils.porosity[i]:.6g}[m/m]"),
            ("soil_params.wltsmc", f"{soils.wilting[i]:.6g}[m/m]"),
            ("soil_params.expon", "1.0[]"),
            ("soil_params.expon_secondary", "1.0[]"),
            ("refkdt", f"{soils.runoff[i]:.6g}"),
            ("max_gw_storage", f"{soils.storage[i]:.6g}[m]"),
            ("Cgw", f"{soils.release[i]:.6g}[m h-1]"),
            ("expon", f"{soils.exponent[i]:.6g}[]"),
            ("gw_storage", "0.2[m/m]"),
            ("alpha_fc", "0.33"),
            ("soil_storage", f"{storage:.4f}[m/m]"),
            ("K_nash", "0.03[]"),
            ("K_lf", "0.01[]"),
            ("nash_storage", "0.0,0.0"),
            ("verbosity", "0"),
            ("giuh_ordinates", ordinates),
        ]
    )


def _field_capacity(soils: Soils, i: int) -> float:
    """Return the water content at a suction of 0.33 atm (3.4 m), by the retention curve [-]."""
    return float(soils.porosity[i] * min(1.0, (soils.suction[i] / 3.41) ** (1 / soils.b[i])))


def _pet(vegetation: int, position: tuple[float, float, float]) -> str:
    height, albedo = _VEGETATION[vegetation]
    latitude, longitude, elevation = position
    return _lines(
        [
            ("verbose", 0),
            ("pet_method", 3),
            ("forcing_file", "BMI"),
            ("run_unit_tests", 0),
            ("yes_aorc", 1),
            ("wind_speed_measurement_height_m", 10.0),
            ("humidity_measurement_height_m", 2.0),
            ("vegetation_height_m", height),
            ("zero_plane_displacement_height_m", 0.0003),
            ("momentum_transfer_roughness_length_m", 0.0),
            ("heat_transfer_roughness_length_m", 0.0),
            ("surface_longwave_emissivity", 0.98),
            ("surface_shortwave_albedo", albedo),
            ("latitude_degrees", f"{latitude:.6f}"),
            ("longitude_degrees", f"{longitude:.6f}"),
            ("site_elevation_m", f"{elevation:.2f}"),
            ("time_step_size_s", 3600),
            ("num_timesteps", 1),
            ("shortwave_radiation_provided", 1),
        ]
    )


def _topmodel(basin: ExampleBasin, soils: Soils, i: int) -> Iterator[File]:
    """Yield the run file, the topography and the parameters of TOPMODEL."""
    name, folder = basin.ids[i], FOLDER / "TOPMODEL"
    files = [folder / f"{name}_{part}.dat" for part in ("subcat", "params")]
    unused = [folder / f"{name}_{part}" for part in ("inputs.dat", "topmod.out", "hyd.out")]
    title = f"{name}, synthetic"
    paths = (unused[0], *files, *unused[1:])
    yield folder / f"{name}.run", "\n".join(["0", title, *(f"./{path}" for path in paths)]) + "\n"
    yield files[0], _topography(basin, i, title)
    # transmissivity: conductivity that falls off over szm / porosity of drained depth
    szm = 0.02 + 0.2 * float(soils.storage[i])
    conductivity = float(soils.conductivity[i]) * 3600
    transmissivity = math.log(max(conductivity * 100 * szm / float(soils.porosity[i]), 0.05))
    values = (szm, transmissivity, 20.0, 2500.0, 700.0, 0.05, 3.3e-5, 0.002, 0, conductivity, 0.1, 0.1)
    yield files[1], f"{title}\n{' '.join(f'{value:.6g}' for value in values)}\n"


def _topography(basin: ExampleBasin, i: int, title: str) -> str:
    """Return the topographic index from high to low, and the area by distance from the outlet."""
    edges, share = basin.hillslopes.wetness_edges[i][::-1], basin.hillslopes.wetness[i][::-1]
    rows = [f"0.000000 {edges[0]:.6f}"]
    rows += [f"{part:.6f} {edge:.6f}" for part, edge in zip(share, edges[1:], strict=True)]
    far = float(basin.hillslopes.distance[i])
    distances = f"0.0 {0.1 * far:.1f} 0.5 {0.55 * far:.1f} 1.0 {far:.1f}"
    return "\n".join(["1 1 1", title, f"{len(rows)} 1", *rows, "3", distances]) + "\n"
