"""Templates in a folder with a manifest, as DMOD keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.specification.parsing import read_document
from dmod.evaluation.specification.template import Templates

MANIFEST = "template_manifest.json"


class TemplateFolder:
    """Templates that a manifest lists: kind → name, path, description of each.

    Raises
    ------
    NotFoundError
        there is no manifest.
    InputError
        it is none, or a path in it leads out of the folder or to nothing.
    """

    def __init__(self, folder: Path) -> None:
        manifest = read_document(folder / MANIFEST)
        if not isinstance(manifest, dict):
            raise InputError(f"{folder / MANIFEST} is no manifest", hint="write kind: [{name, path}]")
        self._paths: dict[str, dict[str, Path]] = {
            str(kind): dict(_listed(folder, str(kind), items)) for kind, items in manifest.items()
        }

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all templates of a kind."""
        return list(self._paths.get(kind, ()))

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return a template as it was written, None if there is none of that name."""
        path = self._paths.get(kind, {}).get(name)
        if path is None:
            return None
        found = read_document(path)
        if not isinstance(found, Mapping):
            raise InputError(f"{path} is no template", hint="write a mapping of keys to values")
        return found


class SeveralTemplates:
    """Templates of several places; the first that has a name gives it."""

    def __init__(self, *places: Templates) -> None:
        self._places = places

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all templates of a kind."""
        return list(dict.fromkeys(name for place in self._places for name in place.names(kind)))

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return a template as it was written, None if there is none of that name."""
        found = (place.template(kind, name) for place in self._places)
        return next((item for item in found if item is not None), None)


def _listed(folder: Path, kind: str, items: Any) -> list[tuple[str, Path]]:
    root = folder.resolve()
    found = []
    for index, item in enumerate(items if isinstance(items, list) else [None]):
        place = f"{folder / MANIFEST}: {kind}[{index}]"
        if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in ("name", "path")):
            raise InputError(
                f"{place} has no name and path", hint="write a list of {name, path, description}"
            )
        path = (root / item["path"]).resolve()
        if not path.is_relative_to(root):
            raise InputError(f"{place}: {item['path']!r} leads out of the folder", hint="move it there")
        if not path.is_file():
            raise NotFoundError(f"{place}: there is no {item['path']}", hint="check the path")
        found.append((item["name"], path))
    return found
