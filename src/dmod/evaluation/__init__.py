"""Simulated against observed: aligned pairs, metrics, scores, report."""

from dmod.evaluation.align import Pairs, align
from dmod.evaluation.observed import ObservedSeries, read_observed
from dmod.evaluation.score import Scores, score

__all__ = ["ObservedSeries", "Pairs", "Scores", "align", "read_observed", "score"]
