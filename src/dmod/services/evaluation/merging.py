"""Several evaluations as one, so that a page shows all their runs on one map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import InputError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Place, PlaceSeries
from dmod.services.evaluation.comparing import run_names

if TYPE_CHECKING:
    import pandas as pd


def merged(evaluations: Mapping[str, Evaluation], title: str = "Comparison") -> Evaluation:
    """Return one evaluation with the runs of all, called as `compare_scores` calls them.

    Of a place that several know the first says where it is. Its series are drawn together where their
    intervals are the same; else those of the first evaluation that has it.

    Parameters
    ----------
    evaluations : by name

    Raises
    ------
    InputError
        there is none, or their units differ.
    """
    import pandas as pd

    if not evaluations:
        raise InputError("there is no evaluation to show", hint="give folders that dmod evaluate wrote")
    units = {one.unit for one in evaluations.values()}
    if len(units) > 1:
        raise InputError(
            f"the evaluations are in {' and in '.join(sorted(units))}", hint="give them one unit"
        )
    names = run_names([(key, run) for key, one in evaluations.items() for run in one.configurations])
    places: dict[str, Place] = {}
    series: dict[str, PlaceSeries] = {}
    frames: list[pd.DataFrame] = []
    for key, one in evaluations.items():
        places.update({place.id: place for place in one.places if place.id not in places})
        called = {run: names[key, run] for run in one.configurations}
        renamed = one.scores["configuration"].map(called).astype("string")
        frames.append(one.scores[list(COLUMNS)].assign(configuration=renamed))
        for location, found in one.series.items():
            series[location] = _together(series.get(location), found, called)
    return Evaluation(
        title=title,
        unit=units.pop(),
        configurations=tuple(names.values()),
        metrics=tuple(dict.fromkeys(metric for one in evaluations.values() for metric in one.metrics)),
        places=tuple(places.values()),
        scores=pd.concat(frames, ignore_index=True),
        series=series,
        sources={address: digest for one in evaluations.values() for address, digest in one.sources.items()},
        notes=tuple(f"{key}: {note}" for key, one in evaluations.items() for note in one.notes),
        diagrams=tuple(
            replace(diagram, configuration=names[key, diagram.configuration])
            for key, one in evaluations.items()
            for diagram in one.diagrams
        ),
    )


def _together(known: PlaceSeries | None, found: PlaceSeries, called: Mapping[str, str]) -> PlaceSeries:
    simulated = {called[run]: values for run, values in found.simulated.items()}
    bands = {called[run]: values for run, values in found.bands.items()}
    if known is None:
        return PlaceSeries(found.times, found.step, found.observed, simulated, bands)
    if known.step != found.step or not np.array_equal(known.times, found.times):
        return known
    return replace(known, simulated={**known.simulated, **simulated}, bands={**known.bands, **bands})
