"""A detector: what recognises one kind of data by its content, and reads what it covers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dmod.services.data.detect.detected import Detected


@dataclass(frozen=True, slots=True)
class Detector:
    """What recognises one kind of data, and reads what it covers.

    Parameters
    ----------
    name : of the kind of data, for messages: "forcing as CSV"
    recognises : whether a file or folder is of this kind; quick, by content, never by a name alone. It raises
        `InputError` where a file is damaged, so that nothing can be told
    read : what the data cover; only called where they were recognised
    """

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Detected]
