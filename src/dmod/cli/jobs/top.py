"""``dmod top``: the nodes, what runs on them, and how many wait."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dmod.cli.data.rendering import terminal_width
from dmod.cli.jobs.connecting import HomeOption, JsonOption, ServerOption, connected
from dmod.cli.jobs.screen import redrawn
from dmod.cli.jobs.table import table_lines

if TYPE_CHECKING:
    from dmod.client.blocking import Client

BAR = 20
"""Characters of a bar."""


def top_command(
    once: Annotated[bool, typer.Option("--once", help="Show it once.")] = False,
    interval: Annotated[float, typer.Option("--interval", help="Seconds between two looks.", min=0.2)] = 2.0,
    server: ServerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show nodes, what runs on them with what it uses, and how many jobs wait; live on a terminal."""
    live = sys.stdout.isatty() and not once and not as_json
    with connected(server, home) as client:
        if as_json:
            typer.echo(json.dumps(_seen(client), indent=1))
            return
        with redrawn(live=live) as draw:
            draw(top_lines(_seen(client), datetime.now(UTC), terminal_width()))
            while live:
                time.sleep(interval)
                draw(top_lines(_seen(client), datetime.now(UTC), terminal_width()))


def _seen(client: Client) -> dict[str, Any]:
    return {"nodes": client.nodes(), "running": client.top(), "jobs": client.get("jobs/summary")}


def top_lines(seen: Mapping[str, Any], at: datetime, width: int | None = None) -> list[str]:
    """Return what is seen of a server at a moment."""
    counts = {name: number for name, number in seen["jobs"]["states"].items() if number}
    told = ", ".join(f"{number:,} {name.replace('-', ' ')}" for name, number in counts.items())
    lines = [f"{at:%Y-%m-%d %H:%M:%S} UTC   jobs: {told or 'none'}", ""]
    lines += list(_nodes(seen["nodes"])) or ["no nodes"]
    lines.append("")
    lines += _running(seen["running"], at, width) if seen["running"] else ["nothing runs"]
    return lines


def _nodes(nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    from dmod.core.quantity import format_size

    rows = [
        (
            node["name"],
            _bar(node["cpus_taken"], node["cpus"]),
            f"{node['cpus_taken']}/{node['cpus']} CPU",
            _bar(node["memory_taken"], node["memory"]),
            f"{format_size(node['memory_taken'])} of {format_size(node['memory'])}",
            "" if node["is_ready"] else "takes no new work",
        )
        for node in nodes
    ]
    if rows:
        yield from table_lines(("node", "cpu", "", "memory", " ", "  "), rows)


def _running(running: Sequence[Mapping[str, Any]], at: datetime, width: int | None) -> list[str]:
    from dmod.client.record import time_or_none
    from dmod.core.quantity import format_duration, format_size

    rows = []
    for item in running:
        attempt, usage, progress = item["attempt"], item["usage"] or {}, item["progress"] or {}
        begun = time_or_none(attempt["started"] or attempt["intended"]) or at
        done = progress.get("done")
        rows.append(
            (
                item["job"],
                item["name"],
                item["owner"],
                item["step"],
                "" if done is None else f"{done:.0%}",
                format_duration(max(0.0, (at - begun).total_seconds())),
                format_duration(usage["cpu"]) if usage else "",
                format_size(usage["memory"]) if usage else "",
                ", ".join(share["node"] for share in attempt["allocation"]),
                progress.get("text") or "",
            )
        )
    heads = ("job", "name", "owner", "step", "done", "for", "cpu", "memory", "on", "says")
    return table_lines(heads, rows, right={"done", "for", "cpu", "memory"}, cut="says", width=width)


def _bar(used: float, whole: float) -> str:
    full = round(BAR * min(used / whole, 1.0)) if whole else 0
    return "█" * full + "░" * (BAR - full)
