"""What content an object store holds, seen from the objects that are there."""

from __future__ import annotations

from dmod.catalog.store.objects import Objects
from dmod.catalog.store.parts import SMALLEST_PART, Part, complete_parts, object_key, parts
from dmod.catalog.store.port import Content


class StoredParts:
    """The content of a bucket.

    Parameters
    ----------
    part_size : bytes of the parts in which content is written; what others wrote is read as it lies
    """

    def __init__(self, objects: Objects, part_size: int) -> None:
        self.objects = objects
        self.part_size = part_size

    def find(self, content: Content) -> list[Part] | None:
        """Return the parts of content if it is there, complete."""
        missing, lying = self._seen(content)
        return None if missing else lying

    def missing(self, content: Content) -> list[Part]:
        """Return the parts that are still to be written before content is complete."""
        return self._seen(content)[0]

    def _seen(self, content: Content) -> tuple[list[Part], list[Part]]:
        """Return what is missing, and how the content lies."""
        own = parts(content, self.part_size)
        if len(own) == 1 and self._is_one_object(content):
            return [], own
        found = self._folder(content) if content.size > SMALLEST_PART else {}
        lying = complete_parts(content, found)
        if lying is not None:
            return [], lying
        if len(own) > 1 and self._is_one_object(content):
            return [], parts(content, content.size)
        return [part for part in own if found.get(part.key) != part.size], own

    def _is_one_object(self, content: Content) -> bool:
        return self.objects.size(object_key(content.sha256)) == content.size

    def _folder(self, content: Content) -> dict[str, int]:
        return {item["path"]: item["size"] for item in self.objects.list(object_key(content.sha256))}
