from __future__ import annotations

import json

from dmod.core.problem import Problem
from dmod.services.check_report import CheckReport, shorten

IDS = tuple(f"cat-{i}" for i in range(1, 89))
REPORT = CheckReport(
    "basin",
    (
        Problem("warning", "odd", "something is odd", where="a.ini"),
        Problem("error", "no-file", "there is no file", where="b.ini", ids=IDS, hint="write it"),
        Problem("error", "second", "first line\nsecond line", where="a.ini"),
        Problem("error", "third", "one more", where="b.ini"),
    ),
    {"catchments": 88, "modules": {"cfe": "(88)"}, "routing": False, "names": ["a", "b"]},
)


def test_report_text_groups_errors_by_place_before_warnings() -> None:
    assert REPORT.as_text(shown_ids=2).splitlines() == [
        "basin",
        "  catchments  88",
        "  modules     cfe (88)",
        "  routing     no",
        "  names       a, b",
        "",
        "3 errors:",
        "  b.ini",
        "    - there is no file [no-file]",
        "      cat-1, cat-2, … (88 in all)",
        "      hint: write it",
        "    - one more [third]",
        "  a.ini",
        "    - first line [second]",
        "      second line",
        "",
        "1 warning:",
        "  a.ini",
        "    - something is odd [odd]",
        "",
        "cannot run: 3 errors, 1 warning",
    ]


def test_report_with_warnings_only_is_ok() -> None:
    report = CheckReport("basin", REPORT.warnings)
    assert report.ok
    assert report.as_text().splitlines()[-1] == "ready to run: 0 errors, 1 warning"
    assert not REPORT.ok


def test_report_json_lists_every_id_and_survives_encoding() -> None:
    data = json.loads(json.dumps(REPORT.as_json()))
    assert (data["ok"], data["errors"], data["warnings"]) == (False, 3, 1)
    assert data["facts"]["catchments"] == 88
    assert data["problems"][1] == {
        "severity": "error",
        "code": "no-file",
        "message": "there is no file",
        "where": "b.ini",
        "ids": list(IDS),
        "hint": "write it",
    }


def test_shorten_few_ids_are_all_shown() -> None:
    assert shorten(["a", "b"], 2) == "a, b"
    assert shorten(["a", "b", "c"], 2) == "a, b, … (3 in all)"
