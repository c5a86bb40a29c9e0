"""Paths in JSON documents, those followed here and those left to the library alike."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import InputError
from dmod.evaluation.specification.selector import ValueSelector
from dmod.services.evaluation.backends import Content
from dmod.services.evaluation.selecting import find, read_json, require_selected, select

DOCUMENT: dict[str, Any] = {
    "series": [
        {"site": "1", "unit": {"code": "ft3/s"}, "values": [{"v": 1, "t": "a"}, {"v": 2, "t": "b"}]},
        {"site": "2", "unit": {"code": "m3/s"}, "values": [{"v": 3, "t": "c"}]},
    ],
    "cat-27": {"site_no": "01"},
    "cat-52": {"site_no": "02"},
    "fp-27": {"other": 1},
    "00060": {"x": 5},
    "a b": {"x": 6},
}


def values(*parts: str, document: Any = DOCUMENT) -> list[Any]:
    return [match.value for match in find(document, parts, "p")]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("$",), [DOCUMENT]),
        (("$", "series[*]", "site"), ["1", "2"]),
        (("series[*].values[*]", "v"), [1, 2, 3]),
        (("series", "[0]", "unit", "code"), ["ft3/s"]),
        (("series[1]", "values[0]", "t"), ["c"]),
        (("series[7]",), []),
        (("none", "x"), []),
        (("cat-27", "site_no"), ["01"]),
        (("00060", "x"), [5]),
        (("series[*]", "unit[*]"), ["ft3/s", "m3/s"]),
        (("series[*]", "site[*]"), []),
        (("series[?(@.site == '2')]", "unit", "code"), ["m3/s"]),
        (("$..v",), [1, 2, 3]),
        (("'a b'", "x"), [6]),
        (("a b", "x"), [6]),
        (("* where site_no", "site_no"), ["01", "02"]),
    ],
)
def test_path_leads_to_values(parts: tuple[str, ...], found: list[Any]) -> None:
    assert values(*parts) == found


def test_key_of_a_match_is_told() -> None:
    assert [match.key for match in find(DOCUMENT, ("$", "* where site_no"), "p")] == ["cat-27", "cat-52"]
    assert [match.key for match in find(DOCUMENT, ("series[0]", "unit[*]"), "p")] == ["code"]
    assert [match.key for match in find(DOCUMENT, ("series[*]", "site"), "p")] == ["site", "site"]


_DOCUMENTS = st.recursive(
    st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
_STEPS = st.lists(st.sampled_from(["a", "b", "a[*]", "b[0]", "c[1]"]), min_size=1, max_size=3)


@given(_DOCUMENTS, _STEPS)
def test_plain_paths_lead_where_the_library_leads(document: Any, parts: list[str]) -> None:
    from jsonpath_ng.ext import parse

    expected = [item.value for item in parse(".".join(["$", *parts])).find(document)]
    assert values("$", *parts, document=document) == expected
    chosen = ValueSelector.model_validate({"name": "x", "where": "value", "path": parts})
    assert select(document, chosen, "p")["x"] == expected


@pytest.mark.parametrize("path", ["a..[", "x[?(", "[?(@.a =~ '(a+)+')]", "["])
def test_path_that_is_none_is_refused_with_its_place(path: str) -> None:
    with pytest.raises(InputError, match="thresholds"):
        find(DOCUMENT, (path,), "thresholds[0].origin")


def selector(**keys: Any) -> ValueSelector:
    whole = {"name": "value", "where": "value", "origin": ["$", "series[*]"], "path": ["values[*]", "v"]}
    return ValueSelector.model_validate({**whole, **keys})


def test_fields_go_with_each_value_or_with_all_of_an_element() -> None:
    fields = [
        {"name": "time", "path": ["values[*]", "t"]},
        {"name": "site"},
        {"name": "u", "path": "unit/code"},
    ]
    assert select(DOCUMENT, selector(associated_fields=fields), "p") == {
        "value": [1, 2, 3],
        "time": ["a", "b", "c"],
        "site": ["1", "1", "2"],
        "u": ["ft3/s", "ft3/s", "m3/s"],
    }


def test_fields_of_keys_are_below_them() -> None:
    chosen = selector(
        where="key", origin="$", path=["*"], associated_fields=[{"name": "gauge", "path": "site_no"}]
    )
    document = {key: DOCUMENT[key] for key in ("cat-27", "fp-27")}
    assert select(document, chosen, "p") == {"value": ["cat-27", "fp-27"], "gauge": ["01", None]}


def test_field_that_fits_neither_is_refused() -> None:
    document = {"series": [{"values": [{"v": 1}, {"v": 2}, {"v": 3}], "t": [1, 2]}]}
    chosen = selector(associated_fields=[{"name": "time", "path": "t[*]"}])
    with pytest.raises(
        InputError, match=r"p.associated_fields\[0\].path: 't\[\*\]' leads to 2 values where 3"
    ):
        select(document, chosen, "p")


@pytest.mark.parametrize(
    ("document", "hint"),
    [({"a": 1}, "there are the keys a"), ({}, "empty"), ([1, 2], "a list of 2"), ("text", "there is 'text'")],
)
def test_selector_that_finds_nothing_is_refused_with_what_is_there(document: Any, hint: str) -> None:
    chosen = selector(origin="$")
    with pytest.raises(InputError, match="nothing is at") as caught:
        require_selected(select(document, chosen, "p"), chosen, document, "p")
    assert hint in str(caught.value.hint)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(InputError, match=r"p: a.json is no JSON"):
        read_json(Content("http://x/a.json", data=b"{"), "p")
    assert read_json(Content("a", data=b"[1]"), "p") == [1]
