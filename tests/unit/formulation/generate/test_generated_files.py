"""Generated files of CFE, PET and TOPMODEL, read as the programs in C read them and by the native engine."""

import math
import re
from pathlib import Path

import pytest

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.engine.models.registry import modules
from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.fallbacks import read_fallbacks
from dmod.formulation.generate.generator import Settings
from dmod.formulation.generate.registry import find_generator
from dmod.formulation.generate.topmodel import EXAMPLE_WETNESS
from dmod.formulation.generate.topographic_index import MOST_CLASSES, Wetness, read_wetness
from dmod.formulation.generate.values import find_values
from dmod.hydrofabric import read_hydrofabric
from dmod.testing import attributes as made
from dmod.testing import fabrics

SETTINGS = Settings(TimeAxis(parse_time("2019-03-01"), 3600, 24))
REVISIONS = (("cfe", "6d08db7"), ("cfe", "a349a95"))


def files(folder: Path, name: str, tables: fabrics.Tables | None = None, *fallbacks: str) -> dict[str, str]:
    """Write the first catchment's files below a folder and return them by name."""
    generator = find_generator(name)
    table = AttributeTable(read_hydrofabric(fabrics.write_fabric(folder, tables or made.river(2))))
    values = find_values(generator, table, read_fallbacks(fallbacks, [generator]))
    found = {}
    for path, text in generator.files(next(values.catchments()), SETTINGS):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        found[path.name] = text
    return found


def read_as_cfe(text: str) -> dict[str, str]:
    """Split lines as bmi_cfe.c does: the key up to the first ``=``, the value up to ``[``."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, equals, rest = line.partition("=")
        if equals and not key.startswith("#"):
            assert key not in found
            found[key] = rest.partition("[")[0]
        elif equals:
            assert " " in key  # no key of the program has a blank
    return found


def read_as_pet(text: str) -> dict[str, str]:
    """Split lines as bmi_pet.c does: the key up to the first ``=``, the value up to the next."""
    lines = (line.split("=") for line in text.split("\n"))
    return {parts[0]: parts[1] for parts in lines if len(parts) > 1 and " " not in parts[0]}


def test_cfe_file_has_what_the_program_asks_for(tmp_path: Path) -> None:
    found = read_as_cfe(files(tmp_path, "cfe")["cat-1.ini"])
    assert found["forcing_file"] == "BMI"
    assert found["surface_partitioning_scheme"] == "Schaake"
    assert {
        key: float(value) for key, value in found.items() if key not in list(found)[:2] and "," not in value
    } == {
        "soil_params.depth": 2.0,
        "soil_params.b": 4.0,
        "soil_params.satdk": 3.4e-6,
        "soil_params.satpsi": 0.26,
        "soil_params.slop": 0.1,
        "soil_params.smcmax": 0.4,
        "soil_params.wltsmc": 0.06,
        "soil_params.expon": 1.0,
        "soil_params.expon_secondary": 1.0,
        "refkdt": 3.0,
        "max_gw_storage": 0.22,
        "Cgw": 0.005,
        "expon": 1.0,
        "gw_storage": 0.05,
        "alpha_fc": 0.33,
        "soil_storage": 0.05,
        "K_nash": 0.03,
        "K_lf": 0.01,
        "verbosity": 0.0,
    }
    assert found["giuh_ordinates"] == "0.55,0.25,0.2"
    assert list(found).index("gw_storage") > list(found).index("max_gw_storage")


def test_xinanjiang_keys_come_after_the_scheme(tmp_path: Path) -> None:
    found = read_as_cfe(files(tmp_path, "cfe-x")["cat-1.ini"])
    keys = list(found)
    own = [key for key in keys if "Xinanjiang" in key or "urban" in key]
    assert len(own) == 4
    assert all(keys.index(key) > keys.index("surface_partitioning_scheme") for key in own)
    assert [float(found[key]) for key in own] == [0.013, 0.18, 0.18, 0.025]


@pytest.mark.parametrize("name", ["cfe", "cfe-x"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_both_revisions_of_cfe_read_the_file_without_a_word(
    tmp_path: Path, name: str, revision: tuple[str, str]
) -> None:
    module = modules()[revision]
    config = module.read_config(files(tmp_path, name)["cat-1.ini"], "cat-1.ini")
    assert module.check(config) == []
    assert (config.unknown, dict(config.ignored)) == ((), {})


def test_pet_file_has_what_the_program_asks_for(tmp_path: Path) -> None:
    text = files(tmp_path, "pet")["cat-1.ini"]
    found = read_as_pet(text)
    assert found["forcing_file"] == "BMI"
    assert found["pet_method"] == "3"
    assert float(found["vegetation_height_m"]) == 16.0
    assert float(found["surface_shortwave_albedo"]) == 0.165
    assert float(found["zero_plane_displacement_height_m"]) > 0  # the program ends at 0
    module = modules()["pet", ""]
    config = module.read_config(text, "cat-1.ini")
    assert module.check(config) == []
    assert (config.unknown, dict(config.ignored)) == ((), {})


@pytest.mark.parametrize("name", ["cfe", "cfe-x", "pet"])
def test_every_value_follows_a_comment_with_unit_and_source(tmp_path: Path, name: str) -> None:
    lines = files(tmp_path, name)["cat-1.ini"].splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) % 2 == 1
    for comment, value in zip(lines[1::2], lines[2::2], strict=True):
        assert re.match(r"# .+ \[[^\]]+\]; .+", comment), comment
        need = find_generator(name).need(value.partition("=")[0])
        assert f"[{need.unit or '-'}]" in comment
        if need.attribute:
            assert "constant" not in comment


def test_values_read_back_the_same_to_the_last_bit(tmp_path: Path) -> None:
    value = 2.8074400424957275
    tables = made.spoiled(made.river(2), "mode.bexp_soil_layers_stag=2", 0, value)
    assert float(read_as_cfe(files(tmp_path, "cfe", tables)["cat-1.ini"])["soil_params.b"]) == value


def test_topmodel_files_read_as_words(tmp_path: Path) -> None:
    found = files(tmp_path, "topmodel")
    run = found["cat-1.run"].split("\n")
    assert run[0] == "0"
    paths = " ".join(run[2:]).split()[:5]
    assert [Path(path).name for path in paths[1:3]] == ["cat-1_subcat.dat", "cat-1_params.dat"]
    assert all((tmp_path / path).is_file() for path in paths[1:3])
    assert max(map(len, paths)) < 256
    head, _, *rest = found["cat-1_subcat.dat"].split("\n")
    assert head.split() == ["1", "1", "0"]  # the last one keeps the program from writing files
    words = " ".join(rest).split()
    count, area = int(words[0]), float(words[1])
    pairs = [(float(words[2 + 2 * i]), float(words[3 + 2 * i])) for i in range(count)]
    assert (count, area) == (5, 1.0)
    assert pairs == [(0.0, 11.0), (0.25, 7.0), (0.25, 6.0), (0.25, 4.0), (0.25, 2.0)]
    channels = words[2 + 2 * count :]
    assert [float(word) for word in channels[:5]] == [2, 0.0, 0.0, 1.0, 1000.0]
    values = [float(word) for word in found["cat-1_params.dat"].split("\n")[1].split()]
    assert values == [0.032, 5.0, 50.0, 3600.0, 3600.0, 0.05, 3.28e-5, 0.002, 0, 1.0, 0.02, 0.1]


def test_topmodel_is_read_by_the_engine_and_rains_on_all_of_the_area(tmp_path: Path) -> None:
    files(tmp_path, "topmodel")
    path = tmp_path / "config/cat_config/TOPMODEL/cat-1.run"
    module = modules()["topmodel", ""]
    config = module.read_config(path.read_text(), str(path))
    assert module.check(config) == []
    areas = config.values["topographic_index_area"]
    assert isinstance(areas, tuple)
    following = (*areas[1:], 0.0)
    rained_on = sum((area + after) / 2 for area, after in zip(areas, following, strict=True))
    assert rained_on == pytest.approx(1.0)


def test_topmodel_names_what_stands_in_below_the_numbers(tmp_path: Path) -> None:
    tables = made.spoiled(made.river(2), "dist_4.twi", 0, None)
    found = files(tmp_path, "topmodel", tables, "default")
    assert "fallback default, as dist_4.twi has no value" in found["cat-1_subcat.dat"]
    assert f"{EXAMPLE_WETNESS.upper[-1]:.6f}" in found["cat-1_subcat.dat"]


def test_wetness_ends_one_class_below_its_lowest_bound_but_not_below_zero() -> None:
    assert Wetness((1.0, 4.0), (0.5, 0.5)).bounds()[-1] == (0.5, 0.0)
    assert Wetness((4.0, 6.0), (0.5, 0.5)).bounds() == ((0.0, 6.0), (0.5, 4.0), (0.5, 2.0))
    assert Wetness((-3.0,), (1.0,)).bounds()[-1] == (1.0, -3.0)
    indices = [index for _, index in EXAMPLE_WETNESS.bounds()]
    assert indices == sorted(indices, reverse=True)
    assert math.isclose(sum(EXAMPLE_WETNESS.share), 1.0)


def test_wetness_is_read_in_any_order_and_refused_when_too_long() -> None:
    read = read_wetness('[{"v":7,"frequency":0.4},{"v":5,"frequency":0.6}]')
    assert read == Wetness((5.0, 7.0), (0.6, 0.4))
    many = ",".join(f'{{"v":{i},"frequency":{1 / 40}}}' for i in range(40))
    assert read_wetness(f"[{many}]") is None
    few = ",".join(f'{{"v":{i},"frequency":{1 / MOST_CLASSES}}}' for i in range(MOST_CLASSES))
    assert read_wetness(f"[{few}]") is not None
