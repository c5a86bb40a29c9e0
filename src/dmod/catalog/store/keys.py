"""Names in a store: keys of documents, hashes of content, ids of uploads; none can lead out of the store."""

from __future__ import annotations

import re

from dmod.errors import InputError

LONGEST_KEY = 800  # S3 allows 1,024 bytes, a bucket's prefix included
LONGEST_PART = 200  # file systems allow 255, and what is written beside needs some
_KEY = re.compile(r"[A-Za-z0-9._@\-]+(?:/[A-Za-z0-9._@\-]+)*")
_PREFIX = re.compile(r"(?:[A-Za-z0-9._@\-]+/)*[A-Za-z0-9._@\-]*")
_UPLOAD = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._@\-]{0,199}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ALLOWED = (
    "letters, digits and ._-@ in parts that / separates, none of them . or .., such as datasets/logan/1.json"
)


def checked_key(key: str) -> str:
    """Return the key of a document if it is one.

    Raises
    ------
    InputError
        it is empty, absolute, climbs out, is too long or holds other characters.
    """
    if not _KEY.fullmatch(key) or _climbs(key) or _is_long(key):
        raise InputError(f"{_shown(key)} is no key of a document", hint=f"a key is {_ALLOWED}")
    return key


def checked_prefix(prefix: str) -> str:
    """Return what keys start with if any key can."""
    if not _PREFIX.fullmatch(prefix) or _climbs(prefix) or _is_long(prefix):
        raise InputError(f"{_shown(prefix)} starts no key of a document", hint=f"a key is {_ALLOWED}")
    return prefix


def checked_upload(upload: str) -> str:
    """Return the id of an upload if it is one."""
    if not _UPLOAD.fullmatch(upload):
        raise InputError(
            f"{_shown(upload)} is no id of an upload", hint="an id is at most 200 letters, digits or ._-@"
        )
    return upload


def content_key(sha256: str) -> str:
    """Return where content lies below the folder of content: ``<2 digits>/<62 digits>``.

    Raises
    ------
    InputError
        the text is no SHA-256.
    """
    if not _HASH.fullmatch(sha256):
        raise InputError(f"{_shown(sha256)} is no SHA-256", hint="64 hexadecimal digits, in lower case")
    return f"{sha256[:2]}/{sha256[2:]}"


def _climbs(key: str) -> bool:
    return any(part in {".", ".."} for part in key.split("/"))


def _is_long(key: str) -> bool:
    return len(key) > LONGEST_KEY or any(len(part) > LONGEST_PART for part in key.split("/"))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")
