"""The published schema allows what is read and refuses what is not."""

from typing import Any

import pytest

from dmod.errors import InputError
from dmod.evaluation.specification.schema import DRAFT, specification_schema
from dmod.evaluation.specification.template import KINDS

jsonschema = pytest.importorskip("jsonschema")


def test_schema_allows_both_forms_and_refuses_unknown_keys(document: dict[str, Any]) -> None:
    schema = specification_schema()
    assert schema["$schema"] == DRAFT
    check = jsonschema.Draft202012Validator(schema)
    check.check_schema(schema)
    assert check.is_valid(document)
    assert not check.is_valid({**document, "predictons": []})
    short = {"observations": {"source": "o.csv"}, "runs": {"a": "b"}, "metrics": {"kge": 1}, "step": "1 d"}
    assert check.is_valid(short)
    assert not check.is_valid({**short, "facets": ["seson"]})


def test_schema_allows_ensembles_in_the_place_of_runs() -> None:
    check = jsonschema.Draft202012Validator(specification_schema())
    short = {"observations": "o.csv", "metrics": ["crps"]}
    for run in (
        {"members": ["a", "b"], "statistic": "mean"},
        {"members": "x"},
        {"members": {"a": "b"}},
        ["a"],
    ):
        assert check.is_valid({**short, "runs": {"f": run}}), run
    for run in ({"members": [1]}, {"member": ["a"]}, {"members": "x", "statistic": "mode"}, 3):
        assert not check.is_valid({**short, "runs": {"f": run}}), run


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_element_has_a_schema(kind: str) -> None:
    schema = specification_schema(kind)
    assert schema["title"] == kind
    jsonschema.Draft202012Validator.check_schema(schema)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="no schema of 'Backend'"):
        specification_schema("Backend")
