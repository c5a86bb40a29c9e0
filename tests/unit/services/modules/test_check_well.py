"""Modules that are well pass every check, in every language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmod.services.modules.check import check_module
from dmod.services.modules.checks.table import CHECKS
from dmod.services.modules.child_task import CHECK_NAMES
from dmod.services.modules.program_name import Target


@pytest.mark.parametrize("language", ["python", "vectorised", "c", "c++", "fortran"])
def test_skeleton_in_a_language_passes_every_check(made: Callable[..., Target], language: str) -> None:
    heard: list[str] = []
    found = check_module(made(language), steps=48, progress=heard.append)
    assert (found.of("error"), found.of("warning")) == ((), ())
    assert found.ok
    assert tuple(dict.fromkeys(finding.check for finding in found.of("ok"))) == CHECK_NAMES
    assert tuple(heard) == CHECK_NAMES


def test_every_check_has_a_name_in_the_table() -> None:
    assert tuple(CHECKS) == CHECK_NAMES


def test_vectorised_module_is_compared_with_each_catchment_alone(made: Callable[..., Target]) -> None:
    found = check_module(made("vectorised"), names=("catchments",), steps=24)
    assert "4 catchments in one instance, each as alone" in found.of("ok")[0].what


def test_vectorised_module_without_initialize_begins_by_initialize_many(made: Callable[..., Target]) -> None:
    target = made("vectorised", ("def initialize(self", "def begin_with_one(self"))
    found = check_module(target, names=("functions", "initialize", "numbers", "catchments"), steps=24)
    assert (found.of("error"), found.of("warning")) == ((), ())


def test_module_restarts_where_it_saves_its_states_as_the_framework_asks(made: Callable[..., Target]) -> None:
    """The states are a text of bytes whose size is known when they were saved."""
    edits = (
        (' MASS_LEAKED: "m",\n}', ' MASS_LEAKED: "m",\n}\nSAVED = "ngen::serialization_"'),
        (
            "return str(self._values[name].dtype)",
            'return {"create": "int32", "size": "int64", "state": "uint8", "free": "int32"}.get(\n'
            '            name.removeprefix(SAVED), "float64")',
        ),
        (
            "return self._values[name].itemsize",
            'return {"create": 4, "state": 1, "free": 4}.get(name.removeprefix(SAVED), 8)',
        ),
        (
            "return self._values[name].nbytes",
            'return len(self._saved) if name == SAVED + "state" else self.get_var_itemsize(name)',
        ),
        ("        self._time = 0.0\n", '        self._time = 0.0\n        self._saved = b""\n'),
        (
            "        dest[:] = self._values[name]\n        return dest",
            '        if name == SAVED + "state":\n'
            "            dest[:] = np.frombuffer(self._saved, np.uint8)\n"
            '        elif name == SAVED + "size":\n            dest[:] = len(self._saved)\n'
            "        else:\n            dest[:] = self._values[name]\n        return dest",
        ),
        (
            "        self._values[name][:] = src",
            '        if name == SAVED + "create":\n'
            "            self._saved = self._values[STORAGE].tobytes()\n"
            '        elif name == SAVED + "free":\n            self._saved = b""\n'
            '        elif name == SAVED + "state":\n'
            "            self._values[STORAGE][:] = np.frombuffer(src)\n"
            "        else:\n            self._values[name][:] = src",
        ),
    )
    found = check_module(made("python", *edits), names=("restart",), steps=24)
    assert [f.what for f in found.of("ok")] == ["goes on with the same bits from ngen::serialization_state"]
    forgetful = (*edits[:-1], (edits[-1][0], edits[-1][1].replace("np.frombuffer(src)", "0.0")))
    found = check_module(made("python", *forgetful), names=("restart",), steps=24)
    assert found.of("error")[0].where == "ngen::serialization_state"
