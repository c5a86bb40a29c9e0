"""Who wants to know that kernels are being compiled, which takes a while, once for a machine.

Nothing here needs the compiler, so that whoever only listens does not load it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compiling:
    """What is known of the compilation in this process.

    Parameters
    ----------
    done : kernels that were compiled so far, the functions that they call counted
    is_going_on : whether one is being compiled just now
    folder : where they are kept for all processes to come
    """

    done: int
    is_going_on: bool
    folder: str


Told = Callable[[Compiling], None]
_told: list[Told] = []


@contextmanager
def hearing_of_compiling(told: Told) -> Iterator[None]:
    """Have ``told`` called, from any thread, when something is compiled; never where all is kept already."""
    _told.append(told)
    try:
        yield
    finally:
        _told.remove(told)


def tell_of_compiling(known: Compiling) -> None:
    """Tell all who want to know."""
    for told in tuple(_told):
        told(known)
