"""Saved states of a run: modules and routing at one moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import format_time
from dmod.services.data.detect.array_shape import Layout, layout_of
from dmod.services.data.detect.chain import chain_of_names
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.words import counted


def recognises(path: Path) -> bool:
    """Whether it is a file of states as a run of dmod writes it."""
    return path.is_file() and layout_of(path) is Layout.STATES


def read(path: Path) -> Detected:
    """Read moment, catchments and modules."""
    from dmod.output.states import read_states

    state = read_states(path)
    catchments = [name for chain in state.chains for name in chain.catchments]
    chains = list(
        dict.fromkeys(chain_of_names(module.module for module in chain.modules) for chain in state.chains)
    )
    held = {
        DomainIndex.TIME: moment(state.time),
        **discrete(DomainIndex.CATCHMENT_ID, catchments),
        **discrete(DomainIndex.FORMULATION, filter(None, chains)),
    }
    flowpaths = len(state.routing.get("flowpath", ()))
    routed = f" and {counted(flowpaths, 'flowpath')}" if flowpaths else ""
    return Detected(
        path,
        Category.STATE,
        Domain(FORMATS["MODEL_STATE"], held),
        f"states of {counted(len(catchments), 'catchment')}{routed} at {format_time(state.time)}, "
        + ", ".join(chains),
        notes=("modules without states, such as SLoTH, do not show in it",),
    )


DETECTOR = Detector("saved states", recognises, read)


def moment(time: datetime) -> Continuous:
    """Return the range that stands for one moment: the second that begins with it."""
    return Continuous(time, time + timedelta(seconds=1))
