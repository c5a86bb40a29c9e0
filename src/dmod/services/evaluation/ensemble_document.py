"""Ranks and probabilities of an ensemble, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dmod.evaluation.diagram import EnsembleDiagram, Occurrence


def diagram_document(diagram: EnsembleDiagram) -> dict[str, Any]:
    """Return the counts of an ensemble of M members, each list from none of them to all."""
    return {
        "configuration": diagram.configuration,
        "members": len(diagram.ranks) - 1,
        "ranks": diagram.ranks.tolist(),
        "occurrences": {
            name: {
                "times": one.times.tolist(),
                "given": one.given.tolist(),
                "occurred": one.occurred.tolist(),
            }
            for name, one in diagram.occurrences.items()
        },
    }


def diagram_of(document: Mapping[str, Any]) -> EnsembleDiagram:
    """Return what :func:`diagram_document` was made of."""
    occurrences = {
        name: Occurrence(*(np.array(one[key], dtype=np.float64) for key in ("times", "given", "occurred")))
        for name, one in document["occurrences"].items()
    }
    ranks = np.array(document["ranks"], dtype=np.float64)
    return EnsembleDiagram(document["configuration"], ranks, occurrences)
