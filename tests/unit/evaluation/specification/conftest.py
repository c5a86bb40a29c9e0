"""A specification in DMOD's form, small and whole."""

from typing import Any

import pytest


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "name": "Irvins Creek",
        "observations": [
            {
                "name": "Gauge",
                "value_field": "observation",
                "value_selectors": [
                    {
                        "name": "observation",
                        "where": "value",
                        "path": ["values[*]", "value"],
                        "datatype": "float",
                        "origin": ["$", "series[*]"],
                        "associated_fields": [
                            {"name": "value_date", "path": ["values[*]", "time"], "datatype": "datetime"},
                            {"name": "observation_location", "path": ["site"], "datatype": "string"},
                            {"name": "unit", "path": "unit", "datatype": "string"},
                        ],
                    }
                ],
                "backend": {"backend_type": "file", "format": "json", "address": "observed.json"},
                "locations": {"identify": True, "from_field": "value"},
                "unit": {"field": "unit"},
                "x_axis": "value_date",
            }
        ],
        "predictions": [
            {
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
                "locations": {"identify": True, "from_field": "filename", "pattern": "cat-\\d+"},
                "field_mapping": [
                    {"field": "prediction", "map_type": "column", "value": "predicted"},
                    {"field": "prediction_location", "map_type": "column", "value": "location"},
                    {"field": "value_date", "map_type": "column", "value": "date"},
                ],
                "unit": {"value": "m3 s-1"},
                "x_axis": "value_date",
            }
        ],
        "crosswalks": [
            {
                "backend": {"backend_type": "file", "address": "crosswalk.json", "format": "json"},
                "observation_field_name": "observation_location",
                "prediction_field_name": "prediction_location",
                "field": {
                    "name": "prediction_location",
                    "where": "key",
                    "path": ["* where site_no"],
                    "origin": "$",
                    "associated_fields": [{"name": "observation_location", "path": "site_no"}],
                },
            }
        ],
        "thresholds": [
            {
                "backend": {"backend_type": "file", "format": "csv", "address": "thresholds.csv"},
                "locations": {"identify": True, "from_field": "column", "pattern": "site"},
                "definitions": [
                    {"name": "Flood", "field": "flood", "weight": 2, "unit": {"value": "ft^3/s"}},
                    {"name": "Action", "field": "action", "weight": 1, "unit": "ft^3/s"},
                ],
            }
        ],
        "scheme": {
            "metrics": [
                {"name": "Probability of Detection", "weight": 10},
                {"name": "Kling-Gupta Efficiency", "weight": 15},
            ]
        },
    }
