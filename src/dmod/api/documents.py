"""Bodies as documents: JSON and YAML, by what their ``Content-Type`` names."""

from __future__ import annotations

from email.message import Message
from typing import Any

from dmod.api.problems import UnknownMedia
from dmod.core.document_text import load_json, load_yaml
from dmod.errors import InputError

YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
BODY = "the body"
LARGEST_YAML = 4 << 20
"""Bytes of a YAML text; larger documents are JSON, which is read much faster."""


def media_of(content_type: str) -> tuple[str, str]:
    """Return the media type and the character set that a header names, in small letters."""
    message = Message()
    message["content-type"] = content_type
    return message.get_content_type() if content_type else "", str(message.get_param("charset") or "").lower()


def is_json(content_type: str) -> bool:
    """Whether a header names JSON in UTF-8."""
    media, charset = media_of(content_type)
    fits = media == "application/json" or (media.startswith("application/") and media.endswith("+json"))
    return fits and charset in {"", "utf-8", "utf8", "us-ascii"}


def read_document(body: bytes, content_type: str) -> Any:
    """Return a body as a document, by what its ``Content-Type`` names.

    Raises
    ------
    UnknownMedia
        it is neither JSON nor YAML in UTF-8.
    InputError
        it cannot be read; the place is named.
    """
    if is_json(content_type):
        return read_json(body)
    media, charset = media_of(content_type)
    if media in YAML_TYPES and charset in {"", "utf-8", "utf8", "us-ascii"}:
        return read_yaml(body)
    raise UnknownMedia(
        f"the body is {media or 'of no type'}", hint="send application/json or application/yaml, in UTF-8"
    )


def read_json(body: bytes) -> Any:
    """Return what a JSON text holds."""
    return load_json(_text(body), BODY)


def read_yaml(body: bytes) -> Any:
    """Return what a YAML text holds."""
    if len(body) > LARGEST_YAML:
        raise InputError(
            f"{len(body):,} bytes of YAML are more than are read", hint="send what is that large as JSON"
        )
    return load_yaml(_text(body), BODY)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the body is no UTF-8 from byte {error.start} on") from error
