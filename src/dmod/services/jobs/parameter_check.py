"""Whether the modules of a run can be given the parameters that a request names."""

from __future__ import annotations

from collections.abc import Iterator

from dmod.engine.models.registry import find_module, names, revisions
from dmod.errors import InputError
from dmod.formulation.generate.formulations import find_formulation
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.run import RunRequest
from dmod.services.engines import NATIVE, NGEN
from dmod.services.formulation_parameters import native_modules

FIELD = "/model_params"


def unsettable_parameters(request: RunRequest) -> Iterator[Finding]:
    """Yield what no module of the run would take; of modules of others that is known once they run."""
    if request.engine == NGEN and request.model_params:
        why = "the framework reads the realization itself"
        yield Finding(FIELD, why, hint="set model_params there, or choose another engine")
        return
    of_formulation = _modules_of(request.formulation)
    for name, value in request.model_params.items():
        module, _, variable = name.rpartition(".")
        module = module.lower()
        field = f"{FIELD}/{name.replace('~', '~0').replace('/', '~1')}"
        if module not in names():
            if request.engine == NATIVE:
                message = f"dmod has no module {module!r}"
                yield Finding(field, message, str(value), names(), f"one of {', '.join(names())}")
            continue
        if of_formulation and module not in of_formulation:
            message = f"formulation {request.formulation} does not run {module}"
            yield Finding(field, message, str(value), of_formulation, f"it runs {', '.join(of_formulation)}")
            continue
        settable = tuple(dict.fromkeys(
            each for revision in revisions(module) for each in find_module(module, revision=revision).settable
        ))  # fmt: skip
        if variable not in settable:
            message = f"module {module} has no variable {variable!r} that can be set"
            hint = f"it can set {', '.join(settable)}" if settable else "it can set none"
            yield Finding(field, message, str(value), settable, hint)


def _modules_of(formulation: str | None) -> tuple[str, ...]:
    """Return the native modules that a named formulation runs; none where it is not named or not known."""
    if formulation is None:
        return ()
    try:
        generators = find_formulation(formulation).generators
    except InputError:
        return ()
    return tuple(name for generator in generators for name in native_modules(generator))
