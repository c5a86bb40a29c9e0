"""What may stand in for an attribute that is missing or impossible, each by a name that the user chooses."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.formulation.generate.attribute_table import AttributeTable
from dmod.formulation.generate.attributes import ATTRIBUTES, Attribute, find_attribute
from dmod.formulation.generate.generator import Column, Generator, Need
from dmod.formulation.generate.land_classes import soil_values

Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

DEFAULT: Final = "default"

METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "basin-median": "the median of the sound values of this fabric; of a class the most frequent one",
        "upstream": "the sound value of the nearest catchment upstream",
        "neighbour": "the sound value of the nearest catchment in the river network, up or down",
        "soil-texture": "the value of the soil's texture class (Cosby et al. 1984); soil properties only",
        DEFAULT: "the module's documented default",
    }
)


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """The user's choices.

    Parameters
    ----------
    general : for every attribute, tried in order
    special : parameter or attribute → what is tried before them
    """

    general: tuple[str, ...] = ()
    special: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def chain(self, need: Need) -> tuple[str, ...]:
        """Return what may stand in for a parameter, in the order in which it is tried."""
        own = (method for name in names_of(need) for method in self.special.get(name, ()))
        return tuple(dict.fromkeys([*own, *self.general]))


def read_fallbacks(texts: Iterable[str], generators: Sequence[Generator]) -> Fallbacks:
    """Read ``basin-median`` and ``smcmax=basin-median``.

    Raises
    ------
    InputError
        a method is unknown, or no module of the formulation has the parameter.
    """
    known = {name for g in generators for need in g.needs if need.attribute for name in names_of(need)}
    general: list[str] = []
    special: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, method = text.strip().partition("=")
        method = method.strip() if equals else name
        if method not in METHODS:
            near = get_close_matches(method, METHODS, 1)
            raise InputError(
                f"fallback {text!r}: there is no {method!r}",
                hint=(f"did you mean {near[0]}? " if near else "") + f"One of {', '.join(METHODS)}",
            )
        if not equals:
            general.append(method)
            continue
        if name.strip() not in known:
            raise InputError(
                f"fallback {text!r}: no module takes {name.strip()!r} from the hydrofabric",
                hint=f"one of {', '.join(sorted(known - set(ATTRIBUTES)))}",
            )
        special[name.strip()] = (*special.get(name.strip(), ()), method)
    return Fallbacks(tuple(dict.fromkeys(general)), special)


def names_of(need: Need) -> tuple[str, ...]:
    """Return the names by which a user may mean a parameter: its key, the key's last part, the attribute."""
    return tuple(dict.fromkeys((need.parameter, need.parameter.rpartition(".")[2], need.attribute)))


def possible(need: Need) -> tuple[str, ...]:
    """Return what can stand in for a parameter at all."""
    attribute = find_attribute(need.attribute)
    without = set()
    if attribute.kind == "distribution":
        without.add("basin-median")
    if not attribute.soil:
        without.add("soil-texture")
    if need.value is None:
        without.add(DEFAULT)
    return tuple(method for method in METHODS if method not in without)


def stand_ins(
    method: str, attribute: Attribute, values: Column, sound: Mask, table: AttributeTable
) -> Column:
    """Return what a method gives for every catchment, in the attribute's unit; NaN or None for nothing.

    Parameters
    ----------
    method : any but "default", which is a parameter's own
    values : shape (n,)
    sound : shape (n,), which of the values may be used
    """
    return _METHODS[method](attribute, values, sound, table)


def _median(attribute: Attribute, values: Column, sound: Mask, _table: AttributeTable) -> Column:
    if attribute.kind == "distribution" or not sound.any():
        return _nothing(values)
    if attribute.kind == "class":
        classes, counts = np.unique(values[sound], return_counts=True)
        return np.full(values.shape, classes[np.argmax(counts)])
    return np.full(values.shape, np.median(values[sound]))


def _texture(attribute: Attribute, values: Column, _sound: Mask, table: AttributeTable) -> Column:
    if not attribute.soil:
        return _nothing(values)
    return soil_values(table.find(find_attribute("soil_type")).values, attribute.soil)


def _upstream(_attribute: Attribute, values: Column, sound: Mask, table: AttributeTable) -> Column:
    return _taken(values, nearest_upstream(sound, table))


def _neighbour(_attribute: Attribute, values: Column, sound: Mask, table: AttributeTable) -> Column:
    return _taken(values, nearest(sound, table))


_METHODS: Final[Mapping[str, Callable[[Attribute, Column, Mask, AttributeTable], Column]]] = MappingProxyType(
    {"basin-median": _median, "soil-texture": _texture, "upstream": _upstream, "neighbour": _neighbour}
)


def nearest_upstream(sound: Mask, table: AttributeTable) -> Index:
    """Return the nearest sound catchment upstream of each, -1 where there is none; ties to the first."""
    network = table.fabric.network
    source = np.where(sound, np.arange(sound.size), -1)
    steps = np.where(sound, 0, sound.size + 1)
    for i in network.order:
        if sound[i]:
            continue
        for above in network.upstream[network.upstream_offset[i] : network.upstream_offset[i + 1]]:
            if source[above] >= 0 and steps[above] + 1 < steps[i]:
                source[i], steps[i] = source[above], steps[above] + 1
    return source


def nearest(sound: Mask, table: AttributeTable) -> Index:
    """Return the sound catchment that is the fewest steps away in the network, -1 where there is none."""
    network = table.fabric.network
    source = np.where(sound, np.arange(sound.size), -1)
    waiting = deque(np.flatnonzero(sound).tolist())
    while waiting:
        i = waiting.popleft()
        around = network.upstream[network.upstream_offset[i] : network.upstream_offset[i + 1]].tolist()
        for beside in (*around, int(network.downstream[i])):
            if beside >= 0 and source[beside] < 0:
                source[beside] = source[i]
                waiting.append(beside)
    return source


def _taken(values: Column, source: Index) -> Column:
    taken = values[source]
    taken[source < 0] = None if values.dtype == object else np.nan
    return taken


def _nothing(values: Column) -> Column:
    if values.dtype == object:
        return np.full(values.shape, None, dtype=object)
    return np.full(values.shape, np.nan)
