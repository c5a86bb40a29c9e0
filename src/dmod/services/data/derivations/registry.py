"""Every derivation by name: dmod's own, and those that other packages offer as ``dmod.derivations``.

A package offers one in its own configuration:

    [project.entry-points."dmod.derivations"]
    my-derivation = "my_package.my_module:DERIVATION"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from dmod.catalog.derivation import Derivation
from dmod.errors import NotFoundError, PluginError

GROUP = "dmod.derivations"
OWN = (
    "hydrofabric-subset",
    "geopackage-from-geojson",
    "forcing-from-grid",
    "convert-forcing",
    "realization",
    "module-configuration",
    "routing-configuration",
    "partition",
    "run-package",
    "observations",
    "unpack-ngen-output",
    "output-to-netcdf",
)
"""dmod's own; each is ``DERIVATION`` of the module that is called so, with ``_`` for ``-``."""


class Derivations(Mapping[str, Derivation]):
    """Derivations by name, each loaded when it is first asked for.

    Parameters
    ----------
    own : names of dmod's own
    group : of the entry points by which packages offer theirs
    """

    def __init__(self, own: tuple[str, ...] = OWN, group: str = GROUP) -> None:
        self._own = own
        self._group = group
        self._loaded: dict[str, Derivation] = {}

    @cached_property
    def _offered(self) -> dict[str, EntryPoint]:
        """What packages offer; what is called like one of dmod's own is not taken."""
        return {point.name: point for point in entry_points(group=self._group) if point.name not in self._own}

    def __iter__(self) -> Iterator[str]:
        return iter((*self._own, *self._offered))

    def __len__(self) -> int:
        return len(self._own) + len(self._offered)

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._offered

    def __getitem__(self, name: str) -> Derivation:
        """Return a derivation.

        Raises
        ------
        KeyError
            there is none of this name.
        PluginError
            a package offers it, and it cannot be loaded.
        """
        if name not in self._loaded:
            if name in self._own:
                module = import_module(f"{__package__}.{name.replace('-', '_')}")
                self._loaded[name] = module.DERIVATION
            else:
                self._loaded[name] = _load(self._offered[name])
        return self._loaded[name]

    def usable(self) -> tuple[Derivation, ...]:
        """Return all that can be loaded."""
        faulty = self.faults()
        return tuple(self[name] for name in self if name not in faulty)

    def faults(self) -> dict[str, PluginError]:
        """Return why some cannot be loaded, by name."""
        found = {}
        for name in self:
            try:
                self[name]
            except PluginError as error:
                found[name] = error
        return found


DERIVATIONS = Derivations()


def all_derivations() -> tuple[Derivation, ...]:
    """Return every derivation that can be used; `Derivations.faults` says which cannot, and why."""
    return DERIVATIONS.usable()


def find_derivation(name: str) -> Derivation:
    """Return a derivation by name.

    Raises
    ------
    NotFoundError
        there is none of this name.
    PluginError
        a package offers it, and it cannot be loaded.
    """
    if name in DERIVATIONS:
        return DERIVATIONS[name]
    near = get_close_matches(name.lower().replace("_", "-"), list(DERIVATIONS), 1)
    raise NotFoundError(
        f"there is no derivation {name!r}",
        hint=(f"did you mean {near[0]}? " if near else "") + "one of " + ", ".join(DERIVATIONS),
    )


def _load(point: EntryPoint) -> Derivation:
    package = point.dist.name if point.dist is not None else "a package"
    try:
        found = point.load()
    except Exception as error:  # boundary: the module is a stranger's, and may fail in any way
        raise PluginError(
            f"the derivation {point.name!r} of {package} cannot be loaded ({point.value}): {error}",
            hint=f"repair or remove {package}",
        ) from error
    if not isinstance(found, Derivation):
        raise PluginError(
            f"the derivation {point.name!r} of {package} ({point.value}) is a {type(found).__name__}",
            hint="it must be a dmod.catalog.derivation.Derivation",
        )
    return found
