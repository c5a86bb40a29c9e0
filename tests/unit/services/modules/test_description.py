"""Modules of installed packages are listed and described; what is broken hurts no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.engine.models.registry import names
from dmod.errors import NotFoundError, PluginError
from dmod.services.modules.check import check_module
from dmod.services.modules.description import describe_module, list_modules, list_text
from dmod.services.modules.program_name import Target, find_target

PACKAGE = """
from dmod.engine.foreign_modules import ModuleDeclaration

def declared(**more):
    return ModuleDeclaration(
        "A reservoir | of tests", {coupling!r}, library_file={library!r}, example_config={config!r},
        description="Holds water\\nand lets it go.", references=("Nash (1957)",),
    )

def raw():
    return ModuleDeclaration("Not begun", {coupling!r}, library_file={library!r})

def crashes():
    import os
    print("out of luck")
    os.abort()

def gone():
    return ModuleDeclaration("Gone", {coupling!r}, library_file="/nowhere/libgone.so")
"""


@pytest.fixture
def installed(made: Callable[..., Target], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Install a package that registers a module in C, and some that are not well."""
    target = made("c")
    text = PACKAGE.format(coupling="bmi_c", library=str(target.spec.library_file), config=str(target.config))
    (tmp_path / "pack_described.py").write_text(text)
    info = tmp_path / "pack_described-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pack-described\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(
        "[dmod.modules]\nreservoir-of-tests = pack_described:declared\nraw = pack_described:raw\n"
        "gone = pack_described:gone\nbroken = pack_described:nothing_of_the_kind\n"
        "crashing = pack_described:crashes\nagain = pack_described:crashes\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return target


@pytest.mark.usefixtures("installed")
def test_listing_has_native_and_registered_modules_and_broken_ones_with_the_reason() -> None:
    listed = {module["name"]: module for module in list_modules()}
    assert set(names()) <= listed.keys()
    assert listed["cfe"]["kind"] == "native"
    assert listed["reservoir-of-tests"]["title"] == "A reservoir | of tests"
    assert not listed["broken"]["usable"]
    assert "AttributeError" in listed["broken"]["reason"]
    lines = list_text(list_modules()).splitlines()
    assert "  reservoir-of-tests: A reservoir | of tests (pack-described 2.1)" in lines
    assert any(line.startswith("  broken: cannot be used: loading it raised") for line in lines)


@pytest.mark.usefixtures("installed")
def test_package_that_ends_the_process_is_listed_with_that_reason() -> None:
    listed = {module["name"]: module for module in list_modules()}
    for name in ("again", "crashing"):
        assert listed[name]["reason"] == (
            "loading it was ended by signal SIGABRT; it printed last: out of luck"
        )
    assert listed["raw"]["usable"]
    with pytest.raises(PluginError, match="SIGABRT"):
        find_target("crashing")


@pytest.mark.usefixtures("installed")
def test_registered_module_is_described_with_its_variables() -> None:
    found = describe_module("reservoir-of-tests")
    assert (found.component, found.step, found.fault) == ("reservoir_of_tests", "3600 s", "")
    assert [(v.name, v.unit, v.type) for v in found.outputs] == [
        ("Q_OUT", "m", "double"),
        ("RESERVOIR_STORAGE", "m", "double"),
    ]
    assert found.inputs[0].unit == "mm h-1"
    page = found.as_markdown()
    assert page.startswith("# reservoir-of-tests\n\nA reservoir | of tests.\n\nHolds water\nand lets it go.")
    assert "| `Q_OUT` | m | double |" in page
    assert "- Nash (1957)" in page
    assert "source: Nash (1957)" in found.as_text()
    assert found.as_json()["outputs"][0]["name"] == "Q_OUT"


@pytest.mark.usefixtures("installed")
def test_module_without_an_example_is_described_as_far_as_it_says() -> None:
    found = describe_module("raw")
    assert [v.name for v in found.outputs] == ["Q_OUT", "RESERVOIR_STORAGE"]
    assert found.step == ""


@pytest.mark.usefixtures("installed")
def test_module_whose_library_is_gone_is_described_with_the_fault() -> None:
    found = describe_module("gone")
    assert "libgone.so does not exist" in found.fault
    assert found.fault in found.as_text()
    assert found.fault in found.as_markdown()


@pytest.mark.usefixtures("installed")
def test_module_that_cannot_be_used_or_is_none_is_refused() -> None:
    with pytest.raises(PluginError, match="cannot be used: loading it raised AttributeError"):
        describe_module("broken")
    with pytest.raises(PluginError, match="cannot be used"):
        find_target("broken")
    with pytest.raises(NotFoundError, match="no module 'none-of-it'"):
        describe_module("none-of-it")


@pytest.mark.usefixtures("installed")
def test_registered_module_is_checked_by_its_name_with_its_example() -> None:
    target = find_target("reservoir-of-tests")
    assert target.config.endswith(".ini")
    assert check_module(target, names=("functions", "initialize", "names")).ok
