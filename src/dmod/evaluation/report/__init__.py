"""The report: one HTML file that opens offline, and a hydrograph for the terminal."""

from dmod.evaluation.report.contents import (
    CatchmentRing,
    InputFile,
    ReportInput,
    RiverLine,
    WaterBalance,
)
from dmod.evaluation.report.page import write_report
from dmod.evaluation.report.terminal import render_terminal

__all__ = [
    "CatchmentRing",
    "InputFile",
    "ReportInput",
    "RiverLine",
    "WaterBalance",
    "render_terminal",
    "write_report",
]
