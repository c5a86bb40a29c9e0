"""DMOD's documents: its ``Dataset``, ``DataRequirement`` and ``DataDomain``, read and written.

DMOD writes times without a zone; they are taken as UTC. The end of its ranges is excluded, as here. Keys that
have no meaning here are kept and written again. What DMOD has no word for stands, in what is written, under
``dmod_more``, a key that DMOD passes over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dmod.catalog.box import Box
from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset, new_uuid
from dmod.catalog.domain import Domain
from dmod.catalog.domain_json import (
    domain_from_json,
    domain_to_json,
    restrictions_from_json,
    restrictions_to_json,
)
from dmod.catalog.manifest import EMPTY
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.time_axis import EPOCH, STAMP, parse_time
from dmod.errors import InputError

KEPT = "dmod"
"""Key of a dataset's ``extra`` under which the rest of its document is."""
MORE = "dmod_more"
OWN_FORMATS = 100
"""Ids of formats from here on are not DMOD's."""
CATEGORIES = {
    Category.CONFIG: "CONFIG",
    Category.FORCING: "FORCING",
    Category.HYDROFABRIC: "HYDROFABRIC",
    Category.OBSERVATION: "OBSERVATION",
    Category.OUTPUT: "OUTPUT",
    Category.PARTITION: "CONFIG",
}
INDICES = frozenset(DomainIndex) - {
    DomainIndex.UNKNOWN,
    DomainIndex.VARIABLE,
    DomainIndex.FORMULATION,
    DomainIndex.GAGE_ID,
    DomainIndex.FLOWPATH_ID,
}
"""Those that DMOD knows."""
_OTHER_NAMES = {
    "category": "data_category",
    "dataset_type": "type",
    "continuous_restrictions": "continuous",
    "discrete_restrictions": "discrete",
    "custom_data_fields": "data_fields",
}
_OLD_FORMATS = {"NGEN_OUTPUT": "NGEN_CSV_OUTPUT"}
_CREATED = ("created_on", "create_on")
_DOMAIN_KEYS = frozenset({"data_format", "continuous", "discrete", "data_fields"})


def dataset_from_dmod(document: object, where: str) -> Dataset:
    """Read DMOD's ``Dataset`` as a dataset that lies elsewhere, version 1 of its name.

    Parameters
    ----------
    where : what to call the document in a message

    Raises
    ------
    InputError
        a key is missing, or a value is not what it should be; the place is named.
    """
    held = _object(document, where, also=("category", "dataset_type"))
    domain, kept_of_domain = _domain(held.pop("data_domain", None), f"{where}: data_domain")
    more = _object(held.pop(MORE, {}), f"{where}: {MORE}")
    created = next((held[key] for key in (*_CREATED, "last_updated") if held.get(key) is not None), None)
    with _at(where):
        found = Dataset(
            name=_text(held, "name"),
            version=1,
            category=Category.named(str(more.get("category") or _text(held, "data_category"))),
            domain=_with_more(domain, more, where),
            uuid=_text(held, "uuid", new_uuid()),
            digest=EMPTY.digest,
            manifest_size=EMPTY.content.size,
            size=0,
            files=0,
            created=EPOCH if created is None else parse_time(created, what="created_on"),
            description=_text(held, "description", ""),
            expires=None if held.get("expires") is None else parse_time(held["expires"], what="expires"),
            read_only=_flag(held, "is_read_only"),
            access_location=_text(held, "access_location"),
        )
    if not found.is_external:
        raise InputError(f"{where}: access_location is empty", hint="say where the data lie")
    used = {"name", "data_category", "uuid", "description", "expires", "is_read_only", "access_location"}
    kept = {key: value for key, value in held.items() if key not in used}
    if kept_of_domain:
        kept["data_domain"] = kept_of_domain
    return replace(found, extra={KEPT: kept})


def dataset_to_dmod(dataset: Dataset, *, access_location: str = "") -> dict[str, Any]:
    """Return a dataset as DMOD's ``Dataset``.

    Parameters
    ----------
    access_location : where DMOD finds its files, if they do not lie elsewhere already

    Raises
    ------
    InputError
        DMOD has no such format, or cannot say what the dataset covers.
    """
    kept = dict(dataset.extra.get(KEPT) or {})
    domain, more = _split(dataset.domain, dataset.name)
    location = dataset.access_location or access_location
    found: dict[str, Any] = {
        "name": dataset.name,
        "data_category": _category(dataset.category, dataset.reference, more),
        "data_domain": {**domain_to_dmod(domain), **kept.pop("data_domain", {})},
        "type": "FILESYSTEM" if location.startswith("/") else "UNKNOWN",
        "access_location": location,
        "uuid": dataset.uuid,
        "is_read_only": dataset.read_only,
    }
    if dataset.description:
        found["description"] = dataset.description
    if dataset.expires is not None:
        found["expires"] = _stamp(dataset.expires)
    if KEPT not in dataset.extra:
        found["created_on"] = _stamp(dataset.created)
        if dataset.lineage.inputs:
            found["derived_from"] = dataset.lineage.inputs[0].name
    if more:
        found[MORE] = more
    return {**found, **kept}


def requirement_from_dmod(document: object, where: str) -> Requirement:
    """Read DMOD's ``DataRequirement``; what it says of its fulfilment is kept in ``extra``.

    Raises
    ------
    InputError
        a key is missing, or a value is not what it should be; the place is named.
    """
    held = _object(document, where)
    domain, kept_of_domain = _domain(held.pop("domain", None), f"{where}: domain")
    more = _object(held.pop(MORE, {}), f"{where}: {MORE}")
    if domain.data_fields:
        kept_of_domain["data_fields"] = dict(domain.data_fields)
    with _at(where):
        category = Category.named(str(more.get("category") or _text(held, "category")))
        box = _with_more(domain, more, where).box
        held.pop("category", None)
        if kept_of_domain:
            held["domain"] = kept_of_domain
        return Requirement(category, domain.format, box, extra=held)


def requirement_to_dmod(requirement: Requirement) -> dict[str, Any]:
    """Return a requirement as DMOD's ``DataRequirement``; an input where it does not say that it is none.

    Raises
    ------
    InputError
        it names no format, or one that DMOD has not, or it restricts what DMOD cannot: DMOD would take
        datasets for it that do not fulfil it.
    """
    if requirement.format is None:
        raise InputError(f"a requirement of DMOD names a format ({requirement})", hint="choose one")
    domain = Domain(requirement.format, requirement.box)
    known, more = _split(domain, str(requirement), only=True)
    kept = dict(requirement.extra)
    found = {
        "category": _category(requirement.category, str(requirement), more),
        "domain": {**domain_to_dmod(known), **kept.pop("domain", {})},
        "is_input": True,
    }
    if more:
        found[MORE] = more
    return {**found, **kept}


def domain_from_dmod(document: object, where: str) -> Domain:
    """Read DMOD's ``DataDomain``; keys that it should not have are passed over.

    Raises
    ------
    InputError
        a key is missing, or a value is not what it should be; the place is named.
    """
    return _domain(document, where)[0]


def domain_to_dmod(domain: Domain) -> dict[str, Any]:
    """Return a domain as DMOD's ``DataDomain``.

    Raises
    ------
    InputError
        DMOD has no such format or index, or it is restricted by what DMOD cannot say.
    """
    if domain.format.id >= OWN_FORMATS:
        raise InputError(
            f"DMOD has no format {domain.format}", hint="convert the data to a format of DMOD first"
        )
    for index, held in domain.restrictions.items():
        _require_sayable(index, held)
    found = domain_to_json(domain, runs=False)
    found.pop("units", None)
    return found


def _domain(document: object, where: str) -> tuple[Domain, dict[str, Any]]:
    """Return a domain, and what its document holds beside."""
    if document is None:
        raise InputError(f"{where} is missing", hint="a document of DMOD says what the data cover")
    held = _object(document, where, also=tuple(_OTHER_NAMES))
    for kind in ("continuous", "discrete"):
        entries = held.get(kind)
        if isinstance(entries, Mapping):  # by index, as some versions of DMOD write it
            held[kind] = [
                {"variable": index, **_object(entry, f"{where}: {kind}")} for index, entry in entries.items()
            ]
    form = held.get("data_format")
    if isinstance(form, str):
        held["data_format"] = _OLD_FORMATS.get(form.strip().upper(), form)
    known = {key: value for key, value in held.items() if key in _DOMAIN_KEYS}
    kept = {key: value for key, value in held.items() if key not in _DOMAIN_KEYS}
    return domain_from_json(known, where), kept


def _split(domain: Domain, what: str, *, only: bool = False) -> tuple[Domain, dict[str, Any]]:
    """Return the part of a domain that DMOD has words for, and the rest.

    Parameters
    ----------
    only : whether the rest would be a condition, without which it means something else
    """
    own = {index: held for index, held in domain.restrictions.items() if index not in INDICES}
    if own and only:
        raise InputError(
            f"DMOD cannot require {', '.join(own)} ({what})", hint="leave it out for a weaker requirement"
        )
    more: dict[str, Any] = {"domain": restrictions_to_json(own)} if own else {}
    if domain.units:
        more["units"] = dict(domain.units)
    known: dict[DomainIndex, Restriction] = {
        index: held for index, held in domain.restrictions.items() if index in INDICES
    }
    if not known and own:
        known = {DomainIndex.DATA_ID: Discrete.of([what])}
    return (replace(domain, restrictions=known, units={}) if own or domain.units else domain), more


def _with_more(domain: Domain, more: Mapping[str, Any], where: str) -> Domain:
    own = restrictions_from_json(_object(more.get("domain", {}), f"{where}: {MORE}"), f"{where}: {MORE}")
    units = _object(more.get("units", {}), f"{where}: {MORE}: units")
    box: Box = {**domain.restrictions, **own}
    return replace(domain, restrictions=box, units={name: str(unit) for name, unit in units.items()})


def _require_sayable(index: DomainIndex, held: Restriction) -> None:
    """Refuse what a reader of DMOD would take for something else."""
    if index not in INDICES:
        raise InputError(f"DMOD has no index {index}", hint="leave it out")
    if isinstance(held, Discrete) and held.excluded and not held.is_all:
        raise InputError(f"{index}: DMOD cannot say {held}", hint="name the elements that it holds")
    if isinstance(held, Continuous) and not isinstance(held.begin, datetime):
        raise InputError(f"{index}: DMOD has no ranges of numbers ({held})", hint="name the numbers")


def _category(category: Category, what: str, more: dict[str, Any]) -> str:
    found = CATEGORIES.get(category)
    if found is None:
        raise InputError(
            f"DMOD has no category {category} ({what})",
            hint="it has " + ", ".join(sorted(set(CATEGORIES.values()))),
        )
    if found != category.value:
        more["category"] = category.value
    return found


def _object(document: object, where: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object of a document, with the keys of one spelling."""
    if not isinstance(document, Mapping):
        raise InputError(f"{where} is an object, not {type(document).__name__}")
    found = dict(document)
    for other in also:
        if other in found:
            found.setdefault(_OTHER_NAMES[other], found.pop(other))
    return found


def _text(held: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = held.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise InputError(f"{key} is text, not {value!r}" if key in held else f"there is no {key}")
    return value


def _flag(held: Mapping[str, Any], key: str) -> bool:
    value = held.get(key)
    if value is not None and not isinstance(value, bool):
        raise InputError(f"{key} is true or false, not {value!r}")
    return value is not False  # DMOD's default is true


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime(STAMP)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Name the document in an error of a value."""
    try:
        yield
    except InputError as error:
        message = error.message if error.message.startswith(where) else f"{where}: {error.message}"
        raise InputError(message, hint=error.hint) from error
