"""Taking secrets out of what is logged: tokens, passwords in addresses, authorization headers, AWS keys.

It is the last line of defence, for what other programs put into their messages; dmod itself shows no secrets.
Where it cannot tell where a secret ends it takes too much rather than too little.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"

_QUOTE = r"""["'\\]{0,4}"""
_QUOTED = r"""\\+["'][^\r\n]*?\\+["']|"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*\'"""
_BYTES = r"""(?:b(?=["']))?"""
_HEADER = r"(?:(?:proxy-)?authorization|(?:set-)?cookie)"
_NAMED = (
    r"(?:password|passwd|passphrase|secret(?:[_-]?access)?(?:[_-]?key)?|api[_-]?key|x-amz-signature"
    r"|(?:access|session|security|refresh)[_-]?token)"
)

_SECRET_NAME = re.compile(rf"{_HEADER}|[\w-]*{_NAMED}", re.IGNORECASE)
_HEADERS = re.compile(
    rf"({_HEADER}(?:{_QUOTE}[ \t]{{0,4}}[:=]|[\"'\\]{{1,4}}[ \t]{{0,4}},)[ \t]{{0,4}}{_BYTES})"
    rf"({_QUOTED}|[^\r\n]+)",
    re.IGNORECASE,
)
_VALUES = re.compile(
    rf"((?:{_NAMED}{_QUOTE}[ \t]{{0,4}}[:=]|\btoken=)[ \t]{{0,4}}{_BYTES})({_QUOTED}|[^\s&]+)", re.IGNORECASE
)
_BEARER = re.compile(r"\b(bearer[ \t]+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
# up to the last @ of the address, since passwords may have some; digits and a slash are a port and a path
_ADDRESS = re.compile(r"(://[^\s:/@\[\]]*:)(?!\d{1,5}[/?#])\S{1,1024}@")
_TOKEN = re.compile(r"(dmod_[a-z0-9]{12}_)[A-Za-z0-9]{8,}")
# 40 letters of base64 that are no hash in hexadecimal digits
_AWS = re.compile(
    r"(?<![A-Za-z0-9/+])(?=[A-Za-z0-9/+]{0,39}[0-9])(?=[A-Za-z0-9/+]{0,39}[a-z])(?=[A-Za-z0-9/+]{0,39}[A-Z])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)


def redact(text: str) -> str:
    """Return a text without the secrets in it; ``***`` is in their places, and ids of tokens stay."""
    text = _HEADERS.sub(_hide_value, text)
    text = _VALUES.sub(_hide_value, text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _ADDRESS.sub(rf"\1{HIDDEN}@", text)
    text = _TOKEN.sub(rf"\1{HIDDEN}", text)
    return _AWS.sub(HIDDEN, text)


def redacted(value: Any) -> Any:
    """Return a value without the secrets in its texts, also in those of collections and of exceptions."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes):
        return redact(value.decode("latin-1")).encode("latin-1")
    if isinstance(value, BaseException):
        text = str(value)
        return value if redact(text) == text else redact(text)
    if isinstance(value, Mapping):
        return {key: _pair(key, item)[1] for key, item in value.items()}
    if type(value) is tuple and len(value) == 2:
        return _pair(*value)
    if type(value) in {tuple, list}:
        return type(value)(redacted(item) for item in value)
    return value


class RedactingFilter(logging.Filter):
    """Takes secrets out of log records: message, arguments, exception, and what else they carry.

    Add it to handlers: those of a logger are not asked about what loggers below it have logged.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the secrets out of a record; always let it through."""
        _redact_message(record)
        if record.exc_info and record.exc_info[0] is not None:
            text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            if redact(text) != text:
                # whoever formats it anew would show what was taken out
                record.exc_info, record.exc_text = None, redact(text)
        elif record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name in set(vars(record)) - _ORDINARY:
            setattr(record, name, _pair(name, getattr(record, name))[1])
        return True


def guard_logging(*names: str) -> None:
    """Let the handlers of loggers, and those of last resort, take secrets out of what they write.

    Parameters
    ----------
    names : of loggers with handlers of their own, besides the root
    """
    handlers = [handler for name in ("", *names) for handler in logging.getLogger(name).handlers]
    if logging.lastResort is not None:
        handlers.append(logging.lastResort)
    for handler in handlers:
        if not any(isinstance(known, RedactingFilter) for known in handler.filters):
            handler.addFilter(RedactingFilter())


_ORDINARY = frozenset({*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "message", "asctime"})


def _redact_message(record: logging.LogRecord) -> None:
    # the arguments stay apart where that suffices, since some formatters want them
    record.args = redacted(record.args) if record.args else record.args
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001  # boundary: a message that cannot be made must not end what it tells of
        text = ""
        record.msg, record.args = f"{record.msg} {record.args!r}", ()
        record.msg = redact(record.msg)
    if redact(text) != text:
        record.msg, record.args = redact(text), ()


def _pair(name: Any, value: Any) -> tuple[Any, Any]:
    """Return a name with its value; without it where the name is that of a secret."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    if isinstance(text, str) and _SECRET_NAME.fullmatch(text) and value:
        return name, HIDDEN.encode() if isinstance(value, bytes) else HIDDEN
    return redacted(name), redacted(value)


def _hide_value(found: re.Match[str]) -> str:
    value = found.group(2)
    quote = re.match(r"""\\*["']""", value)
    closed = quote is not None and len(value) > len(quote.group()) and value.endswith(quote.group()[-1])
    mark = quote.group() if quote is not None and closed else ""
    return f"{found.group(1)}{mark}{HIDDEN}{mark}"
