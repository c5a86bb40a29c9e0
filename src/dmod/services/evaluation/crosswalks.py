"""Pairs of locations, read as a specification says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dmod.errors import InputError
from dmod.evaluation.specification.crosswalk import Crosswalk
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.selecting import read_json, require_selected, select
from dmod.services.evaluation.tables import read_table


def read_crosswalks(crosswalks: Sequence[Crosswalk], reach: Reach) -> dict[str, tuple[str, ...]]:
    """Return location of the observations → locations of the predictions.

    Raises
    ------
    InputError
        a table cannot be read, or holds no pair.
    """
    pairs: dict[str, dict[str, None]] = {}
    for index, crosswalk in enumerate(crosswalks):
        place = f"crosswalks[{index}]"
        found = 0
        for observed, predicted in _pairs(crosswalk, reach, place):
            pairs.setdefault(observed, {})[predicted] = None
            found += 1
        if not found:
            raise InputError(f"{place}: no pair of locations is selected", hint="check field and origin")
    return {observed: tuple(predicted) for observed, predicted in pairs.items()}


def _pairs(crosswalk: Crosswalk, reach: Reach, place: str) -> Iterator[tuple[str, str]]:
    for content in reach.contents(crosswalk.backend, f"{place}.backend"):
        columns = _columns(crosswalk, content, place)
        fields = (crosswalk.observation_field_name, crosswalk.prediction_field)
        for observed, predicted in zip(*(columns[name] for name in fields), strict=True):
            if observed not in (None, "") and predicted not in (None, ""):
                yield str(observed), str(predicted)


def _columns(crosswalk: Crosswalk, content: Content, place: str) -> Mapping[str, Sequence[Any]]:
    field = crosswalk.field
    if crosswalk.backend.format == "json":
        document = read_json(content, f"{place}.backend")
        chosen = field
        if crosswalk.origin != ("$",) and field.origin == ("$",):
            chosen = field.model_copy(update={"origin": crosswalk.origin})
        columns = select(document, chosen, f"{place}.field")
        require_selected(columns, chosen, document, f"{place}.field")
        return columns
    keys = {field.key: field.key, **{item.parts[-1]: item.key for item in field.associated_fields}}
    frame = read_table(content, crosswalk.backend, keys, f"{place}.field")
    return {keys[name]: frame[name].fillna("").tolist() for name in keys}


def read_pairs(content: Content, place: str) -> dict[str, str]:
    """Return gauge → location of the runs out of a plain table: CSV of two columns, or a JSON mapping.

    A JSON mapping has ``gauge: location``, or, as the framework has it, ``location: {site_no: gauge}``.

    Raises
    ------
    InputError
        it is neither, or holds no pair.
    """
    pairs = (
        _json_pairs(content, place) if content.name.lower().endswith(".json") else _csv_pairs(content, place)
    )
    if not pairs:
        raise InputError(f"{place}: {content.name} holds no pair of locations")
    return pairs


def _json_pairs(content: Content, place: str) -> dict[str, str]:
    document = read_json(content, place)
    if not isinstance(document, dict):
        raise InputError(f"{place}: {content.name} is no mapping", hint="write gauge: location")
    pairs = {}
    for key, value in document.items():
        if isinstance(value, dict):
            gauge = value.get("site_no") or value.get("Gage_no")
            gauges = gauge if isinstance(gauge, list) else [gauge]
            pairs.update({str(item): key for item in gauges if item})
        elif isinstance(value, str | int):
            pairs[key] = str(value)
    return pairs


def _csv_pairs(content: Content, place: str) -> dict[str, str]:
    try:
        text = content.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: {content.name} is no text", hint="give CSV or JSON") from error
    rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]
    bad = next((number for number, row in enumerate(rows, 1) if len(row) < 2), None)
    if bad is not None:
        raise InputError(
            f"{place}: row {bad} of {content.name} has one cell", hint="write gauge,location below a header"
        )
    return {row[0].strip(): row[1].strip() for row in rows[1:] if row[0].strip() and row[1].strip()}
