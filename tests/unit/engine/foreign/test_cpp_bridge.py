"""The bridge to C++ is compiled when needed, kept, and fits both declarations of the interface."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.foreign import cpp_bridge
from dmod.engine.foreign.cpp_module import CppProgram
from dmod.engine.foreign.failure import ForeignError
from dmod.errors import PluginError
from dmod.testing.foreign_modules import Reservoir, closed_form

Compiled = Callable[..., Path]
STORAGE = "a_storage_whose_name_is_longer_than_short_strings"
WITHOUT = ("-DWITHOUT_DESTRUCTOR", "-Wno-delete-non-virtual-dtor")
HIDDEN = ("-fvisibility=hidden", "-DSHOWN_FUNCTIONS")
OLD = ("-D_GLIBCXX_USE_CXX11_ABI=0",)


def run(program: CppProgram, folder: Path) -> float:
    """Return the storage after an hour."""
    module = program.instance("cat-27")
    module.initialize(Reservoir().write(folder / "reservoir.txt"))
    module.update()
    stored = float(module.get_values(STORAGE)[0])
    module.finalize()
    return stored


@pytest.fixture(scope="module", autouse=True)
def variants(compiled: Compiled) -> None:
    """Compile what the tests here need, so that none of them is slow for it."""
    for flags in (WITHOUT, HIDDEN, OLD):
        compiled("reservoir.cpp", *flags)


@pytest.fixture(scope="session")
def kept_bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder in which the bridge was compiled."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DMOD_CACHE_DIR", str(folder))
        cpp_bridge.load_bridge.__wrapped__()
    return folder


@pytest.mark.parametrize("flags", [(), WITHOUT], ids=["with destructor", "without"])
def test_module_is_called_with_and_without_a_virtual_destructor(
    compiled: Compiled, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    stored = run(CppProgram("R", compiled("reservoir.cpp", *flags)), tmp_path)
    assert stored == pytest.approx(closed_form(Reservoir(), 0.0, np.array([1.0]))[0])


@pytest.mark.parametrize("flags", [(), WITHOUT], ids=["with destructor", "without"])
def test_objects_are_ended_by_their_own_function(
    compiled: Compiled, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    library = compiled("reservoir.cpp", *flags)
    alive = ctypes.CDLL(str(library)).reservoirs_alive
    before = alive()
    program = CppProgram("R", library)
    module = program.instance("cat-27")
    assert alive() == before + 1
    module.initialize(Reservoir().write(tmp_path / "r.txt", "ends-badly"))
    with pytest.raises(ForeignError, match="finalize failed: did not want to end"):
        module.finalize()
    never_initialized = program.instance("cat-28")
    never_initialized.finalize()
    assert alive() == before


def test_library_that_hides_its_functions_needs_to_be_told(compiled: Compiled, tmp_path: Path) -> None:
    library = compiled("reservoir.cpp", *HIDDEN)
    with pytest.raises(PluginError, match="does not tell its layout"):
        CppProgram("R", library).instance("cat-27")
    stored = run(CppProgram("R", library, virtual_destructor=True), tmp_path)
    assert stored == pytest.approx(closed_form(Reservoir(), 0.0, np.array([1.0]))[0])


def test_module_with_old_strings_is_refused(compiled: Compiled) -> None:
    library = compiled("reservoir.cpp", *OLD)
    program = CppProgram("R", library)
    with pytest.raises(PluginError, match="old strings of GNU's C"):
        program.instance("cat-27")
    assert ctypes.CDLL(str(library)).reservoirs_alive() == 0


def test_bridge_is_compiled_once_and_kept(kept_bridge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DMOD_CACHE_DIR", str(kept_bridge))
    path = cpp_bridge.bridge_path()
    assert path.parent == kept_bridge / "foreign"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    written = path.stat().st_mtime_ns
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    cpp_bridge.load_bridge.__wrapped__()  # without a compiler, for it is kept
    assert path.stat().st_mtime_ns == written


def test_missing_compiler_is_told_with_what_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DMOD_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CXX", "my-compiler -m64")
    with pytest.raises(
        PluginError, match=r"none of CXX=my-compiler and c\+\+, g\+\+, clang\+\+ is there"
    ) as caught:
        cpp_bridge.load_bridge.__wrapped__()
    assert str(cpp_bridge.bridge_path()) in str(caught.value.hint)


def test_failing_compiler_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "c++"
    compiler.write_text("#!/bin/sh\necho 'cannot find my own headers' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    target = tmp_path / "kept" / "bridge.so"
    with pytest.raises(PluginError, match=r"does not compile: .*\ncannot find my own headers"):
        cpp_bridge.compile_bridge(target)
    assert list(target.parent.iterdir()) == []
