"""Finding texts in documents."""

from dmod.evaluation.specification.searching import places_of

DOCUMENT = {
    "scheme": {"metrics": [{"name": "Kling-Gupta", "weight": 2}, {"name": "bias"}]},
    "name": "kling",
    "x": None,
}


def test_text_is_found_with_its_place_in_any_case() -> None:
    assert places_of(DOCUMENT, "KLING") == ("scheme.metrics[0].name", "name")
    assert places_of(DOCUMENT, "2") == ("scheme.metrics[0].weight",)
    assert places_of(DOCUMENT, "none") == ()


def test_key_is_found_by_its_whole_name() -> None:
    assert places_of({"metrics": {"kge": 2, "kge_2012": 1}}, "kge") == ("metrics.kge",)
    assert places_of(["kge"], "kge") == ("[0]",)


def test_element_bounds_where_the_text_is_found() -> None:
    assert places_of(DOCUMENT, "kling", "metrics.name") == ("scheme.metrics[0].name",)
    assert places_of(DOCUMENT, "", "Weight") == ("scheme.metrics[0].weight",)
    assert places_of(DOCUMENT, "kling", "scheme.name") == ()
    assert places_of(DOCUMENT, "", "scheme.metrics.name.first") == ()
