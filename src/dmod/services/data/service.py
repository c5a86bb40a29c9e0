"""The data service: what people and jobs ask of a catalog of datasets.

service.add("logan", ["logan.gpkg"])
service.find(requirement_of("FORCING", catchments=["cat-1"], start=…, end=…)).lines()
service.derive(requirement_of("CONFIG", format="NGEN_JOB_COMPOSITE_CONFIG", …))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.dataset import Dataset, split_reference
from dmod.catalog.index.port import Hold, Listing
from dmod.catalog.manifest import Manifest
from dmod.catalog.placement import Placed, place
from dmod.catalog.planning import Plan
from dmod.catalog.record import record_key, record_text
from dmod.catalog.recovery import recover
from dmod.catalog.removal import GRACE, Collected, collect, remove
from dmod.catalog.requirement import Requirement
from dmod.catalog.verification import Rebuilt, Verified, rebuild, verify
from dmod.errors import DatasetNotFound, InputError
from dmod.services.data.deriving import WORK, Deriving, Keeping, planner_of
from dmod.services.data.visible_index import own_name

if TYPE_CHECKING:
    from dmod.catalog.derivation import Derivation
    from dmod.catalog.explanation import Fulfilment
    from dmod.services.data.bringing import Brought, Description
    from dmod.services.data.lineage import LineageGraph
    from dmod.services.data.places import Basin


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of one version.

    Parameters
    ----------
    versions : of the name, that there are
    children : what was derived from it
    holds : who reads it
    """

    dataset: Dataset
    manifest: Manifest
    versions: tuple[int, ...]
    children: tuple[Dataset, ...]
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class DataService:
    """A catalog, with a folder to work in and a name to act under.

    Parameters
    ----------
    folder : of this machine, for work under way
    owner : of what is added
    progress : told what is being done
    """

    catalog: Catalog
    folder: Path
    owner: str = ""
    progress: Progress = silent

    def add(
        self,
        name: str,
        paths: Sequence[str | Path],
        description: Description | None = None,
        *,
        another: bool = False,
        unpack: bool = False,
        key: str = "",
    ) -> Brought:
        """Put files into the catalog; what is not said of them is found out; see `bringing.bring`.

        A further version of a name is shared with whom the version before it of the same owner is. What is
        added by a key, and not as a further version, is told apart by its name where another has the same.
        """
        from dmod.services.data.bringing import bring
        from dmod.services.data.sharing import share_alike

        self.recover()
        if key and not another:
            name = own_name(self.catalog.index, name, self.owner)
        brought = bring(self, name, paths, description, another=another, unpack=unpack, key=key)
        return replace(brought, dataset=share_alike(self, brought.dataset)) if brought.is_new else brought

    def get(
        self,
        reference: str,
        target: str | Path,
        *,
        only: Sequence[str] = (),
        link: bool = False,
        check: bool = False,
    ) -> Placed:
        """Place the files of a dataset in a folder; see `dmod.catalog.placement.place`."""
        dataset, told = self.dataset(reference), self.progress
        return place(self.catalog, dataset, Path(target), link=link, check=check, only=only, progress=told)

    def dataset(self, reference: str) -> Dataset:
        """Return the version that is named, or the latest one of a name.

        Raises
        ------
        DatasetNotFound
            there is none.
        """
        name, version = split_reference(reference)
        try:
            return self.catalog.index.get(name, version)
        except DatasetNotFound:
            # an upload that died after its record was put has made a dataset, which the index is yet to learn
            if not recover(self.catalog).completed:
                raise
        return self.catalog.index.get(name, version)

    def list(self, listing: Listing | None = None) -> list[Dataset]:
        """Return datasets in the order of their names."""
        self.recover()
        return self.catalog.index.list(listing or Listing(), self.catalog.clock())

    def show(self, reference: str) -> Shown:
        """Return all that is known of one version."""
        dataset = self.dataset(reference)
        index, now = self.catalog.index, self.catalog.clock()
        versions = index.list(Listing(pattern=dataset.name, latest=False, expired=True), now)
        return Shown(
            dataset,
            self.catalog.manifest(dataset),
            tuple(item.version for item in versions),
            tuple(index.children(dataset.uuid)),
            tuple(hold for hold in index.holds(dataset.uuid) if hold.is_live(now)),
        )

    def find(self, requirement: Requirement) -> Fulfilment:
        """Return what fulfils a requirement, or what was considered and what each lacks."""
        self.recover()
        return planner_of(self.catalog, ()).plan(requirement).fulfilment

    def plan(
        self, requirement: Requirement, *, by: str = "", derivations: Sequence[Derivation] | None = None
    ) -> Plan:
        """Return what fulfils a requirement, or the cheapest way to derive it.

        Parameters
        ----------
        by : a derivation to use, whatever the catalog has
        derivations : to choose from; all that there are where None
        """
        from dmod.services.data.derivations.registry import all_derivations, find_derivation

        self.recover()
        chosen = all_derivations() if derivations is None else tuple(derivations)
        planner = planner_of(self.catalog, chosen)
        return planner.plan_with(find_derivation(by), requirement) if by else planner.plan(requirement)

    def derive(
        self,
        requirement: Requirement | Plan,
        *,
        name: str = "",
        description: str = "",
        expires: datetime | None = None,
    ) -> tuple[Dataset, ...]:
        """Return datasets that fulfil a requirement; what is missing is derived.

        On success all are in the catalog, with their lineage. Derived before with the same inputs and
        choices, nothing is done. Interrupted, the same call goes on.

        Raises
        ------
        DatasetNotFound
            nothing fulfils it and nothing can derive it; the answer says why, and what would help.
        CoverageError, StoreError, …
            a derivation failed; what was derived before it stays.
        """
        from dmod.services.data.sharing import share_alike

        plan = requirement if isinstance(requirement, Plan) else self.plan(requirement)
        keeping, before = Keeping(name, self.owner, description, expires), self.catalog.clock()
        met = Deriving(self.catalog, self.folder / WORK, self.progress).meet(plan, keeping)
        return tuple(
            share_alike(self, item) if item.name == name and item.created >= before else item for item in met
        )

    def basin(self, places: Sequence[str], hydrofabric: str = "") -> Basin:
        """Return the catchments that belong to places, in a hydrofabric of the catalog."""
        from dmod.services.data.places import find_basin

        fabric = self.dataset(hydrofabric) if hydrofabric else None
        return find_basin(self.catalog, self.folder, places, hydrofabric=fabric)

    def lineage(self, reference: str, *, below: bool = True) -> LineageGraph:
        """Return where a dataset comes from, and what was made of it."""
        from dmod.services.data.lineage import lineage_of

        return lineage_of(self.catalog, self.dataset(reference), below=below)

    def verify(self, references: Sequence[str] = ()) -> Verified:
        """Hash every byte of datasets again, of all where none is named."""
        if references:
            wanted = [self.dataset(reference) for reference in references]
        else:
            wanted = self.list(Listing(latest=False, expired=True))
        return verify(self.catalog, wanted, self.progress)

    def remove(self, references: Sequence[str], *, even_if_needed: bool = False) -> Sequence[Dataset]:
        """Remove versions; their content goes with the next collection of garbage.

        A name without a version stands for the only one there is.

        Raises
        ------
        InputError
            a name has several versions.
        ConflictError, NotPermitted
            as `dmod.catalog.removal.remove` has them; nothing after it is removed.
        """
        wanted = [self._one(reference) for reference in references]
        for dataset in wanted:
            remove(self.catalog, dataset, even_if_needed=even_if_needed)
        return wanted

    def _one(self, reference: str) -> Dataset:
        dataset = self.dataset(reference)
        if split_reference(reference)[1] is None:
            every = Listing(pattern=dataset.name, latest=False, expired=True)
            versions = self.catalog.index.list(every, self.catalog.clock())
            if len(versions) > 1:
                named = ", ".join(item.reference for item in versions[:10])
                raise InputError(
                    f"{dataset.name} has {len(versions)} versions", hint=f"say which to remove: {named}"
                )
        return dataset

    def edit(self, reference: str, changes: Mapping[str, Any]) -> Dataset:
        """Change description, owner, expiry, read-only mark or readers of a version; its data never change.

        Parameters
        ----------
        changes : new values by name of the field
        """
        allowed = {"description", "owner", "expires", "read_only", "shared_with"}
        unknown = sorted(set(changes) - allowed)
        if unknown:
            raise InputError(
                f"{', '.join(unknown)} cannot be changed", hint=f"{', '.join(sorted(allowed))} can"
            )
        dataset = replace(self.dataset(reference), **changes)
        self.catalog.store.put(record_key(dataset.name, dataset.version), record_text(dataset))
        self.catalog.index.edit(dataset)
        return dataset

    def share(self, reference: str, names: Iterable[str]) -> tuple[Dataset, ...]:
        """Let these users read a dataset beside its owner, and no others; ``*`` is everybody.

        Parameters
        ----------
        reference : a version, or a name for all of its versions that belong to the owner of the latest
        """
        from dmod.services.data.sharing import share

        return share(self, reference, names)

    def collect(self, *, grace: timedelta = GRACE, dry_run: bool = False) -> Collected:
        """Remove what is expired, and content that nobody needs; see `dmod.catalog.removal.collect`."""
        from dmod.services.data.scaffolding import clear_work

        found = collect(self.catalog, grace=grace, dry_run=dry_run, progress=self.progress)
        if not dry_run:
            clear_work(self.catalog, self.folder, grace)
        return found

    def recover(self) -> None:
        """Complete or give up what processes that died had begun; cheap where there is nothing."""
        recover(self.catalog)

    def rebuild(self) -> Rebuilt:
        """Tell the index anew of all datasets whose records lie in the store."""
        return rebuild(self.catalog, self.progress)
