"""What was found, as text and as JSON."""

from __future__ import annotations

from dmod.services.modules.finding import Finding, ModuleCheck

ERROR = Finding("error", "units", "get_var_units(rain)", "unit 'x' is unknown\nmore", "UDUNITS", "correct it")
WARNING = Finding("warning", "time", "update_until", "is not there")
FINE = Finding("ok", "names", "", "2 inputs")


def test_check_with_an_error_is_not_ok() -> None:
    assert ModuleCheck("m", (FINE, WARNING)).ok
    assert not ModuleCheck("m", (FINE, WARNING, ERROR)).ok


def test_text_says_level_check_place_and_what_to_do() -> None:
    text = ModuleCheck("lib.so", (ERROR, WARNING, FINE), {"coupling": "bmi_c"}).as_text()
    assert text.splitlines() == [
        "lib.so",
        "  coupling  bmi_c",
        "",
        "error    units  get_var_units(rain): unit 'x' is unknown",
        "                more",
        "                allowed: UDUNITS",
        "                to do: correct it",
        "warning  time   update_until: is not there",
        "ok       names  2 inputs",
        "",
        "cannot be used as it is: 1 error, 1 warning, 0 notes",
    ]


def test_json_counts_by_level_and_lists_all() -> None:
    plain = ModuleCheck("lib.so", (ERROR, WARNING, FINE)).as_json()
    assert (plain["ok"], plain["errors"], plain["warnings"], plain["notes"], plain["passed"]) == (
        False,
        1,
        1,
        0,
        1,
    )
    assert plain["findings"][0] == {
        "level": "error",
        "check": "units",
        "where": "get_var_units(rain)",
        "what": "unit 'x' is unknown\nmore",
        "allowed": "UDUNITS",
        "to_do": "correct it",
    }
