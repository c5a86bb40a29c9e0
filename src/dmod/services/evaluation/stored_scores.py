"""Scores that were found and are kept: looked up where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dmod.errors import NotFoundError
from dmod.evaluation.evaluation import COLUMNS
from dmod.services.evaluation.results import DOCUMENT, PLACES, SCORES, connected, read_document


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """Which scores are asked for; "" where it does not matter, of facet and threshold where there is none.

    Parameters
    ----------
    limit, offset : of the rows that fit
    """

    metric: str = ""
    configuration: str = ""
    location: str = ""
    facet: str = ""
    threshold: str = ""
    limit: int = 1000
    offset: int = 0


class StoredScores:
    """The folder of an evaluation.

    Parameters
    ----------
    folder : that has it in it, at whatever depth

    Raises
    ------
    NotFoundError
        it has none.
    """

    def __init__(self, folder: Path) -> None:
        found = next(iter(sorted(folder.rglob(DOCUMENT))), None)
        if found is None:
            raise NotFoundError(
                "the dataset holds no table of scores", hint="name one that an evaluation of many gauges made"
            )
        self.folder = found.parent

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        return read_document(self.folder)

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self._document["title"])

    @property
    def unit(self) -> str:
        """The unit of all values that were compared."""
        return str(self._document["unit"])

    @property
    def configurations(self) -> tuple[str, ...]:
        """The runs that were compared."""
        return tuple(self._document["configurations"])

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that were asked for."""
        return tuple(self._document["metrics"])

    def rows(self, asked: ScoreQuestion) -> tuple[int, list[dict[str, Any]]]:
        """Return how many scores fit, and some of them in the order of the table."""
        where, values = ["facet = ?", "threshold = ?"], [asked.facet, asked.threshold]
        for name in ("metric", "configuration", "location"):
            if wanted := getattr(asked, name):
                where.append(f"{name} = ?")
                values.append(wanted)
        table = f"read_parquet('{_quoted(self.folder / SCORES)}') WHERE {' AND '.join(where)}"
        with connected(self.folder) as database:
            counted = database.execute(f"SELECT count(*) FROM {table}", values).fetchone()
            rows = database.execute(
                f"SELECT {', '.join(COLUMNS)} FROM {table} LIMIT ? OFFSET ?",
                [*values, asked.limit, asked.offset],
            ).fetchall()
        total = 0 if counted is None else int(counted[0])
        return total, [{name: _plain(item) for name, item in zip(COLUMNS, row, strict=True)} for row in rows]

    def places(self, metric: str, threshold: str = "") -> list[dict[str, Any]]:
        """Return every location, where it is, and a metric there by configuration."""
        with connected(self.folder) as database:
            places = database.execute(
                f"SELECT id, name, longitude, latitude FROM read_parquet('{_quoted(self.folder / PLACES)}')"
            ).fetchall()
            scores = database.execute(
                f"SELECT location, configuration, value FROM read_parquet('{_quoted(self.folder / SCORES)}')"
                " WHERE metric = ? AND threshold = ? AND facet = ''",
                [metric, threshold],
            ).fetchall()
        values: dict[str, dict[str, float | None]] = {}
        for location, configuration, value in scores:
            values.setdefault(location, {})[configuration] = _plain(value)
        return [
            {
                "id": identifier,
                "name": name,
                "longitude": _plain(longitude),
                "latitude": _plain(latitude),
                "values": values.get(identifier, {}),
            }
            for identifier, name, longitude, latitude in places
        ]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN
