"""Read a realization document into a `Realization`.

Keys are those of the framework. A key that has no meaning is reported with the nearest one that
has; a missing or ill-typed one is an error with file, line and column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError
from dmod.formulation.document import Document, parse_document, read_document
from dmod.formulation.formulation import (
    MODULE_NAMES,
    MULTI,
    Formulation,
    HydrofabricAttribute,
    MassBalance,
    ModuleSpec,
    ParameterValue,
)
from dmod.formulation.realization import (
    DEFAULT_PRECISION,
    DomainOutput,
    ForcingSpec,
    Format,
    Grouping,
    Layer,
    OutputSpec,
    Provider,
    Realization,
)
from dmod.formulation.section import Section

TOP_KEYS = ("global", "time", "catchments", "layers", "routing", "output")
DEPRECATED_OUTPUT_KEYS = ("output_root", "disable_catchment_output", "per_formulation_nexus_files")
TIME_KEYS = ("start_time", "end_time", "output_interval")
GLOBAL_KEYS = ("formulations", "forcing")
FORMULATION_KEYS = ("name", "params")
FORCING_KEYS = ("provider", "path", "file_pattern", "enable_cache")
ROUTING_KEYS = ("t_route_config_file_with_path", "t_route_connection_path")
LAYER_KEYS = ("name", "id", "time_step", "time_step_units", "domain", *GLOBAL_KEYS)
OUTPUT_KEYS = ("root", "precision", "catchment", "nexus")
DOMAIN_KEYS = ("enable", "format", "grouping", "rank_subdir")
MASS_BALANCE_KEYS = ("check", "frequency", "tolerance", "fatal")
REMOVED_KEYS = ("uses_forcing_file", "forcing_file")
CHAIN_KEYS = (
    "name",
    "model_type_name",
    "init_config",
    "main_output_variable",
    "modules",
    "output_variables",
    "output_header_fields",
    "output_precision",
    "default_output_values",
    "allow_exceed_end_time",
    "fixed_time_step",
    "cache_input_variable_metadata",
    *REMOVED_KEYS,
)
MODULE_KEYS = (
    "name",
    "model_type_name",
    "library_file",
    "registration_function",
    "create_function",
    "destroy_function",
    "python_type",
    "python_path",
    "init_config",
    "main_output_variable",
    "variables_names_map",
    "model_params",
    "revision",
    "output_variables",
    "output_header_fields",
    "output_precision",
    "allow_exceed_end_time",
    "fixed_time_step",
    "cache_input_variable_metadata",
    "mass_balance",
    *REMOVED_KEYS,
)
PROVIDERS = ("CsvPerFeature", "NetCDF", "NullForcingProvider")


@dataclass(slots=True)
class _Reading:
    """What accumulates while a document is read."""

    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    known: dict[str, Formulation] = field(default_factory=dict)

    def check_keys(self, section: Section, *known: str) -> None:
        self.unknown += section.only(*known)


def read_realization(path: str | Path) -> Realization:
    """Read a realization document.

    Raises
    ------
    NotFoundError
        the file does not exist.
    RealizationError
        the file is not sound JSON, or a key is missing or of the wrong type; the message names
        file, line, column and key and shows the line.
    """
    return interpret(read_document(Path(path)))


def read_realization_text(text: str, source: str = "realization") -> Realization:
    """Read a realization document from text; ``source`` names it in messages."""
    return interpret(parse_document(text, source))


def interpret(document: Document) -> Realization:
    """Turn a JSON document into a `Realization`."""
    reading = _Reading()
    top = Section(document, (), document.tree, reading.problems)
    reading.check_keys(top, *TOP_KEYS, *DEPRECATED_OUTPUT_KEYS)
    top.require("time")
    if "global" not in top and "catchments" not in top:
        top.require("global")
    default, forcing = _defaults(reading, top)
    catchments, own_forcing = _overrides(reading, top)
    return Realization(
        source=document.source,
        time=_time(reading, top.section("time")),
        default=default,
        catchments=catchments,
        forcing=forcing,
        catchment_forcing=own_forcing,
        output=_output(reading, top),
        routing=_routing(reading, top),
        layers=_layers(reading, top),
        unknown=tuple(reading.unknown),
        problems=tuple(reading.problems),
    )


def _defaults(reading: _Reading, top: Section) -> tuple[Formulation | None, ForcingSpec | None]:
    if "global" not in top:
        return None, None
    section = top.section("global")
    reading.check_keys(section, *GLOBAL_KEYS)
    section.require("formulations", "forcing")
    return _formulation(reading, section), _forcing(reading, section.section("forcing"))


def _overrides(
    reading: _Reading, top: Section
) -> tuple[Mapping[str, Formulation], Mapping[str, ForcingSpec]]:
    formulations: dict[str, Formulation] = {}
    forcing: dict[str, ForcingSpec] = {}
    if "catchments" not in top:
        return formulations, forcing
    section = top.section("catchments")
    for catchment in section.keys():  # noqa: SIM118 - a Section is no mapping
        own = section.section(catchment)
        reading.check_keys(own, *GLOBAL_KEYS)
        own.require("formulations")
        formulations[catchment] = _formulation(reading, own)
        if "forcing" in own:
            forcing[catchment] = _forcing(reading, own.section("forcing"))
    return formulations, forcing


def _formulation(reading: _Reading, section: Section) -> Formulation:
    """Read the first entry of ``formulations``; the framework uses no other."""
    key = json.dumps(section.members["formulations"])
    if key in reading.known:
        return reading.known[key]
    entries = section.sections("formulations")
    if not entries:
        raise section.error("formulations", "the list is empty", hint="put one formulation into it")
    if len(entries) > 1:
        message = f"only the first of {len(entries)} formulations is used"
        section.warn("surplus-formulations", "formulations", message, "remove the others")
    entry = entries[0]
    name, params = _entry(reading, entry, (MULTI, *MODULE_NAMES))
    reading.known[key] = formulation = (
        _chain(reading, params) if name == MULTI else _single(_module(reading, name, params), params)
    )
    return formulation


def _entry(reading: _Reading, entry: Section, names: tuple[str, ...]) -> tuple[str, Section]:
    reading.check_keys(entry, *FORMULATION_KEYS)
    entry.require(*FORMULATION_KEYS)
    return entry.word("name", names, ""), entry.section("params")


def _chain(reading: _Reading, params: Section) -> Formulation:
    reading.check_keys(params, *CHAIN_KEYS)
    params.require("modules", "main_output_variable")
    _refuse_removed(params)
    modules = []
    for entry in params.sections("modules"):
        name, own = _entry(reading, entry, MODULE_NAMES)
        modules.append(_module(reading, name, own))
    if not modules:
        raise params.error("modules", "the list is empty", hint="a chain needs at least one module")
    return Formulation(
        name=MULTI,
        model_type_name=params.text("model_type_name", MULTI),
        main_output_variable=params.text("main_output_variable"),
        modules=tuple(modules),
        init_config=params.text("init_config"),
        output_variables=params.texts("output_variables"),
        output_header_fields=params.texts("output_header_fields"),
        output_precision=params.integer("output_precision") if "output_precision" in params else None,
        default_output_values=_default_values(reading, params),
        allow_exceed_end_time=params.flag("allow_exceed_end_time", default=False),
        path=params.where,
    )


def _single(module: ModuleSpec, params: Section) -> Formulation:
    """Return a chain of one."""
    return Formulation(
        name=module.name,
        model_type_name=module.model_type_name,
        main_output_variable=module.main_output_variable,
        modules=(module,),
        init_config=module.init_config,
        output_variables=module.output_variables,
        output_header_fields=params.texts("output_header_fields"),
        output_precision=params.integer("output_precision") if "output_precision" in params else None,
        allow_exceed_end_time=module.allow_exceed_end_time,
        path=params.where,
    )


def _module(reading: _Reading, name: str, params: Section) -> ModuleSpec:
    reading.check_keys(params, *MODULE_KEYS)
    params.require("model_type_name", "init_config", "main_output_variable")
    _refuse_removed(params)
    return ModuleSpec(
        name=name,
        model_type_name=params.text("model_type_name"),
        library_file=params.text("library_file"),
        registration_function=params.text("registration_function"),
        create_function=params.text("create_function"),
        destroy_function=params.text("destroy_function"),
        python_type=params.text("python_type"),
        python_path=params.text("python_path"),
        init_config=params.text("init_config"),
        main_output_variable=params.text("main_output_variable"),
        variables_names_map=_names_map(params),
        model_params=_model_params(reading, params),
        revision=params.text("revision"),
        output_variables=params.texts("output_variables"),
        fixed_time_step=params.flag("fixed_time_step", default=True),
        allow_exceed_end_time=params.flag("allow_exceed_end_time", default=False),
        mass_balance=_mass_balance(reading, params),
        path=params.where,
    )


def _refuse_removed(params: Section) -> None:
    hint = "remove it and state the forcing under forcing"
    if params.flag("uses_forcing_file", default=False):
        raise params.error("uses_forcing_file", "modules cannot read forcing files of their own", hint=hint)
    if params.text("forcing_file"):
        raise params.error("forcing_file", "modules cannot read forcing files of their own", hint=hint)


def _names_map(params: Section) -> dict[str, str]:
    if "variables_names_map" not in params:
        return {}
    section = params.section("variables_names_map")
    return {variable: section.text(variable) for variable in section.members}


def _model_params(reading: _Reading, params: Section) -> dict[str, ParameterValue]:
    if "model_params" not in params:
        return {}
    section = params.section("model_params")
    values: dict[str, ParameterValue] = {}
    for variable, value in section.members.items():
        if not isinstance(value, dict):
            values[variable] = section.numbers(variable)
            continue
        source = section.section(variable)
        reading.check_keys(source, "source", "from")
        source.require("source")
        source.word("source", ("hydrofabric",), "")
        values[variable] = HydrofabricAttribute(source.text("from", variable))
    return values


def _mass_balance(reading: _Reading, params: Section) -> MassBalance | None:
    if "mass_balance" not in params:
        return None
    section = params.section("mass_balance")
    reading.check_keys(section, *MASS_BALANCE_KEYS)
    return MassBalance(
        check=section.flag("check", default=False),
        frequency=section.integer("frequency", 1),
        tolerance=section.number("tolerance", MassBalance().tolerance),
        fatal=section.flag("fatal", default=False),
    )


def _default_values(reading: _Reading, params: Section) -> dict[str, float]:
    values: dict[str, float] = {}
    for entry in params.sections("default_output_values") if "default_output_values" in params else ():
        reading.check_keys(entry, "name", "value")
        entry.require("name", "value")
        values[entry.text("name")] = entry.number("value")
    return values


def _forcing(reading: _Reading, section: Section) -> ForcingSpec:
    reading.check_keys(section, *FORCING_KEYS)
    section.require("path")
    provider = "CsvPerFeature"
    if section.text("provider"):
        provider = section.word("provider", PROVIDERS, "")
    path = section.text("path")
    pattern = section.text("file_pattern") if "file_pattern" in section else None
    if not path and provider != "NullForcingProvider":
        raise section.error("path", "the path is empty", hint="give the forcing file or its folder")
    return ForcingSpec(cast("Provider", provider), path, pattern)


def _time(reading: _Reading, section: Section) -> TimeAxis:
    reading.check_keys(section, *TIME_KEYS)
    section.require(*TIME_KEYS)
    stamps = []
    for key in ("start_time", "end_time"):
        try:
            stamps.append(parse_time(section.text(key), what=key))
        except InputError as error:
            raise section.error(key, error.message, hint=error.hint) from error
    start, end = stamps
    step = section.integer("output_interval")
    if step <= 0:
        raise section.error("output_interval", f"the step must be positive, not {step} s")
    try:
        return TimeAxis.between(start, end, step)
    except InputError as error:
        raise section.error("end_time", error.message, hint=error.hint) from error


def _output(reading: _Reading, top: Section) -> OutputSpec:
    """Read the ``output`` block; without one, the deprecated keys."""
    deprecated = [key for key in DEPRECATED_OUTPUT_KEYS if key in top]
    if "output" not in top:
        per_formulation = top.flag("per_formulation_nexus_files", default=False)
        return OutputSpec(
            root=_folder(top.text("output_root")),
            catchment=DomainOutput(enable=not top.flag("disable_catchment_output", default=False)),
            nexus=DomainOutput(format="netcdf" if per_formulation else "csv"),
        )
    for key in deprecated:
        top.warn("unheeded-key", key, "has no effect beside an output block", "move it into output")
    section = top.section("output")
    reading.check_keys(section, *OUTPUT_KEYS)
    precision = section.integer("precision", DEFAULT_PRECISION)
    if not 1 <= precision <= 17:
        raise section.error("precision", f"{precision} significant digits", hint="between 1 and 17")
    return OutputSpec(
        root=_folder(section.text("root")),
        precision=precision,
        catchment=_domain(reading, section, "catchment", ("csv",)),
        nexus=_domain(reading, section, "nexus", ("csv", "netcdf")),
    )


def _domain(reading: _Reading, output: Section, key: str, formats: tuple[str, ...]) -> DomainOutput:
    if key not in output:
        return DomainOutput()
    section = output.section(key)
    reading.check_keys(section, *DOMAIN_KEYS)
    return DomainOutput(
        enable=section.flag("enable", default=True),
        format=cast("Format", section.word("format", formats, "csv")),
        grouping=cast(
            "Grouping", section.word("grouping", ("per_feature", "per_formulation"), "per_feature")
        ),
        rank_subdir=section.flag("rank_subdir", default=False),
    )


def _folder(root: str) -> str:
    return "./" if not root else root if root.endswith("/") else f"{root}/"


def _routing(reading: _Reading, top: Section) -> Path | None:
    if "routing" not in top:
        return None
    section = top.section("routing")
    reading.check_keys(section, *ROUTING_KEYS)
    section.require("t_route_config_file_with_path")
    path = section.text("t_route_config_file_with_path")
    if not path:
        raise section.error("t_route_config_file_with_path", "the path is empty")
    return Path(path)


def _layers(reading: _Reading, top: Section) -> tuple[Layer, ...]:
    layers = []
    for section in top.sections("layers") if "layers" in top else ():
        reading.check_keys(section, *LAYER_KEYS)
        section.require("name", "id")
        layers.append(
            Layer(
                name=section.text("name"),
                id=section.integer("id"),
                time_step=section.number("time_step") if "time_step" in section else None,
                time_step_units=section.text("time_step_units", "s"),
                domain=section.text("domain"),
                formulation=_formulation(reading, section) if "formulations" in section else None,
            )
        )
    return tuple(layers)
