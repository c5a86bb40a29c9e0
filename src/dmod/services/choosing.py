"""What a user chooses of the modules that a realization runs: revisions, and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dmod.engine.models.registry import require_revision
from dmod.errors import InputError, UnknownModule
from dmod.formulation.formulation import ModuleSpec
from dmod.formulation.realization import Realization
from dmod.services.configurations import module_of
from dmod.services.options import RunOptions


def as_chosen(realization: Realization, options: RunOptions) -> Realization:
    """Return the realization with the revisions and parameters that a user chose.

    Raises
    ------
    InputError
        they cannot be; see `with_revisions` and `with_model_params`.
    """
    if options.revisions:
        realization = with_revisions(realization, options.revisions)
    if options.model_params:
        realization = with_model_params(realization, options.model_params)
    return realization


def with_revisions(realization: Realization, revisions: Mapping[str, str]) -> Realization:
    """Return the realization with the revisions that a user chose.

    Raises
    ------
    UnknownModule
        there is no such module or revision.
    InputError
        no catchment runs the module.
    """
    try:
        for name, revision in revisions.items():
            require_revision(name, revision)
    except UnknownModule as error:
        raise UnknownModule(f"--revision {name}={revision}: {error.message}", hint=error.hint) from error
    running: dict[str, None] = {}

    def choose(spec: ModuleSpec) -> str:
        try:
            name = module_of(spec).name
        except UnknownModule:
            return spec.revision  # is said where the chains are made
        running[name] = None
        return revisions.get(name, spec.revision)

    chosen = realization.with_modules(lambda spec: replace(spec, revision=choose(spec)))
    idle = [name for name in revisions if name not in running]
    if idle:
        raise InputError(
            f"--revision {idle[0]}={revisions[idle[0]]}: no catchment runs {idle[0]}",
            hint=f"the realization runs {', '.join(running)}" if running else None,
        )
    return chosen


def with_model_params(realization: Realization, values: Mapping[str, float]) -> Realization:
    """Return the realization with the parameters that a user chose, in every catchment.

    Parameters
    ----------
    values : by ``module.variable``; a module of others is named by its ``model_type_name``

    Raises
    ------
    InputError
        no catchment runs a module, or a native one has no such variable.
    """
    chosen: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        module, _, variable = name.rpartition(".")
        chosen.setdefault(module.lower(), {})[variable] = value
    running: dict[str, None] = {}

    def change(spec: ModuleSpec) -> ModuleSpec:
        try:
            module = module_of(spec)
            name, settable = module.name, module.settable
        except UnknownModule:
            name, settable = spec.model_type_name.lower(), None
        running[name] = None
        given = chosen.get(name, {})
        unknown = [variable for variable in given if settable is not None and variable not in settable]
        if unknown:
            raise InputError(
                f"--set {name}.{unknown[0]}: module {name} has no variable of that name that can be set",
                hint=f"it can set {', '.join(settable)}" if settable else "it can set none",
            )
        return replace(spec, model_params={**spec.model_params, **given}) if given else spec

    changed = realization.with_modules(change)
    idle = [name for name in values if name.rpartition(".")[0].lower() not in running]
    if idle:
        raise InputError(
            f"--set {idle[0]}: no catchment runs the module",
            hint=f"the realization runs {', '.join(running)}",
        )
    return changed
