"""dmod: Distributed Model on Demand.

``dmod.run(package)`` runs a NextGen run package and returns its results as xarray;
``dmod.check(package)`` says everything that is wrong with one; ``dmod.make_example(path)``
writes a synthetic one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dmod.services.check import check
    from dmod.services.example import make_example
    from dmod.services.options import Locations, RunOptions
    from dmod.services.result import RunResult
    from dmod.services.simulate import run

_HOMES = {
    "Locations": "dmod.services.options",
    "RunOptions": "dmod.services.options",
    "RunResult": "dmod.services.result",
    "check": "dmod.services.check",
    "make_example": "dmod.services.example",
    "run": "dmod.services.simulate",
}

__all__ = ["Locations", "RunOptions", "RunResult", "check", "make_example", "run"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing dmod costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dmod' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
