"""The report as one HTML file that needs nothing else: styles, scripts and data are inside."""

from __future__ import annotations

from pathlib import Path

from dmod.evaluation.report.contents import ReportInput


def write_report(path: str | Path, contents: ReportInput) -> Path:
    """Write the report; the file is complete or not there."""
    raise NotImplementedError
