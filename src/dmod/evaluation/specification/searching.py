"""Finding texts in documents, anywhere or in elements of some name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(
    document: Any, place: str = "", keys: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield place, keys that lead there, and text of every value of a document.

    The place is as messages have it, ``scheme.metrics[0].name``; its keys leave numbers out.
    """
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, f"{place}.{key}" if place else str(key), (*keys, str(key)))
    elif isinstance(document, list | tuple):
        for index, value in enumerate(document):
            yield from leaves(value, f"{place}[{index}]", keys)
    elif document is not None:
        yield place, keys, str(document)


def places_of(document: Any, text: str = "", element: str = "") -> tuple[str, ...]:
    """Return the places of a document that hold a text.

    Parameters
    ----------
    text : in any case of letters; everything holds the empty text
    element : keys divided by dots that a place has to have in this order, such as ``metrics.name`` or
        ``backend``; anywhere if empty. A key itself is found by it as well.
    """
    wanted = [key.casefold() for key in element.split(".") if key]
    needle = text.casefold()
    return tuple(
        place
        for place, keys, value in leaves(document)
        if _holds(needle, keys, value) and _has_run([key.casefold() for key in keys], wanted)
    )


def _holds(needle: str, keys: tuple[str, ...], value: str) -> bool:
    # a key is found by its whole name alone: metrics {kge: 2}
    return needle in value.casefold() or (bool(keys) and needle == keys[-1].casefold())


def _has_run(keys: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(keys[at : at + size] == wanted for at in range(len(keys) - size + 1)) if size else True
