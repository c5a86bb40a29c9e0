"""dmod: Distributed Model on Demand.

``dmod.run(package)`` runs a NextGen run package and returns its results as xarray;
``dmod.check(package)`` says everything that is wrong with one; ``dmod.prepare(path, …)`` makes one
out of a hydrofabric, of the steps ``dmod.subset``, ``dmod.configure``,
``dmod.derive_forcing`` and ``dmod.fetch_observations``; ``dmod.make_example(path)`` writes a
synthetic one. ``dmod.open_data()`` opens the catalog of datasets, ``dmod.requirement(…)`` says what
is needed of it, and ``dmod.detect(path)`` what a file is. ``dmod.Client()`` asks a server to do all that,
and ``dmod.AsyncClient()`` does so on an event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dmod.app.wiring import open_data
    from dmod.client.awaiting import AsyncClient
    from dmod.client.blocking import Client
    from dmod.services.check import check
    from dmod.services.comparison.compare import compare
    from dmod.services.configure import configure
    from dmod.services.data.asking import requirement_of as requirement
    from dmod.services.data.bringing import Description
    from dmod.services.data.detect import Detected, detect
    from dmod.services.data.service import DataService
    from dmod.services.derive_forcing import derive_forcing
    from dmod.services.example import make_example
    from dmod.services.observations import fetch_observations
    from dmod.services.options import Locations, RunOptions
    from dmod.services.prepare import PrepareOptions
    from dmod.services.prepare.plainly import plan_package as plan_preparation
    from dmod.services.prepare.plainly import prepare_package as prepare
    from dmod.services.result import RunResult
    from dmod.services.simulate import run
    from dmod.services.subset import Region, subset

_HOMES = {
    "AsyncClient": "dmod.client.awaiting",
    "Client": "dmod.client.blocking",
    "DataService": "dmod.services.data.service",
    "Description": "dmod.services.data.bringing",
    "Detected": "dmod.services.data.detect",
    "Locations": "dmod.services.options",
    "PrepareOptions": "dmod.services.prepare",
    "Region": "dmod.services.subset",
    "RunOptions": "dmod.services.options",
    "RunResult": "dmod.services.result",
    "check": "dmod.services.check",
    "compare": "dmod.services.comparison.compare",
    "configure": "dmod.services.configure",
    "derive_forcing": "dmod.services.derive_forcing",
    "detect": "dmod.services.data.detect",
    "fetch_observations": "dmod.services.observations",
    "make_example": "dmod.services.example",
    "open_data": "dmod.app.wiring",
    "plan_preparation": "dmod.services.prepare.plainly:plan_package",
    "prepare": "dmod.services.prepare.plainly:prepare_package",
    "requirement": "dmod.services.data.asking:requirement_of",
    "run": "dmod.services.simulate",
    "subset": "dmod.services.subset",
}

__all__ = [
    "AsyncClient",
    "Client",
    "DataService",
    "Description",
    "Detected",
    "Locations",
    "PrepareOptions",
    "Region",
    "RunOptions",
    "RunResult",
    "check",
    "compare",
    "configure",
    "derive_forcing",
    "detect",
    "fetch_observations",
    "make_example",
    "open_data",
    "plan_preparation",
    "prepare",
    "requirement",
    "run",
    "subset",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing dmod costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dmod' has no attribute {name!r}")
    from importlib import import_module

    home, _, other = _HOMES[name].partition(":")
    return getattr(import_module(home), other or name)
