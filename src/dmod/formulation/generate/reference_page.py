"""The reference page of generated configurations: ``python -m dmod.formulation.generate.reference_page``."""

from __future__ import annotations

from typing import Any

from dmod.formulation.generate.attributes import ATTRIBUTES, Attribute
from dmod.formulation.generate.fallbacks import METHODS
from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.formulation.generate.generator import Generator, Need
from dmod.formulation.generate.registry import GENERATORS, find_generator
from dmod.formulation.generate.topographic_index import Wetness

HEAD = """\
# Generated configurations

<!-- Written by `python -m dmod.formulation.generate.reference_page` from the registries of
src/dmod/formulation/generate. -->

What `dmod configure` and `dmod prepare` write for each module, from which attribute of the hydrofabric, with
which conversion, and on whose authority. Every file repeats for each of its parameters the meaning, unit and
source; `metadata/configuration.json` holds them for the package, with everything that stands in for an
attribute. Files and folders are those that NextGen users have:

```
config/cat_config/CFE/cat-1.ini           config/realization.json
config/cat_config/PET/cat-1.ini           config/troute.yaml
config/cat_config/TOPMODEL/cat-1.run      config/<fabric>.gpkg
                          cat-1_subcat.dat, cat-1_params.dat
config/cat_config/NOAH-OWP-M/cat-1.input  metadata/configuration.json
config/cat_config/SNOW17/cat-1.input, params-cat-1.txt
config/cat_config/SAC-SMA/cat-1.input, params-cat-1.txt
```
"""

NOTES = """
## Where conventions differ, and which is followed

- **CFE, `Cgw`.** The fabric has NWM's bucket coefficient. The community's preprocessor writes the number as
  m h⁻¹, and so does dmod; other preprocessors multiply it by 3600e-6, or divide by a bucket's area besides.
  Calibrate it.
- **CFE, `gw_storage` and `soil_storage`** start nearly empty (0.05), as the community's preprocessor has
  it: give a run some months to settle.
- **CFE, `nash_storage`** is left out: the newer revision of the program does not know the key, and without
  it both start with empty reservoirs. `surface_partitioning_scheme` and `K_nash` are spelled as both
  revisions read them.
- **CFE, `urban_decimal_fraction`.** `mean.impervious` is in percent, and divided by 100.
- **CFE with Xinanjiang partitioning.** v2.2 has no parameters for it. They come from the table of soil
  classes that Noah-OWP-Modular ships (`SOILPARM.TBL`: AXAJ, BXAJ, XXAJ by ISLTYP), as in NextGenSandboxHub;
  their defaults are those of NWM's calibration package. Water (class 14) has none.
- **PET, roughness.** The module takes `zero_plane_displacement_height_m` as the roughness length of its
  wind profile, and multiplies the psychrometric constant by the roughness length of heat
  ([behaviour](behaviour-pet.md)). Real lengths of a forest would distort the flux, so that the values of
  the framework's examples are kept: 0.0003 m, and 0 for "unknown".
- **TOPMODEL, topographic index.** `dist_4.twi` gives the upper bound of each class. TOPMODEL wants the
  highest bound first with an area of 0, else half of the wettest class gets no rain
  ([behaviour](behaviour-topmodel.md)); scripts that write the four classes as they stand lose that water.
  The lower end of the driest class is not in the fabric: it is taken to be as wide as the next, and not to
  reach below 0.
- **TOPMODEL, channel.** v2.2 has no width function: the area rises evenly from 0 at the catchment's end to
  1 at the head of its flowpath. At 3600 m h⁻¹ the program has room for 72 km.
- **Elevation** is in centimetres in the fabric, and so is the rise in its slope: `mean.slope` is the angle
  of centimetres over metres, near 90° on any hill.

## Comments

A line that begins with `#` is a key that CFE and PET do not know, which they read past; CFE ignores what
follows a unit's bracket too, but compares words to the end of the line, so that no comment stands behind a
value. TOPMODEL reads a fixed count of words: comments follow them. The Fortran modules skip what follows
`!`.

## Fallbacks

An attribute that is missing, impossible, or in several rows that differ is listed with its catchments, and
is an error, unless `--fallback` names what stands in; it may be given several times, and for one parameter
(`smcmax=basin-median`), which goes first. A value that stands in must be plausible itself.

| fallback | what stands in |
|---|---|
"""

SOURCES = """
## Sources

| short name | what it is |
|---|---|
| NGIAB | CIROH-UA/NGIAB_data_preprocess, `modules/data_sources/config/catchment` and `create_configs.py` |
| NextGenSandboxHub | ajkhattak/NextGenSandboxHub, `src/python/models` |
| CFE | NOAA-OWP/cfe, revisions 6d08db7 and a349a95: `src/bmi_cfe.c`, `configs` |
| TOPMODEL | NOAA-OWP/topmodel, revision a4cb3ba: `src/topmodel.c`, `data` (also ngen.config_gen) |
| ngen | NOAA-OWP/ngen, `data` |
| Noah-OWP-Modular | NOAA-OWP/noah-owp-modular, `parameters` |
| WRF | wrf-model/WRF, `run/VEGPARM.TBL` |
| hydrofabric | v2.2, Lynker Spatial; NOAA-OWP/hydrofabric; `zonal::equal_population_distribution` |
"""


def configuration_page() -> str:
    """Return the reference page ``docs/reference/generated-configuration.md``."""
    return "".join([HEAD, _formulations(), _attributes(), *map(_module, _generators()), _notes(), SOURCES])


def _generators() -> list[Generator]:
    return [generator for name in GENERATORS if (generator := find_generator(name)).needs]


def _formulations() -> str:
    engine = {True: "native", False: "C++ framework"}
    rows = [
        f"| `{f.name}` | {f.text} | {engine[all(g.native for g in f.generators)]} |\n"
        for f in FORMULATIONS.values()
    ]
    head = "\n## Formulations\n\n| name | modules | engine |\n|---|---|---|\n"
    own = "| `my_realization.json` | your own document: its modules are recognised, all else is kept | |\n"
    return head + "".join(rows) + own


def _attributes() -> str:
    head = (
        "\n## Attributes\n\nA value outside its plausible range is treated as impossible. `=2` is the second"
        " soil layer; the layers of v2.2 are alike.\n\n"
        "| attribute | columns, the newest first | unit | plausible | meaning | made from |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "".join(map(_attribute, ATTRIBUTES.values()))


def _attribute(attribute: Attribute) -> str:
    columns = ", ".join(f"`{name}`" for name in dict.fromkeys(attribute.columns))
    unit = attribute.unit or "-"
    stored = f" ({attribute.stored} in the fabric)" if attribute.stored else ""
    return (
        f"| {attribute.name} | {columns} ({attribute.table}) | {unit}{stored} | {attribute.range} |"
        f" {_cell(attribute.text)} | {attribute.source} |\n"
    )


def _module(generator: Generator) -> str:
    head = f"\n## {generator.title}\n\n`{generator.name}`, in `{generator.place}`.\n\n"
    columns = "| parameter | unit | value | default | meaning | reference |\n|---|---|---|---|---|---|\n"
    return head + columns + "".join(map(_need, generator.needs))


def _need(need: Need) -> str:
    if need.attribute:
        attribute = ATTRIBUTES[need.attribute]
        per = f" / {attribute.per:g}" if attribute.per != 1.0 else ""
        conversion = f"; {need.conversion}" if need.conversion else ""
        value = f"`{attribute.columns[0]}`{per}{conversion}"
        default = "none" if need.value is None else _plain(need.value)
    else:
        value, default = _plain(need.value), ""
    cells = (f"`{need.parameter}`", need.unit or "-", value, default, need.text, need.reference)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"


def _plain(value: Any) -> str:
    if isinstance(value, Wetness):
        return ", ".join(f"{s:g} to {u:g}" for u, s in zip(value.upper, value.share, strict=True))
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _notes() -> str:
    return NOTES + "".join(f"| `{name}` | {meaning} |\n" for name, meaning in METHODS.items())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    from pathlib import Path

    page = Path(__file__).parents[4] / "docs" / "reference" / "generated-configuration.md"
    page.write_text(configuration_page(), encoding="utf-8")
