"""A compiled Fortran program reads what is written, as the modules' own readers do.

The statements that matter are the modules': a namelist read per group, and for the tables the line split
at its first blank and a list-directed read of an array of one value.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.formulation.generate.generator import Generator
from dmod.formulation.generate.noah_owp import NOAH_OWP
from dmod.formulation.generate.sac_sma import SAC_SMA
from dmod.formulation.generate.snow17 import SNOW17
from dmod.testing.namelists import configured, read_namelist, read_table, written

COMPILER = shutil.which(os.environ.get("FC", "gfortran"))


@pytest.fixture(autouse=True, scope="module")
def compiler() -> None:
    """Skip without a Fortran compiler; where tests are expected to be complete, fail."""
    if COMPILER is None:
        reason = "no Fortran compiler on this machine (Debian: apt install gfortran; or set FC)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


TABLE = """
program read_table
  implicit none
  character(len=400) :: line
  character(len=50) :: key
  character(len=20) :: name(1)
  character(len=1024) :: path
  real :: number(1)
  integer :: ios, at
  call get_command_argument(1, path)
  open(unit=51, file=trim(path), status='old')
  ios = 0
  do while (ios == 0)
    read(unit=51, fmt='(A)', iostat=ios) line
    if (ios /= 0) exit
    at = scan(line, ' ')
    key = trim(line(1:at))
    line = line(at+1:)
    if (key == 'hru_id') then
      read(line, *, iostat=ios) name
      print '(A,1X,A)', trim(key), trim(name(1))
    else
      read(line, *, iostat=ios) number
      print '(A,1X,ES15.8)', trim(key), number(1)
    end if
  end do
end program
"""


def declared(key: str, value: object) -> str:
    """Return the declaration of a key with the type that the module's reader gives it."""
    if isinstance(value, str):
        return f"character(len=256) :: {key}"
    if isinstance(value, tuple):
        return f"real :: {key}({len(value)})"
    return f"{'integer' if isinstance(value, int) else 'real'} :: {key}"


def printed(key: str, value: object) -> str:
    if isinstance(value, str):
        return f"print '(A)', '{key} '//trim({key})"
    form = "I0" if isinstance(value, int) else f"{len(value) if isinstance(value, tuple) else 1}(ES15.8,1X)"
    return f"print '(A,1X,{form})', '{key}', {key}"


def namelist_program(text: str) -> str:
    """Return a program that reads every group of a namelist file in order and prints the values."""
    groups = read_namelist(text)
    pairs = [pair for group in groups.values() for pair in group.items()]
    lists = [f"namelist / {name} / {', '.join(group)}" for name, group in groups.items()]
    reads = [f"read(30, {name})" for name in groups]
    lines = [
        "program read_all",
        "implicit none",
        "character(len=1024) :: path",
        *(declared(key, value) for key, value in pairs),
        *lists,
        "call get_command_argument(1, path)",
        "open(30, file=trim(path), form='formatted', status='old')",
        *reads,
        *(printed(key, value) for key, value in pairs),
        "end program",
    ]
    return "\n".join(lines)


def run(folder: Path, source: str, text: str) -> Iterator[tuple[str, str]]:
    """Compile a program, let it read a text, and yield the keys and values that it prints."""
    (folder / "read.f90").write_text(source)
    (folder / "input").write_text(text)
    command = [str(COMPILER), "-ffree-line-length-none", "-o", "read", "read.f90"]
    subprocess.run(command, cwd=folder, check=True)
    result = subprocess.run(["./read", "input"], cwd=folder, capture_output=True, text=True, check=True)
    for line in result.stdout.splitlines():
        key, _, value = line.strip().partition(" ")
        yield key, value.strip()


def same(read: str, value: object) -> bool:
    if isinstance(value, str):
        return read == value
    numbers = value if isinstance(value, tuple) else (value,)
    return [float(word) for word in read.split()] == pytest.approx(numbers, rel=1e-6)


@pytest.mark.parametrize("generator", [NOAH_OWP, SNOW17, SAC_SMA], ids=lambda g: g.name)
def test_namelist_is_read_by_fortran(generator: Generator, tmp_path: Path) -> None:
    text = next(iter(written(generator, configured(generator)).values()))
    expected = {key: value for group in read_namelist(text).values() for key, value in group.items()}
    found = dict(run(tmp_path, namelist_program(text), text))
    assert list(found) == list(expected)
    assert [key for key in expected if not same(found[key], expected[key])] == []


@pytest.mark.parametrize("generator", [SNOW17, SAC_SMA], ids=lambda g: g.name)
def test_parameters_are_read_by_fortran(generator: Generator, tmp_path: Path) -> None:
    text = list(written(generator, configured(generator)).values())[1]
    expected = read_table(text)
    found = dict(run(tmp_path, TABLE, text))
    assert list(found) == list(expected)
    assert [key for key in expected if not same(found[key], expected[key])] == []
