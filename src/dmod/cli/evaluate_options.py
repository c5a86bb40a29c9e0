"""The options of ``dmod evaluate run``, by what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC | [NAME=]RUN...",
        help="A specification (.json, .yaml), or results to score: folders of runs, tables, NetCDF, "
        "dataset:NAME, job:ID.",
    ),
]
Observed = Annotated[
    str | None,
    typer.Option("--observed", help="Observations: a file, a folder, dataset:NAME, or usgs for the service."),
]
Gauge = Annotated[
    list[str] | None,
    typer.Option("--gauge", help="GAUGE, or GAUGE=LOCATION of the runs; all that both have if not given."),
]
Crosswalk = Annotated[
    str | None, typer.Option("--crosswalk", help="Table of gauges and locations of the runs.")
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", "-m", help="A metric, or METRIC=WEIGHT for a grade; see dmod evaluate metrics."),
]
Thresholds = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold", help='NAME=VALUE for metrics of events, "flood=50 m3/s" or "high=quantile 0.9".'
    ),
]
Unit = Annotated[str | None, typer.Option("--unit", help="Unit of all values; m3 s-1 if not given.")]
ObservedUnit = Annotated[
    str | None, typer.Option("--observed-unit", help="Of the observations, where they do not state it.")
]
ObservedColumn = Annotated[
    str | None, typer.Option("--observed-column", help="Column or variable of the observed values.")
]
ObservedZone = Annotated[
    str | None,
    typer.Option("--observed-zone", help="Zone of observed times that carry none, America/Denver."),
]
Step = Annotated[
    str | None, typer.Option("--step", help="Bring all to this step, such as 1d; the longest if not given.")
]
Start = Annotated[str | None, typer.Option("--start", help="First moment that counts, UTC.")]
End = Annotated[str | None, typer.Option("--end", help="Last moment that counts, UTC.")]
WarmUp = Annotated[
    str | None, typer.Option("--warm-up", help="At the start of a run, not counted, such as 90d.")
]
Facets = Annotated[
    list[str] | None,
    typer.Option("--facet", help="Score parts apart, too: season, month, water_year, regime, event."),
]
Bootstrap = Annotated[
    int | None, typer.Option("--bootstrap", help="Intervals of confidence from so many draws of blocks.")
]
Block = Annotated[str, typer.Option("--block", help="Length of the blocks that are drawn.")]
Benchmark = Annotated[
    str | None,
    typer.Option("--benchmark", help="Skill against climatology, persistence, or the run of this name."),
]
AsDmod = Annotated[
    bool | None,
    typer.Option("--as-dmod/--scaled", help="Grade as DMOD does, or as scores should be weighed."),
]
Replace = Annotated[
    list[str] | None,
    typer.Option("--replace", help="PREFIX=FOLDER: where files lie whose addresses begin so in SPEC."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for scores, pairs and what was read.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an evaluation that is there.")]
Report = Annotated[Path | None, typer.Option("--report", help="HTML page with map, hydrographs and tables.")]
Figures = Annotated[
    Path | None, typer.Option("--figures", help="Folder for each figure as SVG and PNG (extra: plot).")
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Threads; one a core if not given.")]
Drawn = Annotated[int, typer.Option("--drawn", min=0, help="Locations whose series are kept to be drawn.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Dmod = Annotated[
    Path | None,
    typer.Option("--dmod", help="File as DMOD writes it of the graded run: .json, or .nc for NetCDF."),
]
Teehr = Annotated[
    Path | None,
    typer.Option("--teehr", help="Folder for what was read, as the tables of a TEEHR evaluation."),
]
Library = Annotated[
    Path | None,
    typer.Option("--library", help="Folder of the library of specifications; that of your data by default."),
]
