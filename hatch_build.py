"""Puts the web page into the wheel; an editable install is left without."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Builds ``web/`` before a wheel is packed; see ``web/build.py``."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs beside hatchling."""
        building = self._building()
        return [] if building["has_node"]() else [building["FROM_INDEX"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, where this is a wheel."""
        if version != "editable" and self.target_name == "wheel":
            self._building()["build"]()
            build_data["artifacts"].append("/src/dmod/page")

    def _building(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "web" / "build.py"))
