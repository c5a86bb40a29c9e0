"""A container image of a user's for tests: this Python with numpy and some modules, and no dmod in it.

    image = put_python_image(node, {"snow_of_image/__init__.py": "..."})

Nothing is fetched: what is in the image is copied from this machine. ``python3`` is on its path, as in images
that people use.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from dmod.testing.swarm import SwarmNode

NAME = "localhost:9/users/image"
PACKAGES = "opt/packages"
ROOT = ("usr", "proc", "dev", "sys", "etc", "tmp")
_LEFT_OUT = frozenset(
    {
        "test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo", "ensurepip",
        "lib2to3", "pydoc_data", "distutils", "unittest", "include", "f2py", "msvc",
        "sitecustomize.py",
    }
)  # fmt: skip
"""Of the machine's Python; the last is what a distribution has put in, and hides others of its name."""
_LOADER = "/lib64/ld-linux-x86-64.so.2"


def lent_packages() -> tuple[str, ...]:
    """Return the folders in which this installation of dmod and what it needs lie."""
    import dmod

    source = str(Path(dmod.__file__).resolve().parents[1])
    return tuple(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), source)))


def put_python_image(node: SwarmNode, files: Mapping[str, str], *, name: str = NAME) -> str:
    """Put an image with this Python, numpy and some files on an engine; return it pinned to its content.

    Parameters
    ----------
    files : texts by their paths among the packages that the image's Python imports
    """
    return _put(node, name, _python_root(files))


def put_bare_image(node: SwarmNode, *, name: str = f"{NAME}-bare") -> str:
    """Put an image on an engine that has no program at all; return it pinned to its content."""
    return _put(node, name, root_archive(()))


def put_changed_image(node: SwarmNode, image: str, files: Mapping[str, str], *, name: str) -> str:
    """Put an image on an engine that is another one with more files; return it pinned to its content.

    Parameters
    ----------
    files : texts by their paths among the packages that the image's Python imports
    """
    client = node.client()
    made = client.create_container(image.partition("@")[2], command=["python3"])
    try:
        client.put_archive(made, f"/{PACKAGES}", root_archive(files.items(), folders=()))
        client.commit(made, repository=name, tag="test")
    finally:
        client.remove_container(made)
    return f"{name}@{client.inspect_image(f'{name}:test')['Id']}"


def _put(node: SwarmNode, name: str, root: bytes) -> str:
    client = node.client()
    client.import_image_from_data(
        root, repository=name, tag="test", changes=["ENV PATH=/usr/local/bin:/usr/bin"]
    )
    return f"{name}@{client.inspect_image(f'{name}:test')['Id']}"


def _python_root(files: Mapping[str, str]) -> bytes:
    version = ".".join(map(str, sys.version_info[:2]))
    library = f"usr/local/lib/python{version}"
    program = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    numpy_folder = Path(np.__file__).parent

    def found() -> Iterator[tuple[str, Path | str]]:
        yield "usr/local/bin/python3", program
        stdlib = Path(sysconfig.get_path("stdlib"))
        yield from _tree(stdlib, library)
        # by a file of paths, which every distribution's Python heeds in one of these
        for site in ("site-packages", "dist-packages"):
            yield f"{library}/{site}/packages.pth", f"/{PACKAGES}\n"
        for folder in numpy_folder.parent.glob("numpy*"):
            if folder.is_dir():
                yield from _tree(folder, f"{PACKAGES}/{folder.name}")
        for place, text in files.items():
            yield f"{PACKAGES}/{place}", text
        modules = [*stdlib.glob("lib-dynload/*.so"), *numpy_folder.rglob("_multiarray_umath*.so")]
        for library_file in _libraries([program, *modules, *_compiled_packages()]):
            yield f"usr/lib/{library_file.name}", library_file.resolve()
        yield f"usr{_LOADER}", Path(_LOADER).resolve()

    return root_archive(found())


def _tree(folder: Path, place: str) -> Iterator[tuple[str, Path]]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith("config-")]
        for name in names:
            path = Path(root) / name
            if path.is_file() and name not in _LEFT_OUT:
                yield f"{place}/{path.relative_to(folder)}", path.resolve()


def _compiled_packages() -> list[Path]:
    """Return what needs more of the system's libraries than Python does."""
    import llvmlite  # type: ignore[import-untyped]

    return list(Path(llvmlite.__file__).parent.rglob("*.so"))


def _libraries(programs: list[Path]) -> list[Path]:
    """Return the shared libraries of the system that programs need, and that of Python."""
    said = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    found = {
        Path(line.split("=>")[1].split("(")[0].strip())
        for line in said.splitlines()
        if "=>" in line and "not found" not in line
    }
    return sorted(path for path in found if path.is_file() and ".libs" not in str(path))


def root_archive(content: Iterable[tuple[str, Path | str]], folders: Iterable[str] = ROOT) -> bytes:
    """Return an archive, of a root folder where nothing else is said."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name in folders:
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(folder)
        for name in ("bin", "lib", "lib64") if folders else ():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(link)
        for name, source in content:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(source, Path):
                found = source.stat()
                entry.size, entry.mtime = found.st_size, int(found.st_mtime)  # compiled files tell by these
                with source.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                data = source.encode()
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return held.getvalue()
