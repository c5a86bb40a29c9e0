"""A plan is evaluated and graded."""

from __future__ import annotations

from dataclasses import replace

from dmod.errors import CoverageError
from dmod.evaluation.evaluating import Told, evaluate
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.plan import EvaluationPlan
from dmod.services.evaluation.grading import dmod_grades


def run_evaluation(
    plan: EvaluationPlan, *, told: Told | None = None, workers: int | None = None, drawn: int = 200
) -> Evaluation:
    """Score a plan, and grade it as it asks: by its weights, or in DMOD's own way.

    Parameters
    ----------
    told, workers, drawn : as :func:`dmod.evaluation.evaluating.evaluate` has them

    Raises
    ------
    InputError
        a metric is unknown or lacks its threshold; DMOD cannot grade a location.
    """
    found = evaluate(plan, told=told, workers=workers, drawn=drawn)
    if plan.weighing is not None and plan.weighing.dmod_compatible:
        return replace(found, grades=dmod_grades(plan))
    return found


def require_scores(evaluation: Evaluation) -> None:
    """Refuse an evaluation in which nothing could be scored.

    Raises
    ------
    CoverageError
        nothing could; the first reason is told.
    """
    scores = evaluation.scores
    if scores["value"].notna().any():
        return
    rows = scores[scores["reason"] != ""]
    row = None if rows.empty else rows.iloc[0]
    why = "" if row is None else f": {row['location']}, {row['configuration']}: {row['reason']}"
    raise CoverageError(
        f"nothing could be scored{why}", hint="give observations of the runs' places and period"
    )
