"""Comments that say what a value is, in which unit, and where it comes from.

Lines that begin with ``#`` are read past by CFE and PET (a key that they do not know), by the preprocessors'
own readers, and by dmod's; text behind a value is not, where the value is a word. TOPMODEL stops reading
after the last number that it wants, so that comments may follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version

from dmod.formulation.generate.generator import Catchment, Generator, Need


@cache
def _maker() -> str:
    return f"dmod {version('dmod')}"


def heading(generator: Generator, catchment: Catchment) -> str:
    """Return the first line of a file."""
    return f"# {generator.title}, {catchment.id}. Made by {_maker()} from the hydrofabric.\n"


def comment(need: Need, catchment: Catchment) -> str:
    """Return the line of one parameter: meaning [unit]; source."""
    return f"# {need.text} [{need.unit or '-'}]; {catchment.sources[need.parameter]}\n"


def comments(needs: Iterable[Need], catchment: Catchment) -> Iterator[str]:
    """Yield lines that name the parameter too, for files in which they cannot stand beside the value."""
    for need in needs:
        text = f"{need.text} [{need.unit or '-'}]; {catchment.sources[need.parameter]}"
        yield f"# {need.parameter}: {text}\n"


def number(value: object) -> str:
    """Return a number in the shortest text that reads back the same."""
    return repr(float(value)) if isinstance(value, float) else str(value)
