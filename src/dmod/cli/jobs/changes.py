"""Changes of a request by options: ``--set resources.cpus=4``, ``--label basin=logan``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dmod.errors import InputError


def changed(document: dict[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """Return a request with values in places: ``period.end=2016-01-31``, ``where.places.0=gage-10109001``.

    A value is read as YAML; the parts of a place are keys, and numbers in lists. The request stays as it is.

    Raises
    ------
    InputError
        a setting is no ``place=value``, or there is no such place.
    """
    from copy import deepcopy

    from dmod.client.request_file import parse

    found = deepcopy(document)
    for setting in settings:
        place, sign, text = setting.partition("=")
        if not sign or not place.strip():
            raise InputError(f"--set {setting!r} cannot be read", hint="write --set resources.cpus=4")
        _put(found, place.strip().split("."), parse(text, f"--set {place}"), setting)
    return found


def pairs(given: Iterable[str], option: str = "--label") -> dict[str, str]:
    """Return labels out of ``name=value``.

    Raises
    ------
    InputError
        one is none.
    """
    found = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            raise InputError(f"{option} {item!r} is no label", hint=f"write {option} basin=logan")
        found[name] = value
    return found


def _put(document: Any, place: list[str], value: Any, setting: str) -> None:
    for n, (name, following) in enumerate(zip(place, [*place[1:], None], strict=True)):
        if isinstance(document, list):
            document = _put_in_list(document, name, value, following, setting)
        elif isinstance(document, dict):
            if following is None:
                document[name] = value
            else:
                document = document.setdefault(name, {})
        else:
            where = ".".join(place[:n])
            raise InputError(
                f"--set {setting}: {where} is {document!r} and has no parts", hint=f"set {where} as a whole"
            )


def _put_in_list(items: list[Any], name: str, value: Any, following: str | None, setting: str) -> Any:
    if not name.isdigit() or int(name) > len(items):
        raise InputError(
            f"--set {setting}: {name!r} is no place in a list of {len(items)}", hint="places are 0, 1, 2 …"
        )
    if int(name) == len(items):
        items.append({})
    if following is None:
        items[int(name)] = value
    return items[int(name)]
