"""Links between documents, with the relations that the standard has for them."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from fastapi import Request

JSON = "application/json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PREFIX = "/ogc"
RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0/"


class Link(TypedDict):
    """A link."""

    href: str
    rel: str
    type: NotRequired[str]
    title: NotRequired[str]


def link(href: str, rel: str, title: str, media: str = JSON) -> Link:
    """Return a link; a relation of the standard is given by its last word after ``ogc:``."""
    relation = RELATIONS + rel.removeprefix("ogc:") if rel.startswith("ogc:") else rel
    return {"href": href, "rel": relation, "type": media, "title": title}


def origin_of(request: Request) -> str:
    """Return the address that the server was asked under, without a path."""
    return str(request.base_url).rstrip("/")


def base_of(request: Request) -> str:
    """Return the address of the landing page."""
    return origin_of(request) + PREFIX
