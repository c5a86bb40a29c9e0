"""Environments that exist are looked at through their own interpreter, and taken as they are."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.services.environments import Environments, EnvironmentSpec, Package
from dmod.testing.wheels import write_wheel

Kept = Callable[..., Environments]


def look(path: Path) -> object:
    return Environments(path.parent / "kept").build(EnvironmentSpec.parse(str(path)))


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_interpreter_that_exists_is_described(tmp_path: Path) -> None:
    spec = EnvironmentSpec.parse(sys.executable)
    found = Environments(tmp_path).build(spec)
    assert (found.kind, found.python) == ("path", Path(sys.executable))
    assert found.identity.version == ".".join(map(str, sys.version_info[:3]))
    names = [package.name for package in found.packages]
    assert "numpy" in names
    assert "dmod" in names
    assert names == sorted(set(names))
    assert found.record()["wish"] == {"path": sys.executable}
    assert not list(tmp_path.iterdir())
    assert Environments(tmp_path).find(spec).hash == found.hash  # type: ignore[union-attr]


def test_folder_of_an_environment_is_as_good_as_its_interpreter(kept: Kept, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "snow", "1.0")
    built = kept().build(EnvironmentSpec.parse([str(wheel)]))
    assert built.folder is not None
    found = kept().build(EnvironmentSpec.parse(str(built.folder / "venv")))
    assert found.python == built.python
    assert [(p.name, p.version) for p in found.packages] == [("numpy", "2.1.0"), ("snow", "1.0")]
    assert found.packages[1].source.endswith(wheel.name)
    assert found.hash == kept().build(EnvironmentSpec.parse({"path": str(built.python)})).hash


def test_hash_of_an_environment_that_exists_changes_with_its_packages(kept: Kept) -> None:
    built = kept().build(EnvironmentSpec.parse(["tiny"]))
    before = kept().build(EnvironmentSpec.parse(str(built.python)))
    (site,) = (built.python.parents[1] / "lib").glob("python*/site-packages")
    site.chmod(0o755)
    (site / "added-1.0.dist-info").mkdir()
    (site / "added-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: added\nVersion: 1.0\n"
    )
    after = kept().build(EnvironmentSpec.parse(str(built.python)))
    assert Package("added", "1.0") in after.packages
    assert after.hash != before.hash


def test_interpreter_is_asked_apart_from_variables_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "numpy.py").write_text("raise SystemExit('taken from PYTHONPATH')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "evil"))
    monkeypatch.setenv("DMOD_INDEX", "postgresql://secret")
    seen = tmp_path / "seen"
    wrapper = program(
        tmp_path / "env" / "bin" / "python", f'#!/bin/sh\nenv > {seen}\nexec {sys.executable} "$@"\n'
    )
    assert look(wrapper.parents[1])
    assert "DMOD" not in seen.read_text()
    assert "PYTHONPATH" not in seen.read_text()


def test_path_to_nothing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not there"):
        look(tmp_path / "none")


def test_environment_whose_python_was_removed_says_so(tmp_path: Path) -> None:
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "bin" / "python").symlink_to("/removed/python3.11")
    with pytest.raises(NotFoundError, match=r"leads to /removed/python3\.11, which is not there"):
        look(tmp_path / "env")


def test_folder_without_an_interpreter_is_none(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    with pytest.raises(InputError, match="holds no bin/python"):
        look(tmp_path / "env")


def test_file_that_is_no_program_is_none(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("text")
    with pytest.raises(InputError, match="no program that may be run"):
        look(tmp_path / "python")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho 'cannot do that' >&2\nexit 3\n", "cannot do that"),
        ("#!/bin/sh\nexit 3\n", "status 3"),
        ("#!/nowhere/sh\n", "no such file"),
        ("no format at all", "format"),
        ("#!/bin/sh\necho 'dmod-environment: {'\n", "cannot be read"),
    ],
)
def test_program_that_is_no_python_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"no interpreter of Python 3.11 or newer: .*{message}"):
        look(program(tmp_path / "python", text))


def test_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = f"#!{sys.executable}\nimport sys\nsys.version_info = (3, 6, 15)\nexec(sys.argv[3])\n"
    with pytest.raises(InputError, match=r"is Python 3\.6\.15") as raised:
        look(program(tmp_path / "python", old))
    assert "3.11 or newer" in (raised.value.hint or "")


def test_environment_without_numpy_is_told_with_what_to_install(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    with pytest.raises(InputError, match=r"lacks numpy .*No module named 'numpy'") as raised:
        look(tmp_path / "env")
    assert f"{tmp_path}/env/bin/python -m pip install numpy" in (raised.value.hint or "")


def test_numpy_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (site / "numpy.py").write_text("raise OSError('libblas.so.3 is missing')\n")
    with pytest.raises(InputError, match=r"OSError: libblas\.so\.3 is missing"):
        look(tmp_path / "env")


def test_what_an_environment_prints_when_it_starts_does_no_harm(tmp_path: Path) -> None:
    noisy = f"#!/bin/sh\necho 'dmod-environment: lies'\nexec {sys.executable} \"$@\"\n"
    assert look(program(tmp_path / "python", noisy))


def test_variables_of_this_process_stay(tmp_path: Path) -> None:
    before = dict(os.environ)
    look(Path(sys.executable))
    assert dict(os.environ) == before
