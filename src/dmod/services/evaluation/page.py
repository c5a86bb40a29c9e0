"""The page of an evaluation, with the hydrofabric of its runs behind the places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dmod.errors import DmodError
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.report.evaluation import Comparison, write_evaluation_page
from dmod.services.evaluation.picture import Picture, picture_of


def write_page(
    path: str | Path,
    evaluation: Evaluation,
    *,
    plan: EvaluationPlan | None = None,
    hydrofabric: str | Path | None = None,
    comparison: Comparison | None = None,
) -> Path:
    """Write the page of an evaluation and return its path.

    Parameters
    ----------
    plan : of the evaluation: says where the runs' hydrofabric is, and what its ids are
    hydrofabric : instead of that of the runs
    comparison : tests of pairs of configurations

    Raises
    ------
    HydrofabricError, NotFoundError
        the hydrofabric that was named cannot be read. One that a run names is passed over if it is gone.
    StoreError
        the page cannot be written; one that was there is as it was.
    """
    picture = _picture(evaluation, plan, None if hydrofabric is None else Path(hydrofabric))
    return write_evaluation_page(
        path,
        picture.evaluation,
        outlines=picture.outlines,
        rivers=picture.rivers,
        comparison=comparison,
    )


def located(evaluation: Evaluation, plan: EvaluationPlan) -> Evaluation:
    """Return an evaluation whose places stand where the hydrofabric of its runs has them.

    It stays as it is where no run knows its hydrofabric.
    """
    return _picture(evaluation, plan, None).evaluation


def write_located_figures(
    folder: str | Path,
    evaluation: Evaluation,
    formats: Sequence[str] = ("svg", "png"),
    *,
    plan: EvaluationPlan | None = None,
    hydrofabric: str | Path | None = None,
) -> list[Path]:
    """Write every figure of an evaluation into a folder and return the files.

    Parameters
    ----------
    formats : of :data:`dmod.evaluation.report.evaluation.figures.FORMATS`
    plan, hydrofabric : as :func:`write_page` has them

    Raises
    ------
    MissingExtra
        matplotlib is not installed.
    HydrofabricError, InputError, NotFoundError, StoreError
        see :func:`write_page` and :func:`dmod.evaluation.report.evaluation.write_figures`.
    """
    from dmod.evaluation.report.evaluation import write_figures

    picture = _picture(evaluation, plan, None if hydrofabric is None else Path(hydrofabric))
    return write_figures(
        picture.evaluation, folder, formats, outlines=picture.outlines, rivers=picture.rivers
    )


def _picture(evaluation: Evaluation, plan: EvaluationPlan | None, named: Path | None) -> Picture:
    from dmod.hydrofabric import read_hydrofabric

    crosswalk = _crosswalk(plan)
    if named is not None:
        return picture_of(evaluation, read_hydrofabric(named, validate=False), crosswalk)
    for file in _of_runs(plan):
        try:
            return picture_of(evaluation, read_hydrofabric(file, validate=False), crosswalk)
        except DmodError:
            continue  # changed or broken since the run: the page has no basin then
    return Picture(evaluation, (), ())


def _crosswalk(plan: EvaluationPlan | None) -> Mapping[str, str]:
    """Return the first known location of the runs by location of the observations."""
    found: dict[str, str] = {}
    for configuration in plan.configurations if plan is not None else ():
        for location, other in configuration.crosswalk.items():
            found.setdefault(location, other)
    return found


def _of_runs(plan: EvaluationPlan | None) -> Sequence[Path]:
    """Return the hydrofabrics that sources know and that are still there, each once."""
    configurations = plan.configurations if plan is not None else ()
    known = (getattr(configuration.source, "hydrofabric", None) for configuration in configurations)
    return [*dict.fromkeys(Path(file) for file in known if file and Path(file).is_file())]
