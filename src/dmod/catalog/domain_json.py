"""Domains as JSON: DMOD's form of ``DataDomain``, with what dmod adds under keys of its own.

DMOD writes ``{"data_format", "continuous": [...], "discrete": [{"variable", "values"}], "data_fields"}``.
dmod adds ``units``, ``excluded`` (all but the values), and writes long sets of numbered ids as runs:
``{"variable": "CATCHMENT_ID", "runs": {"cat-": "1-88,90"}}``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.domain import Domain
from dmod.catalog.restriction import Bound, Continuous, Discrete, Element, Restriction, in_order
from dmod.core.time_axis import parse_time
from dmod.errors import InputError

PATTERN = "%Y-%m-%d %H:%M:%S"
FEW = 20
"""Sets of at most so many elements are written in full."""
NUMBERED = re.compile(r"(.*[^0-9]|)(0|[1-9][0-9]{0,17})")
RUN = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
MOST = 20_000_000
KEYS = frozenset({"data_format", "continuous", "discrete", "data_fields", "units"})


def domain_to_json(domain: Domain, *, runs: bool = True) -> dict[str, Any]:
    """Return a domain as JSON data.

    Parameters
    ----------
    runs : whether long sets of numbered ids may be written as runs; DMOD reads them in full only
    """
    continuous, discrete = [], []
    for index, held in domain.restrictions.items():
        if isinstance(held, Continuous):
            continuous.append(range_to_json(index, held))
        else:
            discrete.append(set_to_json(index, held, runs=runs))
    found: dict[str, Any] = {
        "data_format": domain.format.name,
        "continuous": continuous,
        "discrete": discrete,
    }
    if domain.units:
        found["units"] = dict(domain.units)
    if domain.data_fields:
        found["data_fields"] = dict(domain.data_fields)
    return found


def domain_from_json(document: object, where: str) -> Domain:
    """Read a domain.

    Parameters
    ----------
    where : what to call the document in a message

    Raises
    ------
    InputError
        a key is missing or unknown, or a value is not what it should be; the place is named.
    """
    if not isinstance(document, Mapping):
        raise InputError(f"{where}: a domain is an object, not {type(document).__name__}")
    unknown = sorted(set(document) - KEYS)
    if unknown:
        raise InputError(
            f"{where}: a domain has no key {', '.join(unknown)}", hint="allowed: " + ", ".join(sorted(KEYS))
        )
    if "data_format" not in document:
        raise InputError(f"{where}: the domain names no data_format", hint="add it: AORC_CSV, …")
    return Domain(
        find_format(str(document["data_format"])),
        restrictions_from_json(document, where),
        units=_texts(document.get("units"), f"{where}: units"),
        data_fields=_texts(document.get("data_fields"), f"{where}: data_fields"),
    )


def restrictions_to_json(box: Mapping[DomainIndex, Restriction]) -> dict[str, Any]:
    """Return restrictions alone as JSON data."""
    return {
        "continuous": [range_to_json(i, held) for i, held in box.items() if isinstance(held, Continuous)],
        "discrete": [set_to_json(i, held) for i, held in box.items() if isinstance(held, Discrete)],
    }


def restrictions_from_json(document: Mapping[str, Any], where: str) -> dict[DomainIndex, Restriction]:
    """Read the lists ``continuous`` and ``discrete`` of a document.

    Raises
    ------
    InputError
        an entry is not what it should be, or an index is restricted twice.
    """
    found: dict[DomainIndex, Restriction] = {}
    for kind, read in (("continuous", _range), ("discrete", _set)):
        for number, entry in enumerate(_entries(document.get(kind), f"{where}: {kind}")):
            place = f"{where}: {kind}[{number}]"
            if not isinstance(entry, Mapping) or not isinstance(entry.get("variable"), str):
                raise InputError(f"{place} names no variable", hint='write {"variable": "TIME", …}')
            index = DomainIndex.named(entry["variable"])
            if index in found:
                raise InputError(f"{place}: {index} is restricted twice", hint="leave one out")
            found[index] = read(entry, place)
    return found


def range_to_json(index: DomainIndex, held: Continuous) -> dict[str, Any]:
    """Return a range as DMOD writes it."""
    return {
        "variable": index.value,
        "begin": _written(held.begin, held.pattern),
        "end": _written(held.end, held.pattern),
        "datetime_pattern": held.pattern,
        "subclass": held.subclass,
    }


def set_to_json(index: DomainIndex, held: Discrete, *, runs: bool = True) -> dict[str, Any]:
    """Return a set as DMOD writes it, or with runs where it is long."""
    entry: dict[str, Any] = {"variable": index.value}
    if held.excluded and held.values:
        entry["excluded"] = True
    if runs and len(held.values) > FEW:
        compact, rest = runs_of(held.values)
        entry["runs"] = compact
        if rest:
            entry["values"] = in_order(rest)
    else:
        entry["values"] = in_order(held.values)
    return entry


def runs_of(values: Iterable[Element]) -> tuple[dict[str, str], list[Element]]:
    """Return numbered ids as runs by prefix (``{"cat-": "1-88,90"}``), and what is not numbered."""
    numbers: dict[str, list[int]] = defaultdict(list)
    rest: list[Element] = []
    for value in values:
        match = NUMBERED.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            rest.append(value)
        else:
            numbers[match[1]].append(int(match[2]))
    return {prefix: ",".join(_runs(sorted(held))) for prefix, held in sorted(numbers.items())}, rest


def elements_of_runs(runs: object, where: str) -> Iterator[str]:
    """Yield the ids of runs.

    Raises
    ------
    InputError
        they cannot be read, or would be more than any hydrofabric has.
    """
    if not isinstance(runs, Mapping):
        raise InputError(f"{where}: runs are an object of prefix and numbers", hint='{"cat-": "1-88,90"}')
    left = MOST
    for prefix, text in runs.items():
        for part in str(text).split(","):
            match = RUN.fullmatch(part)
            if match is None:
                raise InputError(f"{where}: {part!r} is no run", hint='write numbers as in "1-88,90"')
            first, last = int(match[1]), int(match[2] or match[1])
            left -= max(last - first + 1, 0)
            if left < 0:
                raise InputError(f"{where}: these runs hold more than {MOST:,} ids", hint="correct them")
            for number in range(first, last + 1):
                yield f"{prefix}{number}"


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    first = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number <= last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first}-{last}"
        if number is not None:
            first = last = number


def _range(entry: Mapping[str, Any], place: str) -> Restriction:
    pattern = str(entry.get("datetime_pattern") or PATTERN)
    bounds = []
    for name in ("begin", "end"):
        if name not in entry:
            raise InputError(f"{place} has no {name}", hint="a range has a begin and an end")
        bounds.append(_bound(entry[name], pattern, f"{place}.{name}"))
    return Continuous(bounds[0], bounds[1], pattern, str(entry.get("subclass") or "TimeRange"))


def _set(entry: Mapping[str, Any], place: str) -> Restriction:
    values: list[Element] = list(_entries(entry.get("values"), f"{place}.values"))
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InputError(f"{place}: {value!r} cannot be an element", hint="write text or whole numbers")
    if "runs" in entry:
        values += elements_of_runs(entry["runs"], place)
    if entry.get("excluded") is True:
        return Discrete(frozenset(values), excluded=True)
    return Discrete.of(values)


def _bound(value: object, pattern: str, place: str) -> Bound:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        found = datetime.strptime(str(value), pattern)
    except ValueError:
        return parse_time(str(value), what=place)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _written(bound: Bound, pattern: str) -> str | float:
    if not isinstance(bound, datetime):
        return bound
    text = bound.astimezone(UTC).strftime(pattern)
    # a pattern that drops what the time holds must not change it
    return text if _bound(text, pattern, "") == bound else bound.isoformat()


def _entries(value: object, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InputError(f"{where} is a list, not {type(value).__name__}")
    return list(value)


def _texts(value: object, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{where} is an object, not {type(value).__name__}")
    return {str(name): str(text) for name, text in value.items()}
