"""What is asked of scores: of any run against any observations, and of ensembles that were scored."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from dmod.client.asking import ask_json
from dmod.client.call import Call, Transport


async def rescore(
    transport: Transport,
    reference: str,
    observed: str,
    place: str,
    *,
    layer: str,
    variable: str,
    gauge: str,
    start: datetime | str | None,
    end: datetime | str | None,
) -> dict[str, Any]:
    """Return what a run scores at a place against observations."""
    query = {
        "observed": observed,
        "layer": layer,
        "place": place or None,
        "variable": variable or None,
        "gauge": gauge or None,
        "start": start,
        "end": end,
    }
    call = Call("GET", f"results/{quote(reference, safe='@')}/scores", query)
    return dict(await ask_json(transport, call))


async def ensembles(transport: Transport, reference: str) -> list[dict[str, Any]]:
    """Return rank histograms and reliability of the ensembles that an evaluation scored."""
    call = Call("GET", f"evaluation/scores/{quote(reference, safe='@')}/ensembles")
    return list((await ask_json(transport, call))["ensembles"])
