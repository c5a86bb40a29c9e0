"""``dmod evaluate metrics``, ``validate`` and ``schema``."""

from __future__ import annotations

import json
import math
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from dmod.cli.evaluate_options import Library
from dmod.cli.evaluate_plan import compiled, pairs_of, read_specification


def metrics_command(
    name: Annotated[
        str | None, typer.Argument(help="A metric, by any name that it is known by; all if not given.")
    ] = None,
    group: Annotated[str, typer.Option("--group", help="Show one group alone, such as categorical.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List the metrics: what each is called, its range and its ideal; one in full by its name."""
    from dmod.errors import InputError
    from dmod.evaluation.metric import Group
    from dmod.evaluation.metric_registry import METRICS, find_metric

    if group and group.lower() not in set(Group):
        raise InputError(f"there is no group {group!r} of metrics", hint=f"groups are {', '.join(Group)}")
    if name is not None:
        found = [find_metric(name)]
    else:
        found = [metric for metric in METRICS.values() if not group or metric.group == group.lower()]
    if as_json:
        typer.echo(json.dumps([_described(metric) for metric in found], indent=1, ensure_ascii=False))
    elif name is not None:
        typer.echo("\n".join(f"{key}: {_text(value)}" for key, value in _described(found[0]).items()))
    else:
        from dmod.services.evaluation.score_text import table

        rows = [
            [m.name, str(m.group), m.range, "-" if math.isnan(m.ideal) else f"{m.ideal:g}", m.title]
            for m in found
        ]
        lines = table([["metric", "group", "range", "ideal", "title"], *rows], left=5)
        typer.echo("\n".join(lines))


def validate_command(
    specification: Annotated[
        str, typer.Argument(metavar="SPEC", help="A specification: a file, JSON or YAML, or library:NAME.")
    ],
    replace: Annotated[
        list[str] | None,
        typer.Option("--replace", help="PREFIX=FOLDER: where files lie whose addresses begin so in SPEC."),
    ] = None,
    library: Library = None,
) -> None:
    """Read a specification and find all that it names; nothing is scored."""
    prefixes = {name: Path(place) for name, place in pairs_of(replace or (), "--replace").items()}
    with ExitStack() as stack:
        document, folder = read_specification(specification, library)
        plan = compiled(document, folder, stack, prefixes=prefixes, library=library)
        places = {location for item in plan.configurations for location in item.crosswalk}
        names = ", ".join(item.name for item in plan.configurations)
        said = [_count(len(places), "location"), f"by {_count(len(plan.metrics), 'metric')}"]
        if plan.thresholds:
            said.append(f"and {_count(len(plan.thresholds), 'threshold')}")
        typer.echo(f"{plan.title}: {names} at {' '.join(said)}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def schema_command() -> None:
    """Print the JSON Schema of specifications, in DMOD's form and in the short one."""
    from dmod.evaluation.specification.schema import specification_schema

    typer.echo(json.dumps(specification_schema(), indent=1, ensure_ascii=False))


def _described(metric: Any) -> dict[str, Any]:
    return {
        "name": metric.name,
        "title": metric.title,
        "group": str(metric.group),
        "unit": metric.unit,
        "range": metric.range,
        "ideal": None if math.isnan(metric.ideal) else metric.ideal,
        "definition": metric.definition,
        "meaning": metric.meaning,
        "reference": metric.reference,
        "needs": list(metric.needs),
        "aliases": list(metric.aliases),
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
