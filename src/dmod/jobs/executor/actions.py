"""Every action by name: dmod's own, and those that other packages offer as ``dmod.actions``.

A package offers one in its own configuration:

    [project.entry-points."dmod.actions"]
    my-action = "my_package.my_module:my_function"

An action is loaded by the process that does it, so that no other one imports what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from dmod.errors import PluginError
from dmod.jobs.executor.action import Action

GROUP = "dmod.actions"
OWN: dict[str, str] = {
    "probe": "dmod.jobs.executor.probe:probe",
    "prepare-package": "dmod.app.steps:prepare_package",
    "prepare-data": "dmod.app.steps:prepare_data",
    "partition": "dmod.app.steps:partition",
    "stage": "dmod.app.steps:stage",
    "run": "dmod.app.steps:run",
    "run-part": "dmod.app.steps:run_part",
    "gather": "dmod.app.steps:gather",
    "collect": "dmod.app.steps:collect",
    "evaluate": "dmod.app.steps:evaluate",
}
"""dmod's own actions, each as ``module:function``."""


def find_action(name: str) -> Action:
    """Load an action.

    Raises
    ------
    PluginError
        there is none of that name, or it cannot be loaded.
    """
    place = OWN.get(name) or _offered().get(name)
    if place is None:
        from difflib import get_close_matches

        known = sorted({*OWN, *_offered()})
        near = get_close_matches(name, known, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise PluginError(f"there is no action {name!r}", hint=f"{meant}known actions: {', '.join(known)}")
    module, _, function = place.partition(":")
    try:
        return cast(Action, getattr(import_module(module), function))
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"the action {name!r} cannot be loaded from {place}: {error}",
            hint="install what it needs where the executor runs",
        ) from error


def _offered() -> dict[str, str]:
    """Return what packages offer, by name; slow, so only where the name is none of dmod's own."""
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=GROUP)}
