"""Telling, as the progress of an action, that kernels are being compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dmod.core.compiling import Compiling, hearing_of_compiling
from dmod.services.jobs.actions.context import Context


@contextmanager
def telling_of_compiling(context: Context) -> Iterator[None]:
    """Tell as long as something is compiled, and when it is done; nothing where all is kept already."""

    def tell(known: Compiling) -> None:
        if known.is_going_on:
            context.progress(f"compiling kernels, once for this machine: {known.done} so far")
        else:
            context.progress(f"{known.done} kernels compiled and kept for this machine")

    with hearing_of_compiling(tell):
        yield
