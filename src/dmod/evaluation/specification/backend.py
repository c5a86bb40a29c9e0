"""Where data are and in what form."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, field_validator, model_validator

from dmod.evaluation.specification.element import Element, Lowered

FILE, REST = "file", "rest"
LONGEST_HEADER = 4000
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# what the sender of a request says itself
_OURS = frozenset(
    {
        *("host", "connection", "content-length", "content-type", "transfer-encoding", "te", "trailer"),
        *("upgrade", "expect", "accept-encoding", "keep-alive", "proxy-authorization", "proxy-connection"),
    }
)


class Backend(Element):
    """A file, several files by one pattern, or the answer of a service."""

    backend_type: Annotated[
        Annotated[Literal["file", "rest"], Lowered],
        Field(validation_alias=AliasChoices("backend_type", "type"), description="what is asked for data"),
    ]
    address: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="path of a file, with * or a regular expression for several; address of a service",
        ),
    ]
    format: Annotated[
        Annotated[Literal["json", "csv", "rdb"], Lowered],
        Field(validation_alias=AliasChoices("format", "data_format"), description="form of the data"),
    ]
    params: Annotated[
        dict[str, str | int | float | bool | list[str]],
        Field(default_factory=dict, description="of the request"),
    ]
    headers: Annotated[dict[str, str], Field(default_factory=dict, description="of the request")]
    verify: Annotated[bool, Field(description="certificates are always checked: true")] = True
    timeout: Annotated[float, Field(gt=0, le=600, description="of one request [s]")] = 60.0
    parse_dates: Annotated[
        tuple[str, ...], Field(description="columns of times, as DMOD wants them; x_axis is one anyway")
    ] = ()
    delimiter: Annotated[
        str | None,
        Field(
            max_length=1,
            validation_alias=AliasChoices("delimiter", "sep"),
            description="between cells of a table; a comma, in RDB a tab, if not given",
        ),
    ] = None
    comment: Annotated[str | None, Field(max_length=1, description="begins lines that do not count")] = None
    zone: Annotated[str, Field(description="of times that carry none", examples=["America/Denver"])] = "UTC"

    @field_validator("verify")
    @classmethod
    def _always(cls, value: bool) -> bool:
        if not value:
            raise ValueError("certificates are always checked; leave it out, or write true")
        return value

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            is_plain = _TOKEN.fullmatch(name) and text.isascii() and (text.isprintable() or not text)
            if not is_plain or name.lower() in _OURS or len(text) > LONGEST_HEADER:
                raise ValueError(f"header {name[:40]!r} cannot be sent; leave it out")
        return value

    @field_validator("parse_dates", mode="before")
    @classmethod
    def _one_column(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.backend_type == FILE and (self.params or self.headers):
            raise ValueError("params and headers are of requests; a file has none: leave them out")
        if self.backend_type == REST and not self.address.startswith(("http://", "https://")):
            raise ValueError("the address of a service begins with https:// or http://")
        return self
