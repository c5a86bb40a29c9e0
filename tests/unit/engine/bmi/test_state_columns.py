"""Bytes of a state as numbers and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.engine.bmi.state_columns import columns_of, state_names, state_of
from dmod.errors import InputError


@given(state=st.binary(max_size=200), size=st.integers(1, 200))
def test_state_comes_back_as_it_was(state: bytes, size: int) -> None:
    columns = len(state_names(size))
    if len(state) <= size:
        assert state_of(columns_of(state, columns, "Reservoir")) == state


def test_state_that_has_grown_beyond_its_room_is_refused() -> None:
    with pytest.raises(InputError, match="has grown to 500 bytes"):
        columns_of(bytes(500), len(state_names(100)), "Reservoir")


def test_module_without_a_state_has_no_columns() -> None:
    assert state_names(0) == ()
