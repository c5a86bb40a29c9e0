from __future__ import annotations

import json
from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError, RealizationError
from dmod.formulation.package import find_package


def realization(forcing: str = "./forcings/forcings.nc", routing: str | None = None) -> str:
    module = {"model_type_name": "CFE", "init_config": "c.ini", "main_output_variable": "Q_OUT"}
    tree = {
        "global": {
            "formulations": [{"name": "bmi_c", "params": module}],
            "forcing": {"provider": "NetCDF", "path": forcing},
        },
        "time": {"start_time": "2020-01-01", "end_time": "2020-01-02", "output_interval": 3600},
    }
    if routing:
        tree["routing"] = {"t_route_config_file_with_path": routing}
    return json.dumps(tree)


def write(root: Path, *names: str, **contents: str) -> Path:
    for name, text in [
        *((name, "") for name in names),
        *((n.replace("__", "/"), t) for n, t in contents.items()),
    ]:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Return a package laid out as NextGen In A Box has it."""
    root = write(
        tmp_path / "gage-1", "config/gage-1_subset.gpkg", "forcings/forcings.nc", "config/troute.yaml"
    )
    (root / "config/realization.json").write_text(realization(routing="./config/troute.yaml"))
    return root


def test_package_in_a_box_is_found(box: Path) -> None:
    package = find_package(box)
    assert package.root == box
    assert package.hydrofabric == box / "config/gage-1_subset.gpkg"
    assert package.nexus is None
    assert package.realization_file == box / "config/realization.json"
    assert package.realization.time.count == 25
    assert package.forcing == box / "forcings/forcings.nc"
    assert package.routing == box / "config/troute.yaml"
    assert package.problems == ()


def test_package_is_found_from_its_realization(box: Path) -> None:
    package = find_package(box / "config/realization.json")
    assert package.root == box
    assert package.forcing == box / "forcings/forcings.nc"


def test_package_flat_with_hydrofabric_folder_is_found(tmp_path: Path) -> None:
    root = write(tmp_path, "hydrofabric/a.gpkg", "forcing/cat-1.csv")
    (root / "realization.json").write_text(realization("./forcing/"))
    package = find_package(root)
    assert package.hydrofabric == root / "hydrofabric/a.gpkg"
    assert package.forcing == root / "forcing"
    assert package.routing is None


def test_package_in_one_folder_with_another_realization_name_is_found(tmp_path: Path) -> None:
    root = write(tmp_path, "a.gpkg", "f.nc", "partitions.json")
    (root / "my_case.json").write_text(realization("f.nc"))
    package = find_package(root)
    assert package.realization_file == root / "my_case.json"
    assert package.forcing == root / "f.nc"


def test_package_geojson_pair_is_found(tmp_path: Path) -> None:
    root = write(tmp_path, "catchment_data.geojson", "nexus_data.geojson", "f.nc")
    (root / "realization.json").write_text(realization("f.nc"))
    package = find_package(root)
    assert package.hydrofabric.name == "catchment_data.geojson"
    assert package.nexus == root / "nexus_data.geojson"


def test_package_geojson_without_nexuses_is_not_found(tmp_path: Path) -> None:
    root = write(tmp_path, "catchment_data.geojson", "f.nc")
    (root / "realization.json").write_text(realization("f.nc"))
    with pytest.raises(NotFoundError, match=r"no nexus file .* \*nexus\*.geojson") as caught:
        find_package(root)
    assert caught.value.hint == "give it with --nexus"


def test_package_container_paths_are_sought_in_the_package(box: Path) -> None:
    text = realization("/ngen/ngen/data/forcings/forcings.nc", "/ngen/ngen/data/config/troute.yaml")
    (box / "config/realization.json").write_text(text)
    package = find_package(box)
    assert package.forcing == box / "forcings/forcings.nc"
    assert package.routing == box / "config/troute.yaml"


def test_package_absolute_path_that_exists_is_kept(box: Path, tmp_path: Path) -> None:
    write(tmp_path, "forcings/forcings.nc")
    (box / "config/realization.json").write_text(realization(str(tmp_path / "forcings/forcings.nc")))
    assert find_package(box).forcing == tmp_path / "forcings/forcings.nc"


def test_package_path_relative_to_the_realization_or_the_current_directory_is_found(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(box, "config/inner.nc")
    write(tmp_path, "elsewhere/outer.nc")
    monkeypatch.chdir(tmp_path)
    package = find_package(box)
    assert package.resolve("inner.nc") == box / "config/inner.nc"
    assert package.resolve("elsewhere/outer.nc") == tmp_path / "elsewhere/outer.nc"


def test_package_missing_forcing_and_routing_are_problems_that_say_where_they_were_sought(box: Path) -> None:
    (box / "config/realization.json").write_text(realization("./forcing/f.nc", "./config/ngen.yaml"))
    package = find_package(box)
    assert [(p.severity, p.code) for p in package.problems] == [
        ("error", "forcing-not-found"),
        ("warning", "routing-not-found"),
    ]
    assert str(box / "forcing/f.nc") in package.problems[0].message
    assert str(box / "config/forcing/f.nc") in package.problems[0].message
    assert package.problems[1].hint.endswith("correct the path, or give --routing")
    assert package.forcing == box / "forcing/f.nc"


def test_package_options_replace_what_would_be_found(box: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", "b.gpkg", "b.nc", "b.yaml")
    (other / "b.json").write_text(realization("missing.nc"))
    package = find_package(
        box,
        hydrofabric=other / "b.gpkg",
        realization=other / "b.json",
        forcing=other / "b.nc",
        routing=other / "b.yaml",
    )
    found = (package.hydrofabric, package.realization_file, package.forcing, package.routing)
    assert [file.name for file in found if file] == ["b.gpkg", "b.json", "b.nc", "b.yaml"]
    assert package.problems == ()


def test_package_option_that_does_not_exist_is_named(box: Path) -> None:
    with pytest.raises(NotFoundError, match=r"--hydrofabric: .*none.gpkg does not exist"):
        find_package(box, hydrofabric=box / "none.gpkg")


def test_package_two_hydrofabrics_are_listed_with_the_option(box: Path) -> None:
    write(box, "other.gpkg")
    with pytest.raises(InputError, match=r"other.gpkg") as caught:
        find_package(box)
    assert "gage-1_subset.gpkg" in caught.value.message
    assert caught.value.hint == "say which with --hydrofabric"


def test_package_two_realizations_are_listed_with_the_option(box: Path) -> None:
    (box / "realization.json").write_text(realization())
    with pytest.raises(InputError, match=r"several files could be the realization") as caught:
        find_package(box)
    assert caught.value.hint == "say which with --realization"


def test_package_without_realization_says_where_it_looked(tmp_path: Path) -> None:
    write(tmp_path, "config/a.gpkg", "config/partitions.json")
    with pytest.raises(NotFoundError, match=r"no realization .*\*realization\*.json.* in .*config"):
        find_package(tmp_path)


def test_package_without_hydrofabric_says_where_it_looked(box: Path) -> None:
    (box / "config/gage-1_subset.gpkg").unlink()
    with pytest.raises(NotFoundError, match=r"no hydrofabric .*\*.gpkg.*config"):
        find_package(box)


def test_package_folder_that_does_not_exist_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="none does not exist"):
        find_package(tmp_path / "none")


def test_package_file_that_is_no_realization_is_refused(box: Path) -> None:
    with pytest.raises(InputError, match="neither a folder nor a realization"):
        find_package(box / "config/gage-1_subset.gpkg")


def test_package_realization_that_is_not_json_is_refused(box: Path) -> None:
    (box / "config/realization.json").write_text('{"global": {},}')
    with pytest.raises(RealizationError, match="comma before the closing"):
        find_package(box)


def test_package_pattern_is_resolved_where_files_match(box: Path) -> None:
    write(box, "config/cat_config/CFE/cat-1.ini")
    package = find_package(box)
    expected = str(box / "config/cat_config/CFE/{{id}}.ini")
    assert package.resolve_pattern("./config/cat_config/CFE/{{id}}.ini") == expected
    assert package.resolve_pattern("cat_config/CFE/{{id}}.ini") == expected
    assert package.resolve_pattern("/ngen/ngen/data/config/cat_config/CFE/{{id}}.ini") == expected
    assert package.resolve_pattern("config/none/{{id}}.ini") == str(box / "config/none/{{id}}.ini")
    assert package.resolve_pattern("/dev/null") == "/dev/null"
