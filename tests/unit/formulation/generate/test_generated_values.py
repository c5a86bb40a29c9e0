"""What parameters get: from attributes, from what stands in for them, and what is said of the rest."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.core.problem import Problem
from dmod.errors import InputError
from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.attributes import ATTRIBUTES, find_attribute
from dmod.formulation.generate.fallbacks import METHODS, read_fallbacks
from dmod.formulation.generate.faults import problems_of
from dmod.formulation.generate.land_classes import COVERS, SOILS, WATER, cover_values, soil_values
from dmod.formulation.generate.registry import GENERATORS, find_generator
from dmod.formulation.generate.values import Values, find_values
from dmod.hydrofabric import Layer, read_hydrofabric
from dmod.testing import attributes as made
from dmod.testing import fabrics

B, SATDK = "mode.bexp_soil_layers_stag=2", "geom_mean.dksat_soil_layers_stag=2"
SATPSI, SMCMAX = "geom_mean.psisat_soil_layers_stag=2", "mean.smcmax_soil_layers_stag=2"
WLTSMC, ZMAX = "mean.smcwlt_soil_layers_stag=2", "mean.Zmax"
NAN = math.nan

Find = Callable[..., Values]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    def found(tables: fabrics.Tables, name: str = "cfe", *fallbacks: str) -> Values:
        generator = find_generator(name)
        table = AttributeTable(read_hydrofabric(fabrics.write_fabric(tmp_path, tables)))
        values = find_values(generator, table, read_fallbacks(fallbacks, [generator]))
        _TABLES[id(values)] = table
        return values

    return found


_TABLES: dict[int, AttributeTable] = {}


def problems(values: Values) -> list[Problem]:
    return problems_of(values.faults, _TABLES[id(values)])


def taken(values: Values, parameter: str) -> list[Any]:
    return [catchment.values[parameter] for catchment in values.catchments()]


def test_every_attribute_of_every_generator_is_registered() -> None:
    for name in GENERATORS:
        for need in find_generator(name).needs:
            if need.attribute:
                assert find_attribute(need.attribute), (name, need.parameter)


def test_every_parameter_a_module_must_be_below_is_one_of_its_own() -> None:
    for name in GENERATORS:
        needs = {need.parameter: need for need in find_generator(name).needs}
        assert all(need.below in needs for need in needs.values() if need.below), name


def test_values_are_converted_to_the_modules_units(find: Find) -> None:
    tables = made.spoiled(made.river(3), ZMAX, 1, 16.0)
    cfe, pet = find(tables), find(tables, "pet")
    assert taken(cfe, "max_gw_storage") == [0.22, 0.016, 0.22]
    assert taken(cfe, "soil_params.smcmax") == [0.40, 0.41, 0.42]
    assert taken(pet, "site_elevation_m") == [1500.0] * 3
    assert taken(pet, "vegetation_height_m") == [16.0, 1.0, 16.0]
    assert taken(find(tables, "cfe-x"), "urban_decimal_fraction") == [0.025] * 3
    assert cfe.faults == pet.faults == ()


def albers(longitude: float, latitude: float) -> tuple[float, float]:
    """Return EPSG:5070 by Snyder (1987), Map projections, eqs. 3-12 and 14-1 to 14-6, on GRS 80."""
    a, f = 6378137.0, 1 / 298.257222101
    e = math.sqrt(f * (2 - f))

    def m(phi: float) -> float:
        return math.cos(phi) / math.sqrt(1 - (e * math.sin(phi)) ** 2)

    def q(phi: float) -> float:
        s = math.sin(phi)
        return (1 - e * e) * (s / (1 - (e * s) ** 2) - math.log((1 - e * s) / (1 + e * s)) / (2 * e))

    first, second, origin, phi = (math.radians(angle) for angle in (29.5, 45.5, 23.0, latitude))
    n = (m(first) ** 2 - m(second) ** 2) / (q(second) - q(first))
    c = m(first) ** 2 + n * q(first)
    rho, rho0 = (a * math.sqrt(c - n * q(angle)) / n for angle in (phi, origin))
    theta = n * math.radians(longitude + 96.0)
    return rho * math.sin(theta), rho0 - rho * math.cos(theta)


def test_position_is_that_of_the_centroid_in_degrees(find: Find) -> None:
    tables = made.river(2)
    values = find(tables, "pet")
    places = zip(taken(values, "longitude_degrees"), taken(values, "latitude_degrees"), strict=True)
    for row, (longitude, latitude) in enumerate(places):
        wanted = [tables[made.TABLE].columns[name][row] for name in ("centroid_x", "centroid_y")]
        assert albers(longitude, latitude) == pytest.approx(wanted, abs=1.5)  # NAD 83 taken as WGS 84


@pytest.mark.parametrize("degrees", [True, False])
def test_position_without_centroids_comes_from_degrees_or_the_shape(find: Find, degrees: bool) -> None:
    tables = made.without(made.river(2), "centroid_x", "centroid_y")
    if degrees:
        layer = tables[made.TABLE]
        tables[made.TABLE] = Layer({**layer.columns, "X": [-111.5, -111.4], "Y": [41.5, 41.6]})
        values = find(tables, "pet")
        assert taken(values, "longitude_degrees") == [-111.5, -111.4]
        assert values.sources["longitude_degrees"] == "X"
    else:
        values, other = find(tables, "pet"), find(made.river(2), "pet")
        assert np.allclose(taken(values, "latitude_degrees"), taken(other, "latitude_degrees"), atol=1e-6)
        assert "shape" in values.sources["latitude_degrees"]


def test_older_spellings_of_the_columns_are_known(find: Find) -> None:
    tables = made.river(2)
    older = {
        B: "bexp_soil_layers_stag=2",
        ZMAX: "gw_Zmax",
        "mean.slope_1km": "slope",
        "mode.ISLTYP": "ISLTYP",
    }
    columns = {older.get(name, name): values for name, values in tables[made.TABLE].columns.items()}
    values = find({**tables, made.TABLE: Layer(columns)})
    assert taken(values, "soil_params.b") == [4.0, 4.0]
    assert values.sources["soil_params.b"] == "bexp_soil_layers_stag=2"
    assert values.faults == ()


IMPOSSIBLE = [
    (B, 1.0, "soil_params.b"),
    (B, 0.5, "soil_params.b"),
    (SATDK, 0.0, "soil_params.satdk"),
    (SATDK, -1e-6, "soil_params.satdk"),
    (SATPSI, 0.0, "soil_params.satpsi"),
    (SMCMAX, 1.2, "soil_params.smcmax"),
    (WLTSMC, -0.1, "soil_params.wltsmc"),
    (WLTSMC, 0.42, "soil_params.wltsmc"),  # the porosity is 0.42 there
    (ZMAX, 0.0, "max_gw_storage"),
    ("mode.Expon", 0.0, "expon"),
    ("mean.refkdt", -1.0, "refkdt"),
    ("mean.slope_1km", 1.5, "soil_params.slop"),
]


@pytest.mark.parametrize(("column", "value", "parameter"), IMPOSSIBLE)
def test_impossible_attribute_is_listed_and_replaced_when_asked(
    find: Find, column: str, value: float, parameter: str
) -> None:
    tables = made.spoiled(made.river(5), column, 2, value)
    (problem,) = problems(find(tables))
    assert problem.code == "attribute-impossible"
    assert problem.ids == ("cat-3",)
    assert column in problem.message
    assert parameter in problem.message
    assert "--fallback" in problem.hint
    short = parameter.rpartition(".")[2]
    replaced = find(tables, "cfe", f"{short}=basin-median")
    assert replaced.faults == ()
    (note,) = replaced.replacements
    assert (note.parameter, note.method, note.catchments) == (parameter, "basin-median", ("cat-3",))
    source = list(replaced.catchments())[2].sources[parameter]
    assert source.startswith("fallback basin-median")
    assert column in source
    assert "fallback" not in list(replaced.catchments())[1].sources[parameter]


@pytest.mark.parametrize("value", [None, NAN])
def test_attribute_without_a_value_is_missing(find: Find, value: float | None) -> None:
    (problem,) = problems(find(made.spoiled(made.river(4), SATPSI, 1, value)))
    assert (problem.code, problem.ids) == ("attribute-missing", ("cat-2",))
    assert "has no value" in problem.message


def test_catchment_without_a_row_lists_every_attribute_once(find: Find) -> None:
    values = find(fabrics.without_row(made.river(4), made.TABLE, 3))
    found = problems(values)
    assert {p.code for p in found} == {"attribute-missing"}
    assert {p.ids for p in found} == {("cat-4",)}
    assert all("no row" in p.message for p in found)
    assert len(found) == 10  # as many attributes as cfe takes
    assert find(fabrics.without_row(made.river(4), made.TABLE, 3), "cfe", "neighbour").faults == ()


def test_repeated_rows_that_differ_cannot_be_used_and_equal_ones_can(find: Find) -> None:
    assert find(made.repeated(made.river(3), 1)).faults == ()
    found = problems(find(made.repeated(made.river(3), 1, **{B: 9.0})))
    assert {p.code for p in found} == {"attribute-repeated"}
    assert {p.ids for p in found} == {("cat-2",)}


def test_absent_column_concerns_all_catchments(find: Find) -> None:
    values = find(made.without(made.river(3), "mode.Expon"))
    (problem,) = problems(values)
    assert (problem.code, len(problem.ids)) == ("attribute-absent", 3)
    assert (
        taken(find(made.without(made.river(3), "mode.Expon"), "cfe", "expon=default"), "expon") == [6.0] * 3
    )


def test_absent_table_leaves_only_defaults(find: Find) -> None:
    tables = made.river(2)
    del tables[made.TABLE]
    values = find(tables)
    assert {f.code for f in values.faults} == {"attribute-absent"}
    assert "no table" in _TABLES[id(values)].problems()[0].message
    assert find(tables, "cfe", "basin-median").faults != ()
    replaced = find(tables, "cfe", "default")
    assert replaced.faults == ()
    assert taken(replaced, "soil_params.b") == [4.05, 4.05]


def test_basin_median_is_that_of_the_sound_values(find: Find) -> None:
    tables = made.spoiled(made.river(5), SMCMAX, 0, NAN)
    tables = made.spoiled(tables, SMCMAX, 1, 7.0)
    values = find(tables, "cfe", "basin-median")
    assert taken(values, "soil_params.smcmax")[:2] == [pytest.approx(0.43)] * 2


def test_basin_median_of_a_class_is_the_most_frequent_one(find: Find) -> None:
    tables = made.spoiled(made.river(5), "mode.IVGTYP", 0, 99.0)
    values = find(tables, "pet", "basin-median")
    assert taken(values, "vegetation_height_m")[0] in (16.0, 1.0)
    assert (
        taken(
            find(made.spoiled(tables, "mode.IVGTYP", 1, 11.0), "pet", "basin-median"), "vegetation_height_m"
        )[0]
        == 16.0
    )


def test_upstream_takes_the_nearest_above_and_nothing_at_a_headwater(find: Find) -> None:
    tables = made.spoiled(made.spoiled(made.river(5), SMCMAX, 3, NAN), SMCMAX, 2, NAN)
    values = find(tables, "cfe", "upstream")
    assert taken(values, "soil_params.smcmax")[2:4] == [0.41, 0.41]
    headwater = find(made.spoiled(made.river(5), SMCMAX, 0, NAN), "cfe", "upstream")
    assert [f.rows for f in headwater.faults] == [(0,)]
    assert "upstream gave nothing sound" in problems(headwater)[0].message


def test_upstream_takes_the_nearer_of_two_branches(find: Find) -> None:
    tables = made.complete(fabrics.basin([3, 2, 3, -1]))  # 1 and 2 → 3 meet in 4
    tables = made.spoiled(made.spoiled(tables, SMCMAX, 2, NAN), SMCMAX, 3, NAN)
    assert taken(find(tables, "cfe", "upstream"), "soil_params.smcmax") == [0.40, 0.41, 0.41, 0.40]


def test_neighbour_takes_the_nearest_in_either_direction(find: Find) -> None:
    tables = made.spoiled(made.spoiled(made.river(5), SMCMAX, 0, NAN), SMCMAX, 4, NAN)
    assert taken(find(tables, "cfe", "neighbour"), "soil_params.smcmax") == [0.41, 0.41, 0.42, 0.43, 0.43]


def test_soil_texture_takes_the_class_and_leaves_other_attributes(find: Find) -> None:
    tables = made.spoiled(made.spoiled(made.river(3), B, 0, NAN), ZMAX, 0, NAN)
    tables = made.spoiled(tables, "mode.ISLTYP", 0, 12.0)
    values = find(tables, "cfe", "soil-texture")
    assert taken(values, "soil_params.b")[0] == 11.55
    assert [f.need.parameter for f in values.faults] == ["max_gw_storage"]
    water = find(made.spoiled(tables, "mode.ISLTYP", 0, float(WATER)), "cfe", "soil-texture")
    assert {f.need.parameter for f in water.faults} == {"soil_params.b", "max_gw_storage"}


def test_fallbacks_are_tried_in_order_the_special_one_first(find: Find) -> None:
    tables = made.spoiled(made.spoiled(made.river(5), SMCMAX, 0, NAN), ZMAX, 0, NAN)
    values = find(tables, "cfe", "upstream", "basin-median", "smcmax=soil-texture")
    assert {r.parameter: r.method for r in values.replacements} == {
        "soil_params.smcmax": "soil-texture",
        "max_gw_storage": "basin-median",
    }
    assert taken(values, "soil_params.smcmax")[0] == 0.439


def test_replacement_that_contradicts_another_value_is_refused(find: Find) -> None:
    tables = made.spoiled(made.river(5), SMCMAX, 0, 0.055)  # below the fabric's wilting points of 0.06
    values = find(tables, "cfe", "wltsmc=basin-median")
    assert [(f.need.parameter, f.rows) for f in values.faults] == [("soil_params.wltsmc", (0,))]


def test_distribution_that_cannot_be_read_is_impossible(find: Find) -> None:
    for text in ("nothing", "[]", '[{"v":3,"frequency":0.2}]', '[{"v":"x","frequency":1}]', "{}"):
        (problem,) = problems(find(made.spoiled(made.river(3), "dist_4.twi", 1, text), "topmodel"))
        assert (problem.code, problem.ids) == ("attribute-impossible", ("cat-2",)), text
        assert "basin-median" not in problem.hint
    values = find(made.spoiled(made.river(3), "dist_4.twi", 1, None), "topmodel", "upstream")
    assert taken(values, "topographic_index")[1] == taken(values, "topographic_index")[0]


def test_water_as_soil_is_listed_for_the_xinanjiang_scheme(find: Find) -> None:
    tables = made.spoiled(made.river(3), "mode.ISLTYP", 1, float(WATER))
    (problem,) = problems(find(tables, "cfe-x"))
    assert problem.ids == ("cat-2",)
    assert "mode.ISLTYP = 14" in problem.message
    assert find(tables).faults == ()


def test_class_that_is_no_whole_number_is_impossible(find: Find) -> None:
    assert [f.code for f in find(made.spoiled(made.river(3), "mode.ISLTYP", 1, 6.4), "cfe-x").faults] == [
        "attribute-impossible"
    ] * 3


def test_only_the_catchments_asked_for_count(tmp_path: Path) -> None:
    tables = made.spoiled(made.river(4), B, 3, NAN)
    table = AttributeTable(read_hydrofabric(fabrics.write_fabric(tmp_path, tables)))
    generator = find_generator("cfe")
    values = find_values(generator, table, read_fallbacks((), [generator]), (0, 2))
    assert values.faults == ()
    assert [catchment.id for catchment in values.catchments()] == ["cat-1", "cat-3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("median", "basin-median"),
        ("smcmax=mean", "basin-median"),
        ("porosity=default", "soil_params.smcmax"),
        ("alpha_fc=default", "alpha_fc"),
    ],
)
def test_unknown_fallback_is_refused_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_fallbacks([text], [find_generator("cfe")])
    assert said in str(error.value)


def test_land_classes_are_complete_and_plausible() -> None:
    assert set(SOILS) == set(range(1, 20)) - {WATER}
    assert set(COVERS) == set(range(1, 28))
    assert all(0 < s.wilting < s.porosity < 1 and s.b > 1 and s.suction > 0 for s in SOILS.values())
    assert all(0 <= c.albedo <= 1 and 0 <= c.emissivity <= 1 for c in COVERS.values())
    classes = np.array([6.0, 14.0, 0.0, NAN])
    assert np.array_equal(soil_values(classes, "b"), [5.25, NAN, NAN, NAN], equal_nan=True)
    assert np.array_equal(cover_values(classes, "height"), [8.0, 20.0, NAN, NAN], equal_nan=True)


def test_plausible_ranges_hold_the_defaults_of_the_modules() -> None:
    for name in GENERATORS:
        for need in find_generator(name).needs:
            if need.attribute and isinstance(need.value, float | int):
                assert need.low <= need.value <= need.high, (name, need.parameter)
    assert set(METHODS) == {"basin-median", "upstream", "neighbour", "soil-texture", "default"}
    assert all(a.low < a.high or a.kind == "distribution" for a in ATTRIBUTES.values())
