"""A server whose steps run in containers, for tests that compare what they find with what is found here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dmod
from dmod.core.compiled import cache_folder
from dmod.testing.serving import ServedHome
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths


def served_over(
    folder: Path, nodes: SwarmNodes, executor: str, settings: Mapping[str, Any], paths: Sequence[Path] = ()
) -> ServedHome:
    """Return a server, not started, over a folder with one package, ``basin``, and an executor over engines.

    Parameters
    ----------
    folder : in which the server's is
    nodes : engines that hold the image of `SwarmNodes.put_image`
    executor : ``docker`` or ``swarm``
    settings : of the executor, beside those that every test wants
    paths : that workers may write, beside those that the executor knows of itself
    """
    home = folder / "home"
    package = dmod.make_example(folder / "package", catchments=20, years=0.2, observed=False).path
    with dmod.open_data(home) as data:
        data.add("basin", [package])
    # below the server's folder, so that it is handed to whoever workers are
    cache = home / "cache"
    compiled = Path(cache_folder())
    if compiled.is_dir():
        # found once, while the variable that says where may have changed since
        shutil.copytree(compiled, cache / compiled.parent.name / compiled.name)
    table = {
        "image": IMAGE,
        "address": nodes.address,
        "python": sys.executable,
        "paths": [str(path) for path in paths],
        "mounts": list(machine_paths()),
        **settings,
    }
    lines = [
        f"[server.executors.{executor}]",
        *(f"{key} = {_toml(value)}" for key, value in table.items()),
    ]
    configuration = home / "config.toml"
    configuration.write_text("\n".join(lines), encoding="utf-8")
    environment = {"DMOD_CONFIG": str(configuration), "DMOD_CACHE_DIR": str(cache)}
    return ServedHome(home, ("--cpus", "2"), environment)


def _toml(value: Any) -> str:
    """Return a value as TOML writes it, which JSON does but for tables."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
