"""States of modules that can give them away, by the framework's protocol for it.

Four variables that are in no list: setting ``ngen::serialization_create`` makes the module write its state
down, ``_size`` tells how many bytes that took, ``_state`` gets or sets them, ``_free`` lets go of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import DmodError

if TYPE_CHECKING:
    from dmod.engine.foreign.module import ForeignModule

_CREATE, _SIZE, _STATE, _FREE = (
    f"ngen::serialization_{word}" for word in ("create", "size", "state", "free")
)


def packed(module: ForeignModule) -> bytes | None:
    """Return the state of an instance, None where it cannot give it."""
    try:
        module.set_values(_CREATE, [1])
        size = int(module.get_values(_SIZE).flat[0])
    except DmodError:
        return None
    found = module.get_values(_STATE)
    state = found.tobytes()[:size]
    module.set_values(_FREE, [1])
    return state


def unpacked(module: ForeignModule, state: bytes) -> None:
    """Put an instance into a state that `packed` returned.

    Raises
    ------
    ForeignError
        it does not take it.
    """
    module.set_raw(_STATE, np.frombuffer(state, dtype=np.uint8))
