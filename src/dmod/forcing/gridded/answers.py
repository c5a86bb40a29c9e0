"""What a store answers when it does not give what was asked for, in words, and whether it may later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from dmod.errors import NotFoundError, StoreError

LATER = "check the network and the address; run the same command again to go on where it stopped"
# a mark in what the library says → what happened
_REASONS = (
    ("ConnectionRefused", "the connection was refused"),
    ("dns error", "the name of its host is not known"),
    ("kind: Timeout", "it did not answer in time"),
    ("IncompleteBody", "its answer broke off"),
    ("ConnectionReset", "the connection was cut"),
    ("kind: Body", "its answer broke off"),
    ("kind: Connect", "no connection could be made"),
)
_STATUS = re.compile(r"status code: (?P<code>\d{3})(?P<text>[^:\n]*)")
_CODE = re.compile(r"<Code>(?P<code>\w+)</Code>(?:.*?<Message>(?P<text>.*?)</Message>)?", re.DOTALL)


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turn what `obstore` says of an object into errors of dmod; not finding it stays ``FileNotFoundError``.

    Raises
    ------
    NotFoundError
        there is no such bucket.
    StoreError
        retryable where there was no answer, not where access is denied.
    """
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StoreError(
            f"{what}: access is denied",
            hint="check its name; give credentials (AWS_ACCESS_KEY_ID, or the option access_key_id) if the"
            " store is not public, or the option anonymous=true if it is",
        ) from error
    except BaseError as error:
        raise _translated(what, str(error)) from error


def _translated(what: str, text: str) -> StoreError | NotFoundError:
    if "NoSuchBucket" in text:
        return NotFoundError(f"{what}: there is no such bucket", hint="check the name of the bucket")
    if "BareRedirect" in text or "PermanentRedirect" in text:
        return StoreError(
            f"{what}: the bucket lies in another region",
            hint="give its region with the option region=… or in AWS_REGION",
        )
    for mark, reason in _REASONS:
        if mark in text:
            return StoreError(f"{what} cannot be read: {reason}", hint=LATER, retryable=True)
    status, code = _STATUS.search(text), _CODE.search(text)
    said = f" ({code['code']}: {code['text'] or ''})" if code else ""
    if status:
        later = status["code"] in {"408", "429"} or status["code"].startswith("5")
        return StoreError(
            f"{what} cannot be read: the server answered {status['code']}{status['text'].rstrip()}{said}",
            hint=LATER if later else "check the address and the options",
            retryable=later,
        )
    return StoreError(f"{what} cannot be read: {_first_line(text)}", hint=LATER, retryable=True)


def _first_line(text: str) -> str:
    lines = text.split("Debug source:", maxsplit=1)[0].strip().splitlines() or ["for an unknown reason"]
    return lines[0] if len(lines[0]) < 300 else f"{lines[0][:300]}…"
