"""The page of an evaluation, its figures, and its summary for the terminal."""

from dmod.evaluation.report.evaluation.contents import Comparison, PairedTest
from dmod.evaluation.report.evaluation.ensemble_figures import write_ensemble_figures
from dmod.evaluation.report.evaluation.figures import write_figures
from dmod.evaluation.report.evaluation.page import evaluation_page, write_evaluation_page
from dmod.evaluation.report.evaluation.terminal import print_summary, summarised

__all__ = [
    "Comparison",
    "PairedTest",
    "evaluation_page",
    "print_summary",
    "summarised",
    "write_ensemble_figures",
    "write_evaluation_page",
    "write_figures",
]
