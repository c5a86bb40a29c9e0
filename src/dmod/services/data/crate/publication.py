"""What a crate says of its makers and its terms of use: dmod does not know it, who publishes does."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from dmod.services.data.crate.graph import Graph, Reference
from dmod.services.data.crate.layout import ROOT

NOT_STATED = "not stated"
_NO_TERMS = "No terms of use were stated when this crate was made. Ask its makers before you use the data."


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation: the name, and an address such as an ORCID or a home page."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a crate says of its makers and its terms of use.

    Parameters
    ----------
    license : address of a licence, or a sentence on how the data may be used
    author : who made the data; None for the owner that the catalog names
    affiliation : where the author works
    publisher : the organisation that makes the data known
    """

    license: str = NOT_STATED
    author: Party | None = None
    affiliation: Party | None = None
    publisher: Party | None = None


def add_publication(graph: Graph, publication: Publication, owner: str) -> None:
    """Say of the crate who made it and how it may be used."""
    graph.state(ROOT, license=_license(graph, publication.license))
    if publication.publisher is not None:
        graph.state(ROOT, publisher=add_organization(graph, publication.publisher))
    author = publication.author or (Party(owner) if owner else None)
    if author is not None:
        person = add_person(graph, author)
        graph.state(ROOT, author=person)
        if publication.affiliation is not None:
            graph.state(person["@id"], affiliation=add_organization(graph, publication.affiliation))


def add_person(graph: Graph, party: Party) -> Reference:
    """Describe a person."""
    return graph.add(_id(party, "person"), "Person", name=party.name, url=party.url)


def add_organization(graph: Graph, party: Party) -> Reference:
    """Describe an organisation."""
    return graph.add(_id(party, "organization"), "Organization", name=party.name, url=party.url)


def is_address(text: str) -> bool:
    """Whether a text is an absolute address, and not a path or a sentence."""
    parts = urlsplit(text) if "://" in text and " " not in text.strip() else None
    return parts is not None and bool(parts.scheme and parts.netloc)


def _license(graph: Graph, text: str) -> Reference:
    text = text.strip() or NOT_STATED
    if is_address(text):
        return graph.add(text, "CreativeWork", name=text, url=text, description=f"Terms of use: {text}")
    stated = _NO_TERMS if text == NOT_STATED else text
    return graph.add("#license", "CreativeWork", name=f"Terms of use: {text}", description=stated)


def _id(party: Party, kind: str) -> str:
    return party.url if is_address(party.url) else f"#{kind}-{quote(party.name, safe='')}"
