"""What configuring a hydrofabric's catchments would make, and what is in its way; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from dmod.core.problem import Problem, errors_of
from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError
from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.fallbacks import read_fallbacks
from dmod.formulation.generate.faults import problems_of
from dmod.formulation.generate.formulations import find_formulation
from dmod.formulation.generate.generator import Catchment, File, Settings
from dmod.formulation.generate.registry import NamedFormulation
from dmod.formulation.generate.template import Part, Template, read_template
from dmod.formulation.generate.values import Replacement, Values, find_values
from dmod.hydrofabric import Hydrofabric, read_hydrofabric
from dmod.services.configured_files import ReadBack

STEP = 3600
LISTED_PROBLEMS = 20
_ANY_PERIOD = TimeAxis(datetime(2000, 1, 1, tzinfo=UTC), STEP, 1)


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """What is made for one module.

    Parameters
    ----------
    folder : inside the package
    catchments, files, size : how many catchments and files, and about how many bytes in all
    native : whether the native engine runs it
    """

    name: str
    title: str
    folder: str
    catchments: int
    files: int
    size: int
    native: bool


@dataclass(frozen=True, slots=True)
class ConfigurationPlan:
    """What a configuration is, before anything is written.

    Parameters
    ----------
    formulation : its name, or the template's path
    catchments : of the fabric
    problems : attributes that are missing or impossible and for which nothing stands in, and what else the
        user should know
    replacements : what stands in for attributes
    native : whether the native engine runs every module; else the C++ framework does
    """

    hydrofabric: Path
    formulation: str
    catchments: int
    modules: tuple[ModulePlan, ...]
    problems: tuple[Problem, ...]
    replacements: tuple[Replacement, ...]
    native: bool

    @property
    def ok(self) -> bool:
        """Whether it can be made."""
        return not errors_of(self.problems)

    @property
    def files(self) -> int:
        """How many module files are made."""
        return sum(module.files for module in self.modules)

    @property
    def size(self) -> int:
        """About how many bytes the module files have."""
        return sum(module.size for module in self.modules)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON data; every id is listed."""
        return {
            "hydrofabric": str(self.hydrofabric),
            "formulation": self.formulation,
            "engine": "native" if self.native else "C++ framework",
            "ok": self.ok,
            "catchments": self.catchments,
            "files": self.files,
            "bytes": self.size,
            "modules": [asdict(module) for module in self.modules],
            "replacements": [
                {
                    "module": replacement.generator,
                    "parameter": replacement.parameter,
                    "attribute": replacement.attribute,
                    "fallback": replacement.method,
                    "catchments": list(replacement.catchments),
                }
                for replacement in self.replacements
            ],
            "problems": [asdict(problem) for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is known of a configuration before it is written.

    Parameters
    ----------
    named, template : one of them is None
    parts : the modules that have files, and for which catchments
    values : of each part
    """

    fabric: Hydrofabric
    named: NamedFormulation | None
    template: Template | None
    parts: tuple[Part, ...]
    values: tuple[Values, ...]
    plan: ConfigurationPlan

    def files(self, settings: Settings) -> Iterator[tuple[Part, Catchment, list[File]]]:
        """Yield the files of each module and catchment, the first one where the part wants it."""
        for part, values in zip(self.parts, self.values, strict=True):
            for catchment in values.catchments():
                (path, text), *others = part.generator.files(catchment, settings)
                yield part, catchment, [(part.place(catchment.id, path), text), *others]

    def shared_files(self, settings: Settings) -> Iterator[File]:
        """Yield the files that all catchments of a module have in common."""
        for generator in {part.generator.name: part.generator for part in self.parts}.values():
            yield from generator.shared(settings)


def plan_configuration(
    hydrofabric: Path,
    *,
    formulation: str | Path = "cfe",
    fallbacks: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
) -> ConfigurationPlan:
    """Find out what would be made and what is wrong: also what the modules would say of their files.

    Parameters
    ----------
    hydrofabric, formulation, fallbacks, options : see `dmod.services.configure.configure`

    Raises
    ------
    NotFoundError, HydrofabricError, InputError, RealizationError
        the fabric, formulation, template or a fallback cannot be used at all.
    """
    settings = Settings(_ANY_PERIOD, options=options or {})
    found = find_configuration(hydrofabric, formulation, fallbacks, settings)
    if not found.plan.ok:
        return found.plan
    reading = ReadBack(settings)
    for _ in found.shared_files(settings):
        pass  # what is wrong with them is raised
    for part, catchment, files in found.files(settings):
        if len(files) == 1:
            reading.read(part.generator, catchment.id, files[0][1], Path(files[0][0]))
    return replace(found.plan, problems=(*found.plan.problems, *reading.problems()))


def find_configuration(
    hydrofabric: Path, formulation: str | Path, fallbacks: Sequence[str], settings: Settings
) -> Configuration:
    """Read fabric and formulation, and find every parameter's values.

    Raises
    ------
    NotFoundError, HydrofabricError, InputError, RealizationError
        see `plan_configuration`.
    """
    fabric = read_hydrofabric(hydrofabric)
    named, template = None, None
    rows = tuple(range(len(fabric.catchments)))
    if is_document(formulation):
        template = read_template(Path(formulation), fabric.catchments.ids)
        parts = template.parts
    else:
        named = find_formulation(str(formulation))
        parts = tuple(Part(generator, "", rows) for generator in named.generators if generator.folder)
    chosen = read_fallbacks(fallbacks, [part.generator for part in parts])
    table = AttributeTable(fabric)
    values = tuple(find_values(part.generator, table, chosen, part.rows) for part in parts)
    problems = [*_problems(table, values), *(() if template is None else template.problems)]
    plan = ConfigurationPlan(
        hydrofabric,
        str(formulation),
        len(rows),
        tuple(_module_plan(p, v, settings) for p, v in zip(parts, values, strict=True)),
        tuple(problems),
        tuple(r for v in values for r in v.replacements),
        all(part.generator.native for part in parts)
        and not any(problem.code == "module-not-configured" for problem in problems),
    )
    return Configuration(fabric, named, template, parts, values, plan)


def is_document(formulation: str | Path) -> bool:
    """Whether a formulation is a document's path, not a name."""
    return isinstance(formulation, Path) or formulation.endswith(".json") or "/" in formulation


def require_plan(plan: ConfigurationPlan, more: Sequence[Problem] = ()) -> None:
    """Refuse a configuration that cannot be made.

    Raises
    ------
    InputError
        lists everything that is in its way.
    """
    errors = errors_of((*plan.problems, *more))
    if errors:
        lines = [f"  - {problem}".replace("\n", "\n    ") for problem in errors[:LISTED_PROBLEMS]]
        lines += [f"  - and {len(errors) - len(lines)} more"] if len(errors) > len(lines) else []
        raise InputError(
            f"{plan.hydrofabric}: {plan.formulation} cannot be configured:\n" + "\n".join(lines),
            hint="choose what stands in with --fallback, or complete the fabric",
        )


def _problems(table: AttributeTable, values: Sequence[Values]) -> Iterator[Problem]:
    faults = [fault for v in values for fault in v.faults]
    if any(fault.attribute.table == "divide-attributes" for fault in faults):
        yield from table.problems()
    yield from problems_of(faults, table)
    yield from (p for p in table.fabric.notes if p.code == "repeated-row" and p.where == table.place)


def _module_plan(part: Part, values: Values, settings: Settings) -> ModulePlan:
    first = None if values.faults else next(values.catchments(), None)
    files = [] if first is None else list(part.generator.files(first, settings))
    size, count, generator = sum(len(text.encode()) for _, text in files), len(values.rows), part.generator
    folder = str(PurePosixPath(part.pattern).parent) if part.pattern else str(generator.place)
    return ModulePlan(
        generator.name, generator.title, folder, count, len(files) * count, size * count, generator.native
    )
