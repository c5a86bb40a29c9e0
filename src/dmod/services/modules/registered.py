"""Modules that installed packages register, loaded in a process that a broken package may take with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dmod.engine.foreign_modules import ModuleDeclaration, RegisteredModule, offered_modules
from dmod.services.modules.child_run import TIME_LIMIT, run_child
from dmod.services.modules.child_task import ChildTask


def find_registered(
    name: str | None = None, *, time_limit: float = TIME_LIMIT
) -> tuple[RegisteredModule, ...]:
    """Return the modules that packages register, by name; those that cannot be used with the reason.

    Parameters
    ----------
    name : only those of this name; None for all
    time_limit : seconds that loading one may take
    """
    offered = offered_modules()
    found = {place: module for place, module in enumerate(offered) if name in (None, module.name)}
    left = tuple(str(place) for place, module in found.items() if not module.reason)
    while left:
        end = run_child(ChildTask("load", names=left), time_limit)
        loaded = [_module(event["module"]) for event in end.told if event["event"] == "loaded"]
        found.update(zip(map(int, left), loaded, strict=False))
        left = left[len(loaded) :]
        if end.fault and left:
            lost = int(left[0])
            printed = f"; it printed last: {end.tail.splitlines()[-1]}" if end.tail else ""
            found[lost] = replace(offered[lost], reason=f"loading it {end.fault}{printed}")
            left = left[1:]
    return tuple(found.values())


def _module(plain: dict[str, Any]) -> RegisteredModule:
    declared = plain.pop("declaration")
    if declared is not None:
        declared = ModuleDeclaration(**{**declared, "references": tuple(declared["references"])})
    return RegisteredModule(**plain, declaration=declared)
