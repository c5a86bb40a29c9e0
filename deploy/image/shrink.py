"""Take out of a folder of Python packages what running them does not need.

    python shrink.py FOLDER

Tests, headers, sources in other languages, stubs, compiled code of no use and, where `strip` is installed
(Debian: binutils), the symbols that compilers left in libraries; what it says is what it saved.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDERS = frozenset({"tests", "test", "__pycache__", "include", "benchmarks"})
ENDINGS = frozenset({".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".hpp", ".cpp", ".a", ".f", ".f90", ".pyc"})
NEEDED = ("numpy/_core/tests/_natype.py", "numpy/_core/tests/__init__.py", "dmod")
"""What is kept although its name says otherwise: imported by what is not a test, or read by dmod."""
SCRIPTS = "bin"
BUNDLED = ".libs"
"""How folders of bundled libraries end: auditwheel moved parts of these files, and `strip` may break them."""


def shrink(folder: Path) -> int:
    """Remove it; return how many bytes that were."""
    before = size_of(folder)
    kept = {folder / name: (folder / name).read_bytes() for name in NEEDED if (folder / name).is_file()}
    whole = [folder / name for name in NEEDED if (folder / name).is_dir()]
    shutil.rmtree(folder / SCRIPTS, ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        is_ours = any(path.is_relative_to(place) for place in whole)
        if path.is_dir() and path.name in FOLDERS and (not is_ours or path.name == "__pycache__"):
            shutil.rmtree(path)
        elif path.suffix in ENDINGS and path.is_file() and not is_ours:
            path.unlink()
    for path, content in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    strip_symbols(folder)
    return before - size_of(folder)


def strip_symbols(folder: Path) -> None:
    """Take the symbols that loading does not need out of extension modules."""
    strip = shutil.which("strip")
    modules = [
        path
        for path in folder.rglob("*.so")
        if not any(parent.name.endswith(BUNDLED) for parent in path.relative_to(folder).parents)
    ]
    if strip and modules:
        subprocess.run([strip, "--strip-unneeded", *modules], check=True)


def size_of(folder: Path) -> int:
    """Return the bytes that files in a folder hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    saved = shrink(Path(sys.argv[1]))
    sys.stdout.write(f"{saved / 1e6:.0f} MB removed\n")
