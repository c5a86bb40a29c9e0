"""What is wrong with a realization for the catchments that it is to run."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from dmod.core.problem import Problem, Severity
from dmod.formulation.formulation import Formulation, HydrofabricAttribute, ModuleSpec
from dmod.formulation.realization import ForcingSpec, Realization

STEP = 3600
"""Seconds per step: the framework's forcing and nexus flow know no other."""

_OWN_PLACE = re.compile(r"^catchments\.([^.]+)\.")


def find_realization_problems(
    realization: Realization,
    catchment_ids: Sequence[str],
    attributes: Container[str] | None = None,
) -> list[Problem]:
    """Return everything that is wrong with a realization, errors and warnings.

    Parameters
    ----------
    catchment_ids : the hydrofabric's catchments
    attributes : names of the hydrofabric's attributes; where given, parameters that are taken from
        the hydrofabric are looked for among them
    """
    problems = [*_merged(realization.problems), *_time_problems(realization)]
    problems += _coverage_problems(realization, catchment_ids)
    problems += _layer_problems(realization)
    for formulation in realization.formulations:
        problems += _formulation_problems(realization, formulation)
    problems += _forcing_problems(realization)
    if attributes is not None:
        problems += _attribute_problems(realization, catchment_ids, attributes)
    return problems


def _merged(problems: Iterable[Problem]) -> list[Problem]:
    """Report what is noticed in the overrides of many catchments once, with their ids."""
    merged: dict[tuple[str, ...], Problem] = {}
    for problem in problems:
        own = _OWN_PLACE.match(problem.message)
        message = problem.message
        ids: tuple[str, ...] = ()
        if own:
            message = _OWN_PLACE.sub("catchments.*.", problem.message)
            ids = (own[1],)
        key = (problem.code, message, problem.hint) if own else (problem.code, message, problem.where)
        first = merged.get(key)
        merged[key] = Problem(
            problem.severity,
            problem.code,
            message,
            where=first.where if first else problem.where,
            ids=(*first.ids, *ids) if first else ids,
            hint=problem.hint,
        )
    return list(merged.values())


def _time_problems(realization: Realization) -> list[Problem]:
    step = realization.time.step
    if step == STEP:
        return []
    return [
        Problem(
            "error",
            "time-step",
            f"time.output_interval is {step} s; the step is fixed at {STEP} s, as in the framework, whose "
            "forcing and nexus flow know no other",
            where=realization.source,
            hint=f"set time.output_interval to {STEP}",
        )
    ]


def _coverage_problems(realization: Realization, catchment_ids: Sequence[str]) -> list[Problem]:
    problems = []
    known = set(catchment_ids)

    def report(severity: Severity, code: str, message: str, ids: list[str], hint: str) -> None:
        if ids:
            problems.append(
                Problem(severity, code, message, where=realization.source, ids=tuple(ids), hint=hint)
            )

    own = realization.catchments
    report(
        "warning",
        "override-unknown",
        "formulations are given for catchments that the hydrofabric does not have",
        [catchment for catchment in own if catchment not in known],
        "they are skipped, as the framework does",
    )
    if realization.default is None:
        report(
            "error",
            "formulation-missing",
            "catchments have no formulation",
            [catchment for catchment in catchment_ids if catchment not in own],
            "add global.formulations, or one for each of them under catchments",
        )
    if realization.forcing is None:
        report(
            "error",
            "forcing-missing",
            "catchments have no forcing",
            [catchment for catchment in catchment_ids if catchment not in realization.catchment_forcing],
            "add global.forcing, or one for each of them under catchments",
        )
    else:
        report(
            "warning",
            "forcing-inherited",
            "catchments with a formulation of their own state no forcing; the framework refuses that",
            [c for c in own if c in known and c not in realization.catchment_forcing],
            "global.forcing is used",
        )
    return problems


def _layer_problems(realization: Realization) -> list[Problem]:
    return [
        Problem(
            "error",
            "layer-formulation",
            f"layer {layer.name!r} has a formulation of its own, which this engine does not run",
            where=realization.source,
            hint="remove the layer, or run the package with the framework",
        )
        for layer in realization.layers
        if layer.formulation is not None
    ]


def _formulation_problems(realization: Realization, formulation: Formulation) -> list[Problem]:
    problems = []
    columns = formulation.output_variables or ()
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        message = f"output_variables names {', '.join(map(repr, twice))} more than once"
        problems.append(
            Problem("warning", "output-repeated", f"{formulation.path}: {message}", where=realization.source)
        )
    for module in formulation.modules:
        problems += _module_problems(realization, module)
    return problems


def _module_problems(realization: Realization, module: ModuleSpec) -> list[Problem]:
    lookalike = re.search(r"\{\{\s*[iI][dD]\s*\}\}", module.init_config.replace("{{id}}", ""))
    if lookalike is None:
        return []
    return [
        Problem(
            "warning",
            "id-pattern",
            f"{module.path}.init_config: {lookalike[0]!r} is not replaced by the catchment's id",
            where=realization.source,
            hint="write {{id}}",
        )
    ]


def _forcing_problems(realization: Realization) -> list[Problem]:
    problems = []
    specs = {"global.forcing": realization.forcing} | {
        f"catchments.{catchment}.forcing": spec for catchment, spec in realization.catchment_forcing.items()
    }
    for place, spec in specs.items():
        said = None if spec is None else _pattern_fault(spec)
        if said:
            problems.append(Problem("error", "file-pattern", f"{place}: {said}", where=realization.source))
    return problems


def _pattern_fault(spec: ForcingSpec) -> str | None:
    if spec.file_pattern is None:
        return None
    try:
        re.compile(spec.file_pattern.replace("{{id}}", "cat-1"))
    except re.error as error:
        return f"file_pattern {spec.file_pattern!r} is no regular expression: {error}"
    return None


def _attribute_problems(
    realization: Realization, catchment_ids: Sequence[str], attributes: Container[str]
) -> list[Problem]:
    problems = []
    for formulation, members in realization.groups(
        [c for c in catchment_ids if realization.default is not None or c in realization.catchments]
    ):
        for module in formulation.modules:
            for variable, value in module.model_params.items():
                if isinstance(value, HydrofabricAttribute) and value.name not in attributes:
                    problems.append(
                        Problem(
                            "error",
                            "attribute-missing",
                            f"{module.path}.model_params.{variable}: the hydrofabric has no attribute "
                            f"{value.name!r}",
                            where=realization.source,
                            ids=tuple(catchment_ids[index] for index in members),
                            hint="the framework would leave the parameter as its configuration file has it",
                        )
                    )
    return problems
