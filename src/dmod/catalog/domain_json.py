"""Domains as JSON: DMOD's form of ``DataDomain``, with what dmod adds under keys of its own.

DMOD writes ``{"data_format", "continuous": [...], "discrete": [{"variable", "values"}], "data_fields"}``.
dmod adds ``units``, ``excluded`` (all but the values), and writes long sets of numbered ids as runs:
``{"variable": "CATCHMENT_ID", "runs": {"cat-": "1-88,90"}}``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from math import isinf
from typing import Any

from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.domain import Domain
from dmod.catalog.known import Known
from dmod.catalog.restriction import Bound, Continuous, Discrete, Element, Restriction, in_order
from dmod.core.time_axis import parse_time
from dmod.errors import InputError

PATTERN = "%Y-%m-%d %H:%M:%S"
FEW = 20
"""Sets of at most so many elements are written in full."""
NUMBERED = re.compile(r"(.*[^0-9]|)(0|[1-9][0-9]{0,17})")
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
RUN = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
MOST = 5_000_000
"""No hydrofabric has more ids; runs that stand for more are an attack or a slip."""
USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
"""What `PATTERN` writes."""
KNOWN = Known[Discrete](200_000, lambda held: 1 + len(held.values))
"""Sets that were read from runs: months of one basin have the same, and one object compares quickly."""
RANGE_KEYS = frozenset({"variable", "begin", "end", "datetime_pattern", "subclass"})
SET_KEYS = frozenset({"variable", "values", "runs", "excluded"})
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
    _require_keys(document, KEYS, where, "a domain")
    if "data_format" not in document:
        raise InputError(f"{where}: the domain names no data_format", hint="add it: AORC_CSV, …")
    restrictions = restrictions_from_json(document, where)
    with _at(where):
        return Domain(
            find_format(str(document["data_format"])),
            restrictions,
            units=_texts(document.get("units"), "units"),
            data_fields=_texts(document.get("data_fields"), "data_fields"),
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
            with _at(place):
                index = DomainIndex.named(entry["variable"])
            if index in found:
                raise InputError(f"{place}: {index} is restricted twice", hint="leave one out")
            found[index] = read(entry, place)
    return found


def range_to_json(index: DomainIndex, held: Continuous) -> dict[str, Any]:
    """Return a range as DMOD writes it."""
    pattern = held.pattern or PATTERN
    return {
        "variable": index.value,
        "begin": _written(held.begin, pattern),
        "end": _written(held.end, pattern),
        "datetime_pattern": pattern,
        "subclass": held.subclass or "TimeRange",
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
    return chain.from_iterable(_elements_of_each(runs, where))


def _elements_of_each(runs: object, where: str) -> Iterator[Iterator[str]]:
    if not isinstance(runs, Mapping):
        raise InputError(f"{where}: runs are an object of prefix and numbers", hint='{"cat-": "1-88,90"}')
    left = MOST
    for prefix, text in runs.items():
        for part in str(text).split(","):
            match = RUN.fullmatch(part)
            first, last = (1, 0) if match is None else (int(match[1]), int(match[2] or match[1]))
            if last < first:
                raise InputError(f"{where}: {part!r} is no run", hint='write numbers as in "1-88,90"')
            left -= last - first + 1
            if left < 0:
                raise InputError(f"{where}: these runs hold more than {MOST:,} ids", hint="correct them")
            # as quickly as can be: a basin has tens of thousands
            yield map(str(prefix).__add__, map(str, range(first, last + 1)))


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
    _require_keys(entry, RANGE_KEYS, place, "a range")
    pattern = str(entry.get("datetime_pattern") or PATTERN)
    bounds = []
    for name in ("begin", "end"):
        if name not in entry:
            raise InputError(f"{place} has no {name}", hint="a range has a begin and an end")
        bounds.append(_bound(entry[name], pattern, f"{place}.{name}"))
    with _at(place):
        return Continuous(bounds[0], bounds[1], pattern, str(entry.get("subclass") or "TimeRange"))


def _set(entry: Mapping[str, Any], place: str) -> Restriction:
    _require_keys(entry, SET_KEYS, place, "a set")
    if "runs" not in entry and "values" not in entry:
        raise InputError(f"{place} has no values", hint='write "values": […], with none in it for everything')
    values = [_element(value, place) for value in _entries(entry.get("values"), f"{place}.values")]
    excluded = entry.get("excluded", False)
    if not isinstance(excluded, bool):
        raise InputError(f"{place}.excluded is true or false, not {excluded!r}")
    if "runs" not in entry:
        return Discrete(frozenset(values), excluded=True) if excluded else Discrete.of(values)
    runs = entry["runs"]
    if not isinstance(runs, Mapping):
        raise InputError(f"{place}: runs are an object of prefix and numbers", hint='{"cat-": "1-88,90"}')
    texts = tuple((str(prefix), str(text)) for prefix, text in runs.items())
    return KNOWN.find((texts, *values, excluded), lambda: _numbered(texts, values, place, excluded=excluded))


def _numbered(
    runs: Iterable[tuple[str, str]], values: Iterable[Element], place: str, *, excluded: bool
) -> Discrete:
    held = frozenset(chain(values, elements_of_runs(dict(runs), place)))
    if not held and not excluded:
        raise InputError(f"{place} has no element", hint='write "values": [] for everything')
    return Discrete(held, excluded=excluded)


def _element(value: object, place: str) -> Element:
    """Return what stands in a list of values as an element; a number without fraction is a whole one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{place}: {value!r} cannot be an element", hint="write text or whole numbers")
    if isinstance(value, str) and UNFIT.search(value):
        raise InputError(
            f"{place}: {value[:100]!r} cannot be an element", hint="leave control characters out"
        )
    return value


def _bound(value: object, pattern: str, place: str) -> Bound:
    if isinstance(value, int | float) and not isinstance(value, bool):
        with _at(place):
            return _finite_or_not(value)
    text = str(value)
    if text in {"inf", "-inf"}:
        return float(text)
    found = _parsed(text, pattern)
    return parse_time(text, what=place) if found is None else found


def _finite_or_not(value: float) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise InputError("the number is too large", hint='write "inf" for a range without end') from error


def _parsed(text: str, pattern: str) -> datetime | None:
    """Return a time written as a stranger's pattern says; None if it is not, or the pattern is none."""
    try:
        # the usual pattern is read twenty times as quickly by a function of its own
        is_usual = pattern == PATTERN and USUAL.fullmatch(text) is not None
        found = datetime.fromisoformat(text) if is_usual else datetime.strptime(text, pattern)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, re.error):
        return None


def _written(bound: Bound, pattern: str) -> str | float:
    if not isinstance(bound, datetime):
        return str(bound) if isinf(bound) else bound
    time = bound.astimezone(UTC)
    try:
        text = time.strftime(pattern)
    except ValueError:
        text = ""
    # a pattern that drops what the time holds must not change it
    return text if _parsed(text, pattern) == bound else time.isoformat()


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
    for name, text in value.items():
        if not isinstance(text, str):
            raise InputError(f"{where}: {name} is text, not {text!r}")
    return {str(name): text for name, text in value.items()}


def _require_keys(document: Mapping[str, Any], allowed: frozenset[str], where: str, what: str) -> None:
    unknown = sorted(str(key) for key in set(document) - allowed)
    if unknown:
        raise InputError(
            f"{where}: {what} has no key {', '.join(unknown)}", hint="allowed: " + ", ".join(sorted(allowed))
        )


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Name the place in an error of a value that is made from a document."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error.message}", hint=error.hint) from error
