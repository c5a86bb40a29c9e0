"""What a dataset is for."""

from __future__ import annotations

from enum import StrEnum

from dmod.errors import InputError


class Category(StrEnum):
    """What a dataset is for; the first five are DMOD's ``DataCategory``."""

    CONFIG = "CONFIG"
    FORCING = "FORCING"
    HYDROFABRIC = "HYDROFABRIC"
    OBSERVATION = "OBSERVATION"
    OUTPUT = "OUTPUT"
    PARTITION = "PARTITION"
    STATE = "STATE"
    EVALUATION = "EVALUATION"

    @classmethod
    def named(cls, text: str) -> Category:
        """Return the category of a name in any case.

        Raises
        ------
        InputError
            there is no such category.
        """
        try:
            return cls(text.strip().upper())
        except ValueError as error:
            raise InputError(
                f"{text!r} is no category of data", hint="allowed: " + ", ".join(item.value for item in cls)
            ) from error
