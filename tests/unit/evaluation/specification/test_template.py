"""Templates: what an element takes over, and what is refused."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.parsing import parse_specification
from dmod.evaluation.specification.template import MOST, chain_of, expanded, merged


class Kept:
    """Templates in memory."""

    def __init__(self, **kinds: Mapping[str, Mapping[str, Any]]) -> None:
        self.kinds = kinds
        self.asked = 0

    def names(self, kind: str) -> Sequence[str]:
        return list(self.kinds.get(kind, ()))

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        self.asked += 1
        return self.kinds.get(kind, {}).get(name)


def test_element_goes_before_its_template_and_that_before_its_own() -> None:
    templates = Kept(
        BackendSpecification={
            "File": {"backend_type": "file", "format": "csv", "delimiter": ";"},
            "JSON": {"template_name": "File", "format": "json", "address": "there.json"},
        }
    )
    found = expanded({"template_name": "JSON", "address": "here.json"}, "BackendSpecification", templates)
    assert found == {
        "template_name": "JSON",
        "backend_type": "file",
        "format": "json",
        "delimiter": ";",
        "address": "here.json",
    }
    assert chain_of("BackendSpecification", "JSON", templates) == ("JSON", "File")


def test_later_of_several_templates_goes_before_the_earlier(document: dict[str, Any]) -> None:
    halves = ("observations", "predictions", "crosswalks")
    templates = Kept(
        EvaluationSpecification={
            "Top": {key: document[key] for key in halves} | {"scheme": {"aggregation": "dmod"}},
            "Bottom": {key: document[key] for key in ("thresholds", "scheme")},
        }
    )
    found = parse_specification({"name": "Both", "templates": ["Top", "Bottom"]}, templates)
    assert isinstance(found, EvaluationSpecification)
    assert found.name == "Both"
    assert found.scheme.aggregation == "dmod"
    assert len(found.scheme.metrics) == 2


def test_templates_of_inner_elements_are_taken_over(document: dict[str, Any]) -> None:
    document["observations"][0]["backend"] = {"template": "JSON", "address": "observed.json"}
    document["thresholds"][0]["definitions"][0] = {"template_name": "Flood"}
    templates = Kept(
        BackendSpecification={"JSON": {"backend_type": "file", "format": "json"}},
        ThresholdDefinition={"Flood": {"name": "Flood", "field": "flood", "unit": {"template_name": "cfs"}}},
        UnitDefinition={"cfs": {"value": "ft^3/s"}},
    )
    found = parse_specification(document, templates)
    assert isinstance(found, EvaluationSpecification)
    assert found.observations[0].backend.format == "json"
    assert found.thresholds[0].definitions[0].unit.value == "ft^3/s"


def test_lists_of_named_elements_are_merged_by_name() -> None:
    below = {
        "a": [{"name": "x", "weight": 1, "unit": "m"}, {"name": "y"}],
        "b": [1, 2],
        "c": {"d": 1, "e": 2},
    }
    above = {"a": [{"name": "x", "weight": 2}, {"name": "z"}], "b": [3], "c": {"d": 3}}
    assert merged(below, above) == {
        "a": [{"name": "x", "weight": 2, "unit": "m"}, {"name": "y"}, {"name": "z"}],
        "b": [3],
        "c": {"d": 3, "e": 2},
    }


def test_unknown_template_is_refused_with_its_place_and_similar_names(document: dict[str, Any]) -> None:
    document["observations"][0]["backend"] = {"template_name": "JSON Fiel", "address": "a"}
    templates = Kept(BackendSpecification={"JSON File": {}, "CSV File": {}})
    with pytest.raises(InputError) as caught:
        parse_specification(document, templates)
    assert caught.value.message.startswith("observations[0].backend: there is no template 'JSON Fiel'")
    assert "JSON File" in str(caught.value.hint)
    with pytest.raises(InputError) as caught:
        parse_specification(document)
    assert caught.value.hint == "there is no template of kind BackendSpecification"


def test_circle_is_refused_with_its_chain() -> None:
    templates = Kept(
        UnitDefinition={"a": {"template_name": "b"}, "b": {"templates": ["c"]}, "c": {"template": "a"}}
    )
    for call in (
        lambda: expanded({"template_name": "a"}, "UnitDefinition", templates),
        lambda: chain_of("UnitDefinition", "a", templates),
    ):
        with pytest.raises(InputError, match="a → b → c → a"):
            call()


def test_templates_that_name_each_two_others_are_expanded_once_each() -> None:
    chain: dict[str, dict[str, Any]] = {"t0": {"value": "m"}, "u0": {"value": "m"}}
    for i in range(1, 40):
        chain |= {f"{k}{i}": {"templates": [f"t{i - 1}", f"u{i - 1}"]} for k in "tu"}
    templates = Kept(UnitDefinition=chain)
    assert expanded({"template_name": "t39"}, "UnitDefinition", templates)["value"] == "m"
    assert templates.asked == 79
    assert len(chain_of("UnitDefinition", "t39", templates)) == 79


def test_chain_and_list_without_end_are_refused() -> None:
    chain: dict[str, dict[str, Any]] = {f"t{i}": {"template_name": f"t{i + 1}"} for i in range(MOST + 5)}
    templates = Kept(UnitDefinition=chain)
    with pytest.raises(InputError, match="inherit one from another"):
        expanded({"template_name": "t0"}, "UnitDefinition", templates)
    with pytest.raises(InputError, match="templates are named"):
        expanded({"templates": list(chain)}, "UnitDefinition", templates)
    with pytest.raises(InputError, match="named by texts"):
        expanded({"templates": [1]}, "UnitDefinition", templates)
    with pytest.raises(InputError, match="named by texts"):
        expanded({"template_name": 5}, "UnitDefinition", templates)
