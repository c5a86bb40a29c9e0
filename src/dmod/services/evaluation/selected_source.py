"""Observed or simulated values that a specification selects, as series of locations."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.dmod_grading import Rows
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.specification.datatype import NUMBERS
from dmod.evaluation.specification.location import COLUMN, FILENAME
from dmod.evaluation.specification.selector import ValueSelector
from dmod.evaluation.specification.source import DataSource
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.location_rows import Part, joined, numbers_of, part_of, series_of
from dmod.services.evaluation.resolving import require_harmless
from dmod.services.evaluation.selecting import Columns, read_json, require_selected, select
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.evaluation.stamps import seconds_of
from dmod.services.evaluation.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

LOCATION = "location"


@dataclass
class SelectedSource:
    """Values as a specification selects them.

    Where the location stands in the names of files, a file is read when its location is asked for; otherwise
    everything is read at the first question.

    Parameters
    ----------
    place : of the element in the specification, for messages
    unit : that values are brought to; that of the source if empty
    location_field : that holds the location, where the crosswalk names one
    """

    definition: DataSource
    reach: Reach
    place: str
    unit: str = ""
    location_field: str = ""
    _hashes: dict[str, str] = field(default_factory=dict)
    _first: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self.definition.name or self.definition.value_field

    @functools.cached_property
    def locations(self) -> tuple[str, ...]:
        """The ids of all locations that it has, each once."""
        if self._by_file:
            return tuple(self._files)
        return tuple(self._parts)

    @functools.cached_property
    def stated_unit(self) -> str:
        """The unit in which the first values are stated."""
        stated = self.definition.unit.value
        if stated:
            return stated
        content = self._contents[0]
        self._first = self._frame(content)
        units = self._units(self._first, content).dropna()
        return str(units.iloc[0]) if len(units) else ""

    def rows(self, locations: Sequence[str]) -> Iterator[Rows]:
        """Give values of locations as they stand in the source, stamps that occur twice included."""
        for location in locations:
            part = self._part(location)
            yield Rows(location, part.seconds.astype("datetime64[s]"), part.values)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations, in the order asked for."""
        for location in locations:
            yield series_of(location, self._part(location))

    def provenance(self) -> Mapping[str, str]:
        """Return address → hash of what was read."""
        return dict(self._hashes)

    def close(self) -> None:
        """Forget what was read."""
        self.__dict__.pop("_parts", None)

    @functools.cached_property
    def _contents(self) -> Sequence[Content]:
        return self.reach.contents(self.definition.backend, f"{self.place}.backend")

    @property
    def _by_file(self) -> bool:
        return self.definition.locations.from_field == FILENAME

    @functools.cached_property
    def _files(self) -> dict[str, list[Content]]:
        """Location → the files that hold it."""
        pattern = self.definition.locations.expression
        if pattern:
            require_harmless(pattern, f"{self.place}.locations.pattern")
        files: dict[str, list[Content]] = {}
        for content in self._contents:
            files.setdefault(location_in(content.name, pattern), []).append(content)
        chosen = self.definition.locations.ids
        return {key: value for key, value in files.items() if not chosen or key in chosen}

    @functools.cached_property
    def _parts(self) -> dict[str, Part]:
        """Location → its rows, of everything."""
        found: dict[str, list[Part]] = {}
        for content in self._contents:
            for location, part in self._read(content):
                found.setdefault(location, []).append(part)
        chosen = self.definition.locations.ids
        return {key: joined(parts) for key, parts in found.items() if not chosen or key in chosen}

    def _part(self, location: str) -> Part:
        if location not in (self._files if self._by_file else self._parts):
            raise NotFoundError(
                f"{self.name} has no location {location!r}", hint=f"it has {', '.join(self.locations[:8])}"
            )
        if not self._by_file:
            return self._parts[location]
        return joined([part for content in self._files[location] for _, part in self._read(content)])

    def _read(self, content: Content) -> Iterator[tuple[str, Part]]:
        frame, self._first = self._first, None
        if frame is None or content is not self._contents[0]:
            frame = self._frame(content)
        self._hashes[content.address] = content.sha256()
        where = f"{self.place} ({content.name})"
        backend = self.definition.backend
        seconds, known = seconds_of(frame[self.definition.x_axis], backend.zone, f"{where}.x_axis")
        numbers = numbers_of(frame[self.definition.value_field])
        scales = np.broadcast_to(self._scales(frame, content, where), numbers.shape)
        # the position of a row's location among all, so that each is cut out once
        places, names = self._locations_of(frame, content)
        order = np.argsort(places, kind="stable")
        starts = np.searchsorted(places[order], np.arange(len(names) + 1))
        for index, name in enumerate(names):
            rows = order[starts[index] : starts[index + 1]]
            timed = rows[known[rows]]
            part = part_of(seconds[timed], numbers[timed], scales[timed])
            if len(timed) < len(rows):
                note = f"{len(rows) - len(timed)} rows without a time are left out"
                part = replace(part, notes=(*part.notes, note))
            yield name, part

    def _frame(self, content: Content) -> pd.DataFrame:
        """Return all that is selected, under its mapped names."""
        definition = self.definition
        if definition.backend.format == "json":
            return self._from_json(content)
        table = [s for s in definition.value_selectors if s.where == COLUMN]
        names = [s.key for s in table] + [i.parts[-1] for s in table for i in s.associated_fields]
        pattern = definition.locations.path
        made = {s.key for s in definition.value_selectors if s.where != COLUMN}
        if definition.locations.from_field == COLUMN and pattern and pattern[-1] not in made:
            names.append(pattern[-1])
        reverse = {new: old for old, new in definition.renames.items()}
        value = reverse.get(definition.value_field, definition.value_field)
        numeric = [value] if value in names else []
        at = f"{self.place}.value_selectors"
        frame = read_table(content, definition.backend, names, at, numeric, repeating=True)
        keys = {i.parts[-1]: i.key for s in table for i in s.associated_fields}
        return self._completed(frame.rename(columns=keys), content)

    def _from_json(self, content: Content) -> pd.DataFrame:
        import pandas as pd

        document = read_json(content, f"{self.place}.backend")
        frames: list[Columns] = []
        for index, selector in enumerate(self.definition.value_selectors):
            if selector.where in {"value", "key"}:
                at = f"{self.place}.value_selectors[{index}]"
                columns = select(document, selector, at)
                require_selected(columns, selector, document, at)
                frames.append(columns)
        return self._completed(_side_by_side([pd.DataFrame(c) for c in frames], self.place), content)

    def _completed(self, frame: pd.DataFrame, content: Content) -> pd.DataFrame:
        """Add constants and names of files, then give fields the names that they are mapped to."""
        definition = self.definition
        for selector in definition.value_selectors:
            if selector.where == "constant":
                frame[selector.key] = _constant(selector)
            elif selector.where == FILENAME:
                pattern = ".".join(selector.path) or None
                if pattern:
                    require_harmless(pattern, f"{self.place}.value_selectors")
                frame[selector.key] = location_in(content.name, pattern)
        if self._by_file:
            frame[LOCATION] = location_in(content.name, definition.locations.expression)
        return frame.rename(columns=definition.renames)

    def _locations_of(self, frame: pd.DataFrame, content: Content) -> tuple[NDArray[np.int64], Sequence[str]]:
        """Return the position of each row's location (-1 where it has none), and the names at positions."""
        import pandas as pd

        name = self._location_column(frame)
        if name is None:
            only = self.definition.locations.ids
            return np.zeros(len(frame), dtype=np.int64), [only[0] if only else self.name]
        codes, names = pd.factorize(frame[name])
        return np.asarray(codes, dtype=np.int64), [str(item) for item in names]

    def _location_column(self, frame: pd.DataFrame) -> str | None:
        locations = self.definition.locations
        if self._by_file:
            return self.definition.renames.get(LOCATION, LOCATION)
        renames = self.definition.renames
        named = [renames.get(name, name) for name in locations.path[-1:]] if locations.from_field else []
        for name in (self.location_field, *named, LOCATION):
            if name and name in frame.columns:
                return name
        if not locations.identify or len(locations.ids) == 1:
            return None
        raise InputError(
            f"{self.place}.locations: no selected field holds the location",
            hint=f"there are {', '.join(map(str, frame.columns))}; name one by from_field: column and "
            "pattern, or by the crosswalk's observation_field_name and prediction_field_name",
        )

    def _units(self, frame: pd.DataFrame, content: Content) -> pd.Series[Any]:
        """Return the unit of each row, or one for all."""
        import pandas as pd

        unit = self.definition.unit
        if unit.value:
            return pd.Series([unit.value])
        if unit.field:
            return frame[unit.field]
        if self.definition.backend.format != "json":
            raise InputError(f"{self.place}.unit: a table has no path", hint="give value, or field: a column")
        from dmod.services.evaluation.selecting import find

        document = read_json(content, f"{self.place}.backend")
        found = find(document, unit.path or (), f"{self.place}.unit.path")
        if not found:
            raise InputError(f"{self.place}.unit.path: nothing is at {'.'.join(unit.path or ())!r}")
        return pd.Series([str(found[0].value)])

    def _scales(self, frame: pd.DataFrame, content: Content, where: str) -> NDArray[np.float64]:
        import pandas as pd

        units = self._units(frame, content)
        if not len(units):
            return np.ones(0)
        codes, kinds = pd.factorize(units)
        if np.any(codes < 0):
            row = int(np.flatnonzero(codes < 0)[0]) + 1
            raise InputError(f"{where}.unit: row {row} states no unit", hint="state it by value")
        target = SourceOptions(unit=self.unit or str(kinds[0]))
        scales = np.array([scale_of(unit_text(str(kind)), target, f"{where}.unit") for kind in kinds])
        return np.asarray(scales[codes])


def unit_text(unit: str) -> str:
    """Return a unit as text, also where it is that of a parameter code such as ``00060``."""
    from dmod.observations.series import unit_of

    return (unit_of(unit) or unit) if re.fullmatch(r"\d{5}", unit) else unit


def location_in(name: str, pattern: str | None) -> str:
    """Return the location in a file's name: what the pattern finds, or the name without its suffix."""
    stem = name.rsplit(".", 1)[0] if "." in name else name
    match = re.search(pattern, stem) if pattern else None
    return match.group() if match else stem


def _constant(selector: ValueSelector) -> str | float:
    text = selector.path[0]
    return float(text) if selector.datatype in NUMBERS else text


def _side_by_side(frames: Sequence[pd.DataFrame], place: str) -> pd.DataFrame:
    """Return what several selectors took, joined by fields they share, or row by row."""
    import pandas as pd

    if not frames:
        raise InputError(
            f"{place}.value_selectors: nothing is selected but constants", hint="select a value or a key"
        )
    whole = frames[0]
    for frame in frames[1:]:
        shared = [name for name in whole.columns if name in frame.columns]
        if shared:
            whole = whole.merge(frame, on=shared, how="left")
        elif len(whole) == len(frame):
            whole = pd.concat([whole, frame], axis=1)
        else:
            raise InputError(
                f"{place}.value_selectors: {len(whole)} and {len(frame)} values that share no field",
                hint="give them an associated field of the same name, by which they are joined",
            )
    return whole
