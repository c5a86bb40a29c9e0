"""What is wrong with a request is named by its place, as the keys are written."""

from __future__ import annotations

from typing import Any

import pytest

from dmod.errors import InputError
from dmod.jobs.request.request import parse_request


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (
            {"package": "x", "evaluation": {"warm_up": "soon"}},
            "used: evaluation.warm_up: 'soon'",
        ),
        ({"package": "x", "evaluation": "perhaps"}, "used: evaluation: "),
        (
            {"kind": "evaluation", "results": "a", "evaluation": {"warm_up": "soon"}},
            "used: evaluation.warm_up:",
        ),
        ({"package": "x", "period": {"start": "2015-10-02", "end": "soon"}}, "used: period.end: "),
        (
            {"kind": "ensemble", "base": {"package": "x", "run": 1}, "members": []},
            "base.run: there is no",
        ),
        ({"kind": "what"}, "kind: 'what' is none"),
        ({"package": "x", "cpuss": 3}, "cpuss: there is no such key; did you mean resources.cpus?"),
        (
            {"package": "x", "resources": {"memroy": 3}},
            "resources.memroy: there is no such key; did you mean ",
        ),
        ({"package": "x", "zzzzzz": 3}, "zzzzzz: there is no such key"),
        (
            {"kind": "probe", "time_limit": "1 h"},
            "time_limit: a request of kind probe has no such key; one of kind run has",
        ),
    ],
)
def test_fault_names_its_place_once(document: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_request(document)
    assert place in caught.value.message
    assert "bool" not in caught.value.message.split("(it is")[0]
