"""Documents become specifications, or are refused with the place, what is allowed and what to change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.specification.backend import Backend
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.parsing import (
    parse_element,
    parse_specification,
    read_document,
    require_template,
)
from dmod.evaluation.specification.short import ShortSpecification

Document = dict[str, Any]


def full(document: Document) -> EvaluationSpecification:
    found = parse_specification(document)
    assert isinstance(found, EvaluationSpecification)
    return found


def test_whole_specification_is_read_with_all_its_elements(document: Document) -> None:
    found = full(document)
    selector = found.observations[0].value_selectors[0]
    assert selector.origin == ("$", "series[*]")
    assert [item.parts for item in selector.associated_fields] == [
        ("values[*]", "time"),
        ("site",),
        ("unit",),
    ]
    assert found.predictions[0].fields == ("prediction", "value_date", "prediction_location")
    assert found.thresholds[0].definitions[1].unit.value == "ft^3/s"
    assert found.scheme.metrics[1].weight == 15.0
    assert found.scheme.aggregation == "scaled"


def test_document_with_runs_is_read_in_the_short_form() -> None:
    found = parse_specification({"observations": "obs.csv", "runs": "results", "metrics": "kge"})
    assert isinstance(found, ShortSpecification)


def test_one_element_in_place_of_a_list_is_a_list_of_one(document: Document) -> None:
    document["observations"] = document["observations"][0]
    assert len(full(document).observations) == 1


def test_keys_of_other_versions_of_dmod_are_read(document: Document) -> None:
    backend = document["observations"][0]["backend"]
    backend["data_format"] = backend.pop("format")
    document["scheme"] = {"metric_functions": document["scheme"]["metrics"]}
    found = full(document)
    assert found.observations[0].backend.format == "json"
    assert len(found.scheme.metrics) == 2


Change = Callable[[Document], object]


def _definition(document: Document) -> Document:
    definition: Document = document["thresholds"][0]["definitions"][0]
    return definition


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: _definition(d).update(unit={"valeu": "cfs"}),
            "thresholds[0].definitions[0].unit.valeu: there is no such key; did you mean value?",
        ),
        (lambda d: _definition(d).pop("unit"), "thresholds[0].definitions[0].unit is missing"),
        (
            lambda d: _definition(d).update(unit={"value": "cfs", "path": "a"}),
            "definitions[0].unit: a unit has one of value, field and path; value and path are given",
        ),
        (
            lambda d: _definition(d).update(unit={}),
            "unit: a unit has one of value, field and path; none is given",
        ),
        (lambda d: _definition(d).update(weight=-1), "thresholds[0].definitions[0].weight: "),
        (lambda d: d.update(predictons=[]), "predictons: there is no such key; did you mean predictions?"),
        (lambda d: d.pop("scheme"), "scheme is missing"),
        (
            lambda d: d["observations"][0]["backend"].update(backend_type="ftp"),
            "observations[0].backend.backend_type: input should be 'file' or 'rest' (it is 'ftp')",
        ),
        (
            lambda d: d["observations"][0]["backend"].update(params={"a": 1}),
            "observations[0].backend: params and headers are of requests",
        ),
        (
            lambda d: d["observations"][0]["backend"].update(backend_type="rest"),
            "observations[0].backend: the address of a service begins with https://",
        ),
        (
            lambda d: d["observations"][0]["backend"].update(verify=False),
            "observations[0].backend.verify: certificates are always checked",
        ),
        (
            lambda d: d["predictions"][0].update(value_field="predicted"),
            "predictions[0]: value_field is 'predicted', which is not selected; there are prediction,",
        ),
        (lambda d: d["predictions"][0].update(x_axis="date"), "predictions[0]: x_axis is 'date'"),
        (lambda d: d["observations"][0].update(unit={"field": "u"}), "observations[0]: unit.field is 'u'"),
        (
            lambda d: d["predictions"][0]["value_selectors"][0].update(where="value", path="a"),
            "predictions[0]: selector 'predicted' asks a csv table for a key or value",
        ),
        (
            lambda d: d["observations"][0]["value_selectors"][0].pop("path"),
            "observations[0].value_selectors[0]: a selector of a value needs a path",
        ),
        (
            lambda d: d["observations"][0]["value_selectors"][0].pop("name"),
            "observations[0].value_selectors[0]: a selector needs a name",
        ),
        (
            lambda d: d["observations"][0]["value_selectors"][0]["associated_fields"][0].update(
                datatype="flaot"
            ),
            "observations[0].value_selectors[0].associated_fields[0].datatype: input should be",
        ),
        (
            lambda d: d["observations"][0]["value_selectors"][0].update(associated_fields=[{}]),
            "associated_fields[0]: a field has a name or a path",
        ),
        (
            lambda d: d["predictions"][0]["locations"].pop("from_field"),
            "predictions[0].locations: a pattern needs from_field",
        ),
        (
            lambda d: d["predictions"][0].update(locations={"identify": True}),
            "predictions[0].locations: locations are told apart by from_field or ids",
        ),
        (
            lambda d: d["crosswalks"][0].update(observation_field_name="site"),
            "crosswalks[0]: 'site' is not selected by field; there are prediction_location, obs",
        ),
        (
            lambda d: d["thresholds"][0].update(application_rules={"threshold_field": {"name": "day"}}),
            "thresholds[0].application_rules: threshold_field.datatype is Day",
        ),
        (
            lambda d: d["thresholds"][0].update(
                application_rules={"threshold_field": {"name": "day", "datatype": "Day"}}
            ),
            "thresholds[0].application_rules: observation_field or prediction_field says",
        ),
        (
            lambda d: d["thresholds"][0].update(
                application_rules={
                    "threshold_field": {"name": "day", "datatype": "Day"},
                    "observation_field": {"name": "day"},
                }
            ),
            "thresholds[0].application_rules: observation_field.datatype is Day",
        ),
        (
            lambda d: d["scheme"]["metrics"].append({"name": "kling-gupta efficiency"}),
            "the document: scheme.metrics: 'kling-gupta efficiency' stands there twice",
        ),
        (
            lambda d: _definition(d).update(name="Action"),
            "the document: thresholds: 'Action' stands there twice",
        ),
        (lambda d: d["scheme"].update(metrics=[]), "scheme.metrics: "),
        (lambda d: d.update(observations=[]), "observations: "),
    ],
)
def test_wrong_document_is_refused_with_its_place(document: Document, change: Change, said: str) -> None:
    change(document)
    with pytest.raises(InputError) as caught:
        parse_specification(document)
    assert said in caught.value.message
    assert caught.value.hint == "`dmod evaluate schema` prints what is allowed"


def test_several_faults_are_told_at_once_and_each_once(document: Document) -> None:
    document["scheme"]["metrics"][0] = {"name": "a", "weight": "heavy", "nmae": 1}
    with pytest.raises(InputError) as caught:
        parse_specification(document)
    lines = caught.value.message.splitlines()
    assert lines[0].endswith("2 things are wrong:")
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "scheme.metrics[0].weight",
        "scheme.metrics[0].nmae",
    ]


def test_very_many_faults_are_cut_off(document: Document) -> None:
    document["scheme"]["metrics"] = [{"name": f"m{i}", "weight": -1} for i in range(30)]
    with pytest.raises(InputError) as caught:
        parse_specification(document)
    assert caught.value.message.endswith("and 10 more")


def test_header_that_the_sender_says_itself_is_refused() -> None:
    backend = {"backend_type": "rest", "format": "json", "address": "https://example.org/a"}
    assert parse_element(Backend, {**backend, "headers": {"X-Key": "a b"}}).headers == {"X-Key": "a b"}
    for headers in ({"Host": "x"}, {"A": "b\r\nC: d"}, {"A b": "c"}, {"A": "é"}):
        with pytest.raises(InputError, match="cannot be sent"):
            parse_element(Backend, {**backend, "headers": headers})


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    with pytest.raises(InputError, match="mapping"):
        parse_specification(document)
    with pytest.raises(InputError, match="mapping"):
        parse_element(Backend, document)
    with pytest.raises(InputError, match="mapping"):
        require_template("BackendSpecification", document)


def test_template_may_lack_keys_but_not_have_wrong_ones() -> None:
    require_template("BackendSpecification", {"format": "json"})
    with pytest.raises(InputError, match="adress: there is no such key; did you mean address"):
        require_template("BackendSpecification", {"adress": "a"})


def test_files_are_read_as_json_and_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"a": 1}))
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert read_document(tmp_path / "a.json") == read_document(tmp_path / "a.yaml") == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.yaml", "a: [1"), ("b.json", "\x00"), ("c.yaml", "\xff")]
)
def test_file_that_is_neither_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=name):
        read_document(tmp_path / name)


def test_gauges_with_zeros_before_them_stay_as_they_are_in_yaml(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "observations: obs.csv\nruns: out\nmetrics: kge\ngauges: {01073500: 11109001}\n"
        "weights: {01073500: 2}\nstart: 2015-12-01\n"
    )
    found = parse_specification(read_document(path))
    assert isinstance(found, ShortSpecification)
    assert found.weights == {"01073500": 2.0}
    assert found.gauges == {"01073500": "11109001"}
    assert found.start is not None
    assert found.start.isoformat() == "2015-12-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "metrics: kge\nruns: a\nmetrics: nse\n", "the key 'metrics' stands twice in line 3"),
        ("a.json", '{"metrics": "kge", "metrics": "nse"}', "the key 'metrics' stands twice"),
        ("a.yaml", "runs:\n\ta: b\n", "line 2"),
        ("a.json", "[" * 100_000, "nested too deep"),
        ("a.yaml", "start: !!timestamp 2015-02-30", "the tag"),
    ],
)
def test_what_would_be_swallowed_or_is_no_document_is_refused(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_document(tmp_path / name)
    assert str(tmp_path / name) in caught.value.message


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path)
