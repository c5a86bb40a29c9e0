"""Tiny wheels and projects, written by hand: environments are built of them without a package index."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dmod.errors import InputError
from dmod.services.environments.uv import find_uv

BACKEND = """
import hashlib, os, sys, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("the build sees", sorted(name for name in os.environ if name.startswith("DMOD")), file=sys.stderr)
    name = "{name}-{version}-py3-none-any.whl"
    info = "{name}-{version}.dist-info"
    files = {{
        "{name}.py": open("{name}.py").read(),
        info + "/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "/RECORD": "",
    }}
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for place in files:
            wheel.writestr(zipfile.ZipInfo(place), files[place])
    return name
"""


def write_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel of one package, whose ``__version__`` is its version, and return its path.

    Parameters
    ----------
    requires : what it depends on
    files : what it holds besides, by path
    """
    content = {f"{name}/__init__.py": f"__version__ = {version!r}\n", **(files or {})}
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = [f"{place},sha256={_digest(text)},{len(text.encode())}\n" for place, text in content.items()]
    content[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for place, text in content.items():
            wheel.writestr(zipfile.ZipInfo(place), text)  # without times: equal content, equal bytes
    return path


def write_project(folder: Path, name: str, version: str, *, module: str = "VALUE = 1\n") -> Path:
    """Write a project of one module that builds itself, without anything from an index; return its folder."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    (folder / "backend.py").write_text(BACKEND.format(name=name, version=version))
    (folder / f"{name}.py").write_text(module)
    return folder


def write_links(folder: Path) -> Path:
    """Write a folder of wheels: two versions of a stand-in for numpy, and ``tiny``, which needs it."""
    write_wheel(folder, "numpy", "1.9.0")
    write_wheel(folder, "numpy", "2.1.0")
    write_wheel(folder, "tiny", "1.0", requires=["numpy>=1"])
    write_wheel(folder, "tiny", "2.0", requires=["numpy>=2"])
    return folder


def missing() -> str:
    """Return why no environment can be built here; "" where one can."""
    try:
        uv()
    except InputError as error:
        return error.message
    return ""


def uv() -> Path:
    """Return the uv to test with: one that dmod finds, or the one that set this checkout up.

    Raises
    ------
    InputError
        there is none.
    """
    beside = Path(__file__).parents[3] / ".uv" / "bin" / "uv"
    return (
        beside if beside.is_file() and shutil.which("uv") is None and not os.environ.get("UV") else find_uv()
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
