"""Scores that were found and are kept: looked up where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError
from dmod.evaluation.diagram import EnsembleDiagram
from dmod.evaluation.evaluation import COLUMNS, PlaceSeries
from dmod.services.evaluation.ensemble_document import diagram_of
from dmod.services.evaluation.results import (
    DOCUMENT,
    PLACES,
    SCORES,
    connected,
    read_document,
    read_series,
)
from dmod.services.evaluation.score_comparison import Aspect
from dmod.services.evaluation.table_files import parquet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """Which scores are asked for; "" where it does not matter, of facet and threshold where there is none.

    A part, such as ``DJF``, is one of a facet.

    Parameters
    ----------
    limit, offset : of the rows that fit
    """

    metric: str = ""
    configuration: str = ""
    location: str = ""
    facet: str = ""
    threshold: str = ""
    part: str = ""
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

    @property
    def diagrams(self) -> tuple[EnsembleDiagram, ...]:
        """Ranks and probabilities of the configurations that are ensembles, of all places together."""
        return tuple(diagram_of(item) for item in self._document.get("ensembles", ()))

    def rows(self, asked: ScoreQuestion) -> tuple[int, list[dict[str, Any]]]:
        """Return how many scores fit, and some of them in the order of the table."""
        where, values = ["facet = ?", "threshold = ?"], [asked.facet, asked.threshold]
        for name in ("metric", "configuration", "location", "part"):
            if wanted := getattr(asked, name):
                where.append(f"{name} = ?")
                values.append(wanted)
        table = f"{parquet(self.folder / SCORES)} WHERE {' AND '.join(where)}"
        with connected(self.folder) as database:
            counted = database.execute(f"SELECT count(*) FROM {table}", values).fetchone()
            rows = database.execute(
                f"SELECT {', '.join(COLUMNS)} FROM {table} LIMIT ? OFFSET ?",
                [*values, asked.limit, asked.offset],
            ).fetchall()
        total = 0 if counted is None else int(counted[0])
        return total, [{name: _plain(item) for name, item in zip(COLUMNS, row, strict=True)} for row in rows]

    def measures(self) -> list[Aspect]:
        """Return in what there are scores: metric, threshold, facet, part; in the order of the table."""
        columns = "metric, threshold, facet, part"
        with connected(self.folder) as database:
            rows = database.execute(
                f"SELECT {columns} FROM {parquet(self.folder / SCORES, 'file_row_number = true')}"
                f" GROUP BY {columns} ORDER BY min(file_row_number)"
            ).fetchall()
        return [Aspect(*map(str, row)) for row in rows]

    def values(self, aspect: Aspect) -> pd.DataFrame:
        """Return the scores in an aspect by configuration and location; of all parts where none is said."""
        where = "metric = ? AND threshold = ? AND facet = ? AND (part = ? OR ? = '')"
        asked = [aspect.metric, aspect.threshold, aspect.facet, aspect.part, aspect.part]
        with connected(self.folder) as database:
            return database.execute(
                "SELECT metric, threshold, facet, part, configuration, location, value"
                f" FROM {parquet(self.folder / SCORES)} WHERE {where}",
                asked,
            ).df()

    def locations(self) -> list[tuple[str, str, float | None, float | None]]:
        """Return id, name, longitude and latitude of every location; None where it is not known."""
        with connected(self.folder) as database:
            rows = database.execute(
                f"SELECT id, name, longitude, latitude FROM {parquet(self.folder / PLACES)}"
            ).fetchall()
        return [(str(row[0]), str(row[1] or ""), _plain(row[2]), _plain(row[3])) for row in rows]

    def series(self, location: str) -> PlaceSeries:
        """Return observed and simulated values at a location.

        Raises
        ------
        NotFoundError
            the evaluation kept none there.
        """
        return read_series(self.folder, location)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN
