"""Kinds of data by one word each, for asking."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dmod.errors import InputError

KINDS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "hydrofabric": ("HYDROFABRIC", None),
        "forcing": ("FORCING", None),
        "grid": ("FORCING", "FORCING_GRID"),
        "realization": ("CONFIG", "NGEN_REALIZATION_CONFIG"),
        "modules": ("CONFIG", "BMI_CONFIG"),
        "routing": ("CONFIG", "T_ROUTE_CONFIG"),
        "package": ("CONFIG", "NGEN_JOB_COMPOSITE_CONFIG"),
        "partition": ("PARTITION", "NGEN_PARTITION_CONFIG"),
        "observations": ("OBSERVATION", "OBSERVATION_CSV"),
        "results": ("OUTPUT", "DMOD_RUN_OUTPUT"),
        "states": ("STATE", "MODEL_STATE"),
    }
)
"""Category and format of each kind; None where any format of the category will do."""


def kind_of(word: str | None, category: str | None, data_format: str | None) -> tuple[str, str | None]:
    """Return category and format of what is asked for.

    Raises
    ------
    InputError
        nothing says what it is, or the word is unknown.
    """
    if word is None and category is None and data_format is None:
        raise InputError(
            "nothing says what is asked for", hint=f"give a kind ({', '.join(KINDS)}) or --category"
        )
    if word is not None and word.lower() not in KINDS:
        raise InputError(
            f"{word!r} is no kind of data", hint=f"one of {', '.join(KINDS)}; or give --category"
        )
    usual: tuple[str, str | None] = KINDS[word.lower()] if word is not None else ("", None)
    if category is None and word is None:
        from dmod.catalog.data_format import find_format

        category = find_format(str(data_format)).categories[0].value
    return category or usual[0], data_format or usual[1]
