"""Types that a specification states for values which it selects."""

from __future__ import annotations

from typing import Annotated, Literal

from dmod.evaluation.specification.element import Lowered

NUMBERS = frozenset({"float", "double", "number", "int", "integer"})
TEXTS = frozenset({"str", "string", "word", "id", "identifier"})
TIMES = frozenset({"datetime", "date"})
DAY = "day"

Datatype = Annotated[
    Literal[
        "float",
        "double",
        "number",
        "int",
        "integer",
        "str",
        "string",
        "word",
        "id",
        "identifier",
        "datetime",
        "date",
        "day",
    ],
    Lowered,
]
