"""An evaluation on the disk: a folder of Parquet, CSV and JSON; the scores of many of them as one table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.core.atomic import hidden_path, remove, storing, sync
from dmod.errors import AlreadyExists, InputError, NotFoundError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Grade, Place, PlaceSeries
from dmod.services.evaluation.ensemble_document import diagram_document, diagram_of
from dmod.services.evaluation.pairs_file import read_pairs, write_pairs
from dmod.services.evaluation.table_files import parquet, reading, sql_text

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

DOCUMENT = "evaluation.json"
SCORES, PLACES, PAIRS, TABLE = "scores.parquet", "places.parquet", "pairs.parquet", "scores.csv"
FORMAT = 1
VERSIONS = ("dmod", "numpy", "pandas", "scipy", "duckdb")
HINT = "give a folder that dmod evaluate wrote with --output"


def write_evaluation(
    folder: str | Path, evaluation: Evaluation, *, pairs: bool = True, overwrite: bool = False
) -> Path:
    """Write an evaluation as a folder, and return it; it appears whole or not at all.

    Parameters
    ----------
    pairs : whether the series that the evaluation kept are written, too
    overwrite : replace an evaluation that is there

    Raises
    ------
    AlreadyExists
        something is there, and it is not to be replaced or is no evaluation.
    StoreError
        the folder cannot be written; it is as it was.
    """
    folder = Path(folder)
    require_free(folder, overwrite=overwrite)
    hidden = hidden_path(folder)
    before = hidden_path(folder.with_name(f"{folder.name}.before"))
    try:
        with storing(folder):
            remove(hidden)
            hidden.mkdir(parents=True)
            _write(hidden, evaluation, pairs=pairs)
            for path in hidden.iterdir():
                sync(path)
            if folder.exists():
                folder.rename(before)
            hidden.rename(folder)
            sync(folder.parent)
    finally:
        if before.exists() and not folder.exists():  # it was stopped between the two
            before.rename(folder)
        remove(hidden)
        remove(before)
    return folder


def read_evaluation(folder: str | Path) -> Evaluation:
    """Read what `write_evaluation` wrote.

    Raises
    ------
    NotFoundError
        there is no such folder, or none of an evaluation.
    InputError
        its files cannot be read.
    """
    folder = Path(folder)
    document = read_document(folder)
    with connected(folder) as database:
        scores = _frame(database, folder / SCORES)
        rows = database.execute(f"SELECT * FROM {parquet(folder / PLACES)}").fetchall()
        places = tuple(
            Place(row[0], row[1], _known(row[2]), _known(row[3]), json.loads(row[4])) for row in rows
        )
        series = read_pairs(database, folder / PAIRS) if (folder / PAIRS).is_file() else {}
    return Evaluation(
        title=document["title"],
        unit=document["unit"],
        configurations=tuple(document["configurations"]),
        metrics=tuple(document["metrics"]),
        places=places,
        scores=scores,
        series=series,
        grades=tuple(_grade(item) for item in document["grades"]),
        sources=document["sources"],
        notes=tuple(document["notes"]),
        diagrams=tuple(diagram_of(item) for item in document.get("ensembles", ())),
    )


def read_series(folder: Path, location: str) -> PlaceSeries:
    """Return the pairs at one location of what `write_evaluation` wrote.

    Raises
    ------
    NotFoundError
        the evaluation kept none there.
    """
    path = folder / PAIRS
    found: dict[str, PlaceSeries] = {}
    if path.is_file():
        with connected(folder) as database:
            found = read_pairs(database, path, location)
    if location not in found:
        raise NotFoundError(
            f"the evaluation kept no series at location {location!r}",
            hint="it tells scores there; evaluate again with this location to see its series",
        )
    return found[location]


def read_document(folder: Path) -> dict[str, Any]:
    """Return what an evaluation's folder says of it.

    Raises
    ------
    NotFoundError
        there is none.
    InputError
        it cannot be read, or a later version of dmod wrote it.
    """
    path = folder / DOCUMENT
    if not path.is_file():
        raise NotFoundError(f"there is no evaluation in {folder}: it has no {DOCUMENT}", hint=HINT)
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="write the evaluation again") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            f"{path} has format {document.get('format') if isinstance(document, dict) else None!r}, "
            f"and format {FORMAT} is known",
            hint="a later version of dmod reads it",
        )
    return document


@contextmanager
def connected(folder: Path) -> Iterator[DuckDBPyConnection]:
    """Yield a database in memory; what it says of files in ``folder`` becomes an error of this package."""
    import duckdb

    with reading(folder), duckdb.connect() as database:
        database.execute("SET autoinstall_known_extensions = false")
        yield database


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that `write_evaluation` would refuse.

    Raises
    ------
    AlreadyExists
        something is there, and it is not to be replaced or is no evaluation.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / DOCUMENT).is_file():
        raise AlreadyExists(f"{folder} exists and is no evaluation", hint="name another folder")
    if not overwrite:
        raise AlreadyExists(f"{folder} holds an evaluation", hint="replace it with --overwrite")


def _write(folder: Path, evaluation: Evaluation, *, pairs: bool) -> None:
    scores = evaluation.scores[list(COLUMNS)]
    with connected(folder) as database:
        database.register("scores", scores)
        database.execute(f"COPY scores TO {sql_text(folder / SCORES)} (FORMAT parquet, COMPRESSION zstd)")
        database.execute(f"COPY scores TO {sql_text(folder / TABLE)} (FORMAT csv, HEADER)")
        database.register("places", places_frame(evaluation))
        database.execute(f"COPY places TO {sql_text(folder / PLACES)} (FORMAT parquet)")
        if pairs and evaluation.series:
            write_pairs(database, folder / PAIRS, evaluation)
    text = json.dumps(_document(evaluation), indent=1, ensure_ascii=False)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")


def places_frame(evaluation: Evaluation) -> pd.DataFrame:
    """Return the places as a table; attributes as JSON."""
    import pandas as pd

    places = evaluation.places
    return pd.DataFrame(
        {
            "id": pd.array([place.id for place in places], dtype="string"),
            "name": pd.array([place.name for place in places], dtype="string"),
            "longitude": np.array([place.longitude for place in places], dtype=np.float64),
            "latitude": np.array([place.latitude for place in places], dtype=np.float64),
            "attributes": pd.array([json.dumps(dict(p.attributes)) for p in places], dtype="string"),
        }
    )


def _document(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "title": evaluation.title,
        "unit": evaluation.unit,
        "configurations": list(evaluation.configurations),
        "metrics": list(evaluation.metrics),
        "locations": len(evaluation.places),
        "grades": [grade_document(grade) for grade in evaluation.grades],
        "sources": dict(evaluation.sources),
        "ensembles": [diagram_document(diagram) for diagram in evaluation.diagrams],
        "notes": list(evaluation.notes),
        "written": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": {name: version(name) for name in VERSIONS},
    }


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with all its scores for JSON: null in place of NaN."""
    table = evaluation.scores[list(COLUMNS)]
    rows = [_plain(dict(zip(COLUMNS, row, strict=True))) for row in table.itertuples(index=False, name=None)]
    return {**_document(evaluation), "scores": rows}


def grade_document(grade: Grade) -> dict[str, Any]:
    """Return a grade for JSON: null in place of NaN."""
    found: dict[str, Any] = _plain(
        {
            "configuration": grade.configuration,
            "total": grade.total,
            "grade": grade.grade,
            "locations": grade.locations,
            "details": grade.details,
            "notes": grade.notes,
        }
    )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _grade(item: Mapping[str, Any]) -> Grade:
    locations = {name: _known(value) for name, value in item["locations"].items()}
    total, grade = _known(item["total"]), _known(item["grade"])
    return Grade(item["configuration"], total, grade, locations, item["details"], tuple(item["notes"]))


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _frame(database: DuckDBPyConnection, path: Path) -> pd.DataFrame:
    frame = database.execute(f"SELECT * FROM {parquet(path)}").df()
    return frame.astype(dict(COLUMNS))
