"""The metadata of a crate: entities by their ids, written as RO-Crate 1.1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dmod.services.data.crate.layout import ROOT

VERSION = "1.1"
TERMS = {"sha256": "http://schema.org/sha256"}
"""Words that the context of this version does not have yet."""

Reference = dict[str, str]


class Graph:
    """Entities of a crate; what several mention is described once.

    Every property is a list until the text is made, where a list of one becomes its element and an empty one
    is left out.
    """

    def __init__(self) -> None:
        self._entities: dict[str, dict[str, Any]] = {ROOT: {}}
        self._linked: set[tuple[str, str, str]] = set()

    def add(self, identifier: str, kind: str, /, **properties: Any) -> Reference:
        """Describe something and return the reference to it; what is described already stays as it is."""
        if identifier not in self._entities:
            self._entities[identifier] = {"@type": kind}
            self.state(identifier, **properties)
        return {"@id": identifier}

    def state(self, identifier: str, /, **properties: Any) -> None:
        """Set properties of something that was described; of those without a value none is set."""
        entity = self._entities[identifier]
        for name, value in properties.items():
            entity[name] = [item for item in _listed(value) if item not in (None, "")]

    def link(self, identifier: str, name: str, other: Reference) -> None:
        """Add a reference to a property, once."""
        key = identifier, name, other["@id"]
        if key not in self._linked:
            self._linked.add(key)
            self._entities[identifier].setdefault(name, []).append(other)

    def text(self) -> bytes:
        """Return the metadata as it is written; equal contents give equal bytes."""
        from rocrate.model.contextentity import ContextEntity  # type: ignore[import-untyped]
        from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]

        crate = ROCrate(version=VERSION)
        crate.metadata.extra_terms.update(TERMS)
        for identifier, properties in self._entities.items():
            plain = {
                name: value[0] if isinstance(value, list) and len(value) == 1 else value
                for name, value in properties.items()
                if value != []
            }
            if identifier == ROOT:
                for name, value in plain.items():
                    crate.root_dataset[name] = value
            else:
                crate.add(ContextEntity(crate, identifier, properties=plain))
        found = json.dumps(crate.metadata.generate(), indent=1, sort_keys=True, ensure_ascii=False)
        return (found + "\n").encode()


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
