"""Runs and observations that the short form names are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dmod.errors import DmodError, InputError
from dmod.evaluation.location_series import SeriesSource
from dmod.services.evaluation.source_options import SourceOptions
from dmod.services.evaluation.sources import Kind, open_source

USGS = "usgs"
JOB = "job:"


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to be opened.

    Parameters
    ----------
    address : a file, a folder, a dataset, ``job:ID`` or ``usgs``, as the specification has it
    place : in the specification, for messages
    gauges : whose values are wanted; empty for all
    start, end : of the period that counts, UTC
    """

    address: str
    kind: Kind
    place: str
    options: SourceOptions = field(default_factory=SourceOptions)
    gauges: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None


Opener = Callable[[Opening], SeriesSource]
"""Opens runs and observations; a server gives one that knows datasets and jobs, and reads no other files."""


def open_locally(opening: Opening) -> SeriesSource:
    """Open files and folders of this machine.

    Raises
    ------
    InputError
        the address is that of a job or of a service, which are asked elsewhere.
    NotFoundError
        there is nothing.
    """
    if opening.address.startswith(JOB):
        raise InputError(
            f"{opening.place}: {opening.address!r} is a job of a server",
            hint="ask the server to evaluate it, or give the folder of its outputs",
        )
    if opening.address.lower() == USGS:
        raise InputError(
            f"{opening.place}: observations are not fetched on the way",
            hint="fetch them first (dmod observations GAUGE FILE --start DAY --end DAY), and give the file",
        )
    try:
        return open_source(opening.address, opening.kind, opening.options)
    except DmodError as error:
        # the same kind of error, with the place in front
        raise type(error)(f"{opening.place}: {error.message}", hint=error.hint) from error
