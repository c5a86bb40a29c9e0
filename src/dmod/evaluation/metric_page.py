"""The reference page of the metrics, made from the registry: ``python -m dmod.evaluation.metric_page``."""

from __future__ import annotations

from dmod.evaluation.metric_registry import METRICS

HEAD = """\
# Metrics

<!-- Written by `python -m dmod.evaluation.metric_page` from src/dmod/evaluation/metric_registry.py. -->

What `dmod run --observed` scores. *s* is simulated and *o* observed flow [m³/s] over the same complete
intervals; *m* is the mean and *sd* the standard deviation over time, Δt the interval [s]. A pair with a
missing member is left out; zero is a value. Where a score is not defined it is `NaN`, and the report
says why. From Python: `dmod.evaluation.metrics`, each with `(simulated, observed, *, weights=None)` over
the last axis.

| name | metric | unit | range | ideal | definition |
|---|---|---|---|---|---|
"""


def metrics_page() -> str:
    """Return the reference page ``docs/reference/metrics.md``."""
    table = [
        f"| `{m.name}` | {m.title} | {m.unit} | {m.range} | {m.ideal:g} | {_cell(m.definition)} |\n"
        for m in METRICS.values()
    ]
    sections = [f"\n## {m.title}\n\n`{m.name}`. {m.meaning}\n\n{m.reference}\n" for m in METRICS.values()]
    return HEAD + "".join(table + sections)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"
    page.write_text(metrics_page(), encoding="utf-8")
