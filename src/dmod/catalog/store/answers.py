"""What an object store answers when it does not do what was asked, in dmod's errors: one table for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from dmod.errors import (
    AlreadyExists,
    ConflictError,
    DmodError,
    InputError,
    NotFoundError,
    NotPermitted,
    StoreError,
)

LATER = "check the network and the address, then do the same again: it goes on where it stopped"
_METADATA = "169.254.169.254"  # where a cloud's machine finds credentials of its own
# a mark in what the library says → what happened
_REASONS = (
    ("ConnectionRefused", "the connection was refused"),
    ("dns error", "the name of its host is not known"),
    ("kind: Timeout", "it did not answer in time"),
    ("IncompleteBody", "its answer broke off"),
    ("IncompleteMessage", "its answer broke off"),
    ("ConnectionReset", "the connection was cut"),
    ("BrokenPipe", "the connection was cut"),
    ("kind: Body", "its answer broke off"),
    ("kind: Connect", "no connection could be made"),
)
_STATUS = re.compile(r"status code: (?P<code>\d{3})(?P<text>[^:\n]*)")
_CODE = re.compile(r"<Code>(?P<code>\w+)</Code>(?:.*?<Message>(?P<text>.*?)</Message>)?", re.DOTALL)


def _exists(what: str, _: str) -> DmodError:
    return AlreadyExists(f"{what} is there already")


def _absent(what: str, text: str) -> DmodError:
    if "NoSuchBucket" in text:
        return NotFoundError(f"{what}: there is no such bucket", hint="check its name, or make it")
    return NotFoundError(f"{what} is not there")


def _denied(what: str, text: str) -> DmodError:
    code = _CODE.search(text)
    said = f" ({code['code']})" if code else ""
    return NotPermitted(
        f"{what}: access is denied{said}",
        hint="check the credentials: access_key_id and secret_access_key, or AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY; and what they may do in this bucket",
    )


def _changed(what: str, _: str) -> DmodError:
    return ConflictError(f"{what} is not in the state that was expected", hint="read it again")


def _unknown(what: str, text: str) -> DmodError:
    return InputError(f"{what}: {_first_line(text)}", hint="check the options of the store")


def _unable(what: str, text: str) -> DmodError:
    return StoreError(f"{what}: this store cannot do that: {_first_line(text)}", hint="use another store")


def _failed(what: str, text: str) -> DmodError:
    if _METADATA in text:
        return NotPermitted(
            f"{what}: there are no credentials",
            hint="give them in the store's options, or in the environment",
        )
    if "BareRedirect" in text or "PermanentRedirect" in text:
        return StoreError(
            f"{what}: the bucket lies in another region", hint="give its region: option region, or AWS_REGION"
        )
    for mark, reason in _REASONS:
        if mark in text:
            return StoreError(f"{what} cannot be reached: {reason}", hint=LATER, retryable=True)
    status = _STATUS.search(text)
    if status is None:
        return StoreError(f"{what}: {_first_line(text)}", hint=LATER, retryable=True)
    if status["code"] in {"401", "403"}:
        return _denied(what, text)
    if status["code"] == "404":
        return _absent(what, text)
    later = status["code"] in {"408", "429"} or status["code"].startswith("5")
    code = _CODE.search(text)
    said = f" ({code['code']}: {code['text'] or ''})" if code else ""
    return StoreError(
        f"{what}: the server answered {status['code']}{status['text'].rstrip()}{said}",
        hint=LATER if later else "check the address and the options of the store",
        retryable=later,
    )


TABLE: Mapping[str, Callable[[str, str], DmodError]] = {
    "AlreadyExistsError": _exists,
    "BaseError": _failed,
    "FileNotFoundError": _absent,
    "GenericError": _failed,
    "InvalidPathError": _unknown,
    "JoinError": _failed,
    "NotFoundError": _absent,
    "NotImplementedError": _unable,
    "NotModifiedError": _changed,
    "NotSupportedError": _unable,
    "PermissionDeniedError": _denied,
    "PreconditionError": _changed,
    "UnauthenticatedError": _denied,
    "UnknownConfigurationKeyError": _unknown,
}
"""Class of the library's error → (what was asked for, what the library says) → dmod's error."""


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turn the errors of `obstore` into dmod's.

    Parameters
    ----------
    what : address of what is asked for
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError, NotImplementedError) as error:
        raise TABLE.get(type(error).__name__, _failed)(what, str(error)) from error


@contextmanager
def configuring(what: str) -> Iterator[None]:
    """Turn what `obstore` says of options, before it asks anything of a server, into an `InputError`."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError) as error:
        raise _unknown(what, str(error)) from error


def _first_line(text: str) -> str:
    lines = text.split("Debug source:", maxsplit=1)[0].strip().splitlines() or [
        "it failed for an unknown reason"
    ]
    return lines[0] if len(lines[0]) < 300 else f"{lines[0][:300]}…"
