"""An evaluation of many gauges: its table of scores, its places, and what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import Continuous, Restriction
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.words import counted, period_text

_DOCUMENT, _SCORES, _PLACES, _PAIRS = "evaluation.json", "scores.parquet", "places.parquet", "pairs.parquet"


def recognises(path: Path) -> bool:
    """Whether it is a folder with a table of scores and the document beside it."""
    return path.is_dir() and all((path / name).is_file() for name in (_DOCUMENT, _SCORES, _PLACES))


def read(path: Path) -> Detected:
    """Read gauges and period."""
    from dmod.services.evaluation.results import connected, read_document

    document = read_document(path)
    with connected(path) as database:
        rows = database.execute("SELECT id FROM read_parquet(?)", [str(path / _PLACES)]).fetchall()
        ends = None
        if (path / _PAIRS).is_file():
            asked = "SELECT min(time), max(time) FROM read_parquet(?)"
            ends = database.execute(asked, [str(path / _PAIRS)]).fetchone()
    places = [str(row[0]) for row in rows]
    held: dict[DomainIndex, Restriction] = {
        **discrete(DomainIndex.GAGE_ID, places),
        **discrete(DomainIndex.VARIABLE, ["streamflow"]),
    }
    said = f"scores of {counted(len(document['configurations']), 'run')} at {counted(len(places), 'gauge')}"
    if ends is not None and isinstance(ends[0], datetime) and ends[0] < ends[1]:
        period = Continuous(ends[0].replace(tzinfo=UTC), ends[1].replace(tzinfo=UTC))
        held[DomainIndex.TIME] = period
        said = f"{said}, {period_text(period)}"
    domain = Domain(FORMATS["EVALUATION_RESULT"], held)
    return Detected(path, Category.EVALUATION, domain, said, files=len(listing(path).files))


DETECTOR = Detector("scores of an evaluation", recognises, read)
