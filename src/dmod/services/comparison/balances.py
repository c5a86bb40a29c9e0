"""The water balances of two runs, term by term."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

Floats = NDArray[np.float64]
HINT = "the run that wrote it did not end; run it again"


@dataclass(frozen=True, slots=True)
class BalanceTable:
    """A run's ``balance.csv``.

    Parameters
    ----------
    terms : term → depth, shape (catchment,) [mm]
    """

    ids: tuple[str, ...]
    terms: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class TermDifference:
    """One term of the balance in both runs, over the catchments that both have.

    Parameters
    ----------
    reference, other : means over the catchments where both know it, each counted alike [mm]; NaN without one
    largest : largest absolute difference of a catchment [mm], NaN where nobody knows it
    at : that catchment
    """

    term: str
    reference: float
    other: float
    largest: float
    at: str

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "term": self.term,
            "reference_mm": self.reference if math.isfinite(self.reference) else None,
            "other_mm": self.other if math.isfinite(self.other) else None,
            "largest_mm": self.largest if math.isfinite(self.largest) else None,
            "at": self.at,
        }


def read_balance(path: Path) -> BalanceTable:
    """Read a run's balance.

    Raises
    ------
    InputError
        the file is not one, or is not whole.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        numbers = np.array([[float(value) for value in row[1:]] for row in rows]).reshape(len(rows), -1)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint=HINT) from error
    if head[:1] != ["catchment"] or (rows and numbers.shape[1] != len(head) - 1):
        raise InputError(f"{path} is not a table of the water balance", hint=HINT)
    names = [name.removesuffix("_mm") for name in head[1:]]
    columns = numbers.T if rows else np.empty((len(names), 0))
    return BalanceTable(tuple(row[0] for row in rows), dict(zip(names, columns, strict=True)))


def balance_differences(reference: BalanceTable, other: BalanceTable) -> tuple[TermDifference, ...]:
    """Return the terms that both have, over the catchments that both have; empty without any."""
    index = {name: row for row, name in enumerate(other.ids)}
    rows = np.array([row for row, name in enumerate(reference.ids) if name in index], dtype=np.int64)
    if len(rows) == 0:
        return ()
    other_rows = np.array([index[reference.ids[row]] for row in rows], dtype=np.int64)
    found = []
    for term in (term for term in reference.terms if term in other.terms):
        a, b = reference.terms[term][rows], other.terms[term][other_rows]
        known = np.isfinite(a) & np.isfinite(b)
        if not known.any():
            found.append(TermDifference(term, math.nan, math.nan, math.nan, ""))
            continue
        sizes = np.where(known, np.abs(b - a), -1.0)
        worst = int(np.argmax(sizes))
        means = float(a[known].mean()), float(b[known].mean())
        found.append(TermDifference(term, *means, float(sizes[worst]), reference.ids[rows[worst]]))
    return tuple(found)
