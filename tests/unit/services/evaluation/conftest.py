"""A small evaluation in DMOD's form with its files, and what it may reach."""

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.resolving import FolderResolver

HOURS = 48


def stamp(hour: int) -> str:
    return f"2020-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00+00:00"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Observations at two gauges in ft3/s, predictions at two catchments, a crosswalk, thresholds."""
    folder = tmp_path / "files"
    folder.mkdir()
    series = [
        {
            "site": site,
            "unit": "ft3/s",
            "values": [{"value": str(base + hour % 12), "time": stamp(hour)} for hour in range(HOURS)],
        }
        for site, base in (("01", 10), ("02", 20))
    ]
    (folder / "observed.json").write_text(json.dumps({"series": series}))
    for name, base in (("cat-1", 11), ("cat-2", 20)):
        rows = "".join(f"{stamp(h)},{(base + h % 12) * 0.3048**3!r},x\n" for h in range(HOURS))
        (folder / f"{name}.csv").write_text("date,predicted,unit\n" + rows)
    crosswalk = {
        "cat-1": {"site_no": "01"},
        "cat-2": {"site_no": "02"},
        "fp-1": {},
        "cat-3": {"site_no": "03"},
    }
    (folder / "crosswalk.json").write_text(json.dumps(crosswalk))
    (folder / "thresholds.csv").write_text("site,flood,action\n01,20,15\n02,30,\n")
    return folder


@pytest.fixture
def reach(files: Path) -> Reach:
    return Reach(FolderResolver(files))


@pytest.fixture
def document() -> dict[str, Any]:
    """A specification in DMOD's form over the files."""
    time = {"name": "value_date", "path": ["values[*]", "time"], "datatype": "datetime"}
    return {
        "name": "Two gauges",
        "observations": {
            "name": "Gauges",
            "value_field": "observation",
            "value_selectors": [
                {
                    "name": "observation",
                    "where": "value",
                    "path": ["values[*]", "value"],
                    "origin": ["$", "series[*]"],
                    "associated_fields": [
                        time,
                        {"name": "observation_location", "path": "site"},
                        {"name": "unit", "path": "unit"},
                    ],
                }
            ],
            "backend": {"backend_type": "file", "format": "json", "address": "observed.json"},
            "locations": {"identify": True, "from_field": "value"},
            "unit": {"field": "unit"},
        },
        "predictions": {
            "name": "Model",
            "value_field": "prediction",
            "value_selectors": [
                {
                    "name": "predicted",
                    "where": "column",
                    "associated_fields": [{"name": "date", "datatype": "datetime"}],
                }
            ],
            "backend": {"backend_type": "file", "format": "csv", "address": "cat.*csv"},
            "locations": {"identify": True, "from_field": "filename", "pattern": "cat-\\d"},
            "field_mapping": [
                {"field": "prediction", "map_type": "column", "value": "predicted"},
                {"field": "prediction_location", "map_type": "column", "value": "location"},
                {"field": "value_date", "map_type": "column", "value": "date"},
            ],
            "unit": "m3 s-1",
        },
        "crosswalks": {
            "backend": {"backend_type": "file", "address": "crosswalk.json", "format": "json"},
            "observation_field_name": "observation_location",
            "prediction_field_name": "prediction_location",
            "field": {
                "name": "prediction_location",
                "where": "key",
                "path": ["* where site_no"],
                "associated_fields": [{"name": "observation_location", "path": "site_no"}],
            },
        },
        "thresholds": {
            "backend": {"backend_type": "file", "format": "csv", "address": "thresholds.csv"},
            "locations": {"identify": True, "from_field": "column", "pattern": "site"},
            "definitions": [
                {"name": "Flood", "field": "flood", "weight": 2, "unit": "ft^3/s"},
                {"name": "Action", "field": "action", "weight": 1, "unit": "ft^3/s"},
            ],
        },
        "scheme": {
            "metrics": [
                {"name": "Probability of Detection", "weight": 10},
                {"name": "Kling-Gupta Efficiency", "weight": 15},
            ]
        },
    }
