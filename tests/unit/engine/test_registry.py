"""Native modules by the names that realizations use."""

from __future__ import annotations

import pytest

from dmod.engine.models import registry
from dmod.engine.models.cfe import CFE_6D08DB7, CFE_A349A95
from dmod.engine.models.module import Module
from dmod.errors import PluginError, UnknownModule


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("bmi_c_cfe", "register_bmi_cfe", "/dmod/shared_libs/libcfebmi.so"), "cfe"),
        (("CFE", "register_bmi_cfe", "./extern/cfe/cmake_build/libcfebmi"), "cfe"),
        (("anything", "register_bmi", "libcfebmi.so.1.0.0"), "cfe"),
        (("PET", "register_bmi_pet", "/dmod/shared_libs/libpetbmi.so"), "pet"),
        (("PET", "", ""), "pet"),
        (("bmi_c++_sloth", "", "/dmod/shared_libs/libslothmodel.so"), "sloth"),
        (("TOPMODEL", "register_bmi_topmodel", "libtopmodelbmi.so"), "topmodel"),
        (("topmodel", "", ""), "topmodel"),
    ],
)
def test_module_is_found_by_library_function_or_type(words: tuple[str, str, str], name: str) -> None:
    assert registry.find_module(*words).name == name


def test_pinned_revision_is_the_default_and_the_newer_can_be_asked_for() -> None:
    assert registry.find_module("CFE", "register_bmi_cfe", "libcfebmi.so") is CFE_6D08DB7
    assert registry.find_module("CFE", "register_bmi_cfe", "", revision="a349a95") is CFE_A349A95
    assert registry.default_revision("cfe") == "6d08db7"
    assert registry.revisions("cfe") == ("6d08db7", "a349a95")
    assert registry.default_revision("pet") == ""


@pytest.mark.parametrize("find", [lambda: registry.find_module("CFE", revision="abc"),
                                  lambda: registry.require_revision("cfe", "abc")])  # fmt: skip
def test_unknown_revision_is_refused_naming_those_there_are(find: object) -> None:
    with pytest.raises(UnknownModule, match="'abc'") as caught:
        find()  # type: ignore[operator]
    assert "6d08db7, a349a95" in (caught.value.hint or "")


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownModule, match="'swmm'"):
        registry.default_revision("swmm")
    registry.require_revision("cfe", "a349a95")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (("bmi_fortran_noahowp", "register_bmi", "/dmod/shared_libs/libsurfacebmi.so"), "Noah-OWP-Modular"),
        (("NoahOWP", "", ""), "Noah-OWP-Modular"),
        (("bmi_fortran", "register_bmi_snow17", "libsnow17.so"), "Snow-17"),
        (("SacSMA", "", ""), "SAC-SMA"),
        (("LASAM", "", "liblasambmi.so"), "LGAR"),
        (("bmi_smp", "", "libsmpbmi.so"), "SoilMoistureProfiles"),
        (("bmi_sft", "", "libsftbmi.so"), "SoilFreezeThaw"),
        (("bmi_lstm", "", ""), "LSTM"),
    ],
)
def test_foreign_module_is_named_with_what_runs_it(words: tuple[str, str, str], title: str) -> None:
    with pytest.raises(UnknownModule, match=title) as caught:
        registry.find_module(*words)
    assert "C++ framework" in (caught.value.hint or "")
    assert isinstance(caught.value, PluginError)


def test_module_that_nobody_knows_is_refused_with_its_library() -> None:
    with pytest.raises(UnknownModule, match=r"'mine' \('libmine.so', 'register_mine'\)") as caught:
        registry.find_module("mine", "register_mine", "libmine.so")
    assert "native modules: cfe, pet, sloth, topmodel" in (caught.value.hint or "")


def test_all_modules_declare_themselves_by_their_name() -> None:
    found = registry.modules()
    assert sorted({name for name, _ in found}) == list(registry.names())
    for (name, revision), module in found.items():
        assert isinstance(module, Module)
        assert (module.name, module.revision) == (name, revision)
