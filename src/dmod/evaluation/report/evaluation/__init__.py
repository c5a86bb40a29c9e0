"""The page of an evaluation, its figures, and its summary for the terminal."""

from dmod.evaluation.report.evaluation.contents import Comparison, PairedTest
from dmod.evaluation.report.evaluation.page import evaluation_page, write_evaluation_page

__all__ = ["Comparison", "PairedTest", "evaluation_page", "write_evaluation_page"]
