"""Carrying a plan out: inputs first, each result kept under the hash of what went in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.catalog import Catalog, Progress
from dmod.catalog.dataset import Dataset, Lineage
from dmod.catalog.derivation import Derivation, Made, Staged, Work
from dmod.catalog.explanation import Fulfilment, reasons
from dmod.catalog.fulfilling import Objection, fulfil
from dmod.catalog.match import examine
from dmod.catalog.placement import place
from dmod.catalog.plan_text import why_not
from dmod.catalog.planning import Plan, Planner, Step, identity
from dmod.catalog.requirement import Requirement
from dmod.core.atomic import remove, storing
from dmod.core.holding import LOCK, held
from dmod.errors import AlreadyExists, CoverageError, DatasetNotFound
from dmod.services.data.files import files_of
from dmod.services.data.visible_index import own_name

WORK = "work"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a result is to be kept.

    Parameters
    ----------
    name : of the dataset; "" for one made of the derivation's name and the key
    expires : when it may be removed; what it was derived from on the way is kept as long
    """

    name: str = ""
    owner: str = ""
    description: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deriving:
    """Carries plans out in a catalog.

    Parameters
    ----------
    folder : where derivations work; an interrupted one goes on from there
    """

    catalog: Catalog
    folder: Path
    progress: Progress

    def meet(self, plan: Plan, keeping: Keeping) -> tuple[Dataset, ...]:
        """Return the datasets that meet a plan's requirement; what is missing is derived first.

        Raises
        ------
        DatasetNotFound
            nothing meets it; the answer says what was considered and what would help.
        ConflictError
            another process derives the same; retryable.
        """
        if plan.is_ready:
            return plan.datasets
        if plan.step is None:
            raise DatasetNotFound(
                "\n  ".join([f"nothing fulfils {plan.requirement}", *why_not(plan)]),
                hint="add a dataset that covers what is missing, or give what a derivation lacks",
            )
        return (self.derive(plan.step, keeping),)

    def derive(self, step: Step, keeping: Keeping) -> Dataset:
        """Return the result of a derivation, made now or before."""
        inner = replace(keeping, name="", description="")
        inputs = [(plan, self.meet(plan, inner)) for plan in step.inputs]
        digests = [
            (plan.requirement.role, identity(dataset)) for plan, datasets in inputs for dataset in datasets
        ]
        key = step.derivation.key(step.wanted, digests)
        index = self.catalog.index
        before = index.derived(key, self.catalog.clock())
        if before is not None:
            return before
        place_of_work = self.folder / key
        with held(place_of_work, f"derives the same by {step.derivation.name}"):
            before = index.derived(key, self.catalog.clock())
            if before is None:
                before = self._derive(step, key, inputs, place_of_work, keeping)
            remove(place_of_work)
        return before

    def _derive(
        self,
        step: Step,
        key: str,
        inputs: Sequence[tuple[Plan, tuple[Dataset, ...]]],
        folder: Path,
        keeping: Keeping,
    ) -> Dataset:
        derivation = step.derivation
        output, scratch = folder / "output", folder / "scratch"
        with storing(folder):
            for part in (output, folder / "inputs"):
                remove(part)
            for part in (output, scratch, folder / "inputs"):
                part.mkdir(exist_ok=True)
        work = Work(
            step.wanted,
            derivation.chosen(step.wanted),
            self._staged(inputs, folder / "inputs"),
            output,
            scratch,
            self.progress,
        )
        made = derivation.run(work)
        lineage = Lineage(
            derivation.name,
            tuple(
                dataset.as_input(plan.requirement.role) for plan, datasets in inputs for dataset in datasets
            ),
            parameters=dict(work.parameters),
            key=key,
            software=f"dmod {version('dmod')}",
            sources=dict(made.sources),
        )
        return self._keep(step, made, lineage, output, keeping)

    def _staged(
        self, inputs: Sequence[tuple[Plan, tuple[Dataset, ...]]], folder: Path
    ) -> Mapping[str, tuple[Staged, ...]]:
        """Place all inputs, read-only; those that lie elsewhere are used from there."""
        staged: dict[str, tuple[Staged, ...]] = {}
        for plan, datasets in inputs:
            role = plan.requirement.role
            for number, dataset in enumerate(datasets):
                target = folder / f"{role or 'input'}-{number}"
                if dataset.is_external:
                    target = Path(dataset.access_location)
                else:
                    place(self.catalog, dataset, target, link=True, progress=self.progress)
                staged[role] = (*staged.get(role, ()), Staged(dataset, target, plan.requirement))
        return staged

    def _keep(self, step: Step, made: Made, lineage: Lineage, output: Path, keeping: Keeping) -> Dataset:
        derivation = step.derivation
        by_key = own_name(self.catalog.index, f"{derivation.name}-{lineage.key[:12]}", keeping.owner)
        new = NewDataset(
            keeping.name or by_key,
            step.wanted.category,
            made.domain,
            description=keeping.description or made.description,
            owner=keeping.owner,
            expires=keeping.expires,
            lineage=lineage,
            extra={"facts": dict(made.facts)} if made.facts else {},
        )
        self._require_fulfilled(step, new)
        files = [(name, path) for name, path in files_of([output]) if name != LOCK]
        try:
            return add_files(self.catalog, new, files, another=bool(keeping.name), progress=self.progress)
        except AlreadyExists:
            same = self.catalog.index.derived(lineage.key, self.catalog.clock())
            if same is None:
                raise
            return same

    def _require_fulfilled(self, step: Step, new: NewDataset) -> None:
        """Refuse a result that does not cover what was required, before it is kept."""
        now = self.catalog.clock()
        draft = Dataset(new.name, 1, new.category, new.domain, "draft", "", 0, 0, 0, now, expires=new.expires)
        found = examine(step.wanted, draft, now)
        if not found.is_fulfilled:
            raise CoverageError(
                "\n  ".join(
                    [f"what {step.derivation.name} made does not cover what is required:", *reasons(found)]
                ),
                hint="its inputs cover less than they state, or the derivation has a fault",
            )


def planner_of(catalog: Catalog, derivations: Sequence[Derivation]) -> Planner:
    """Return a planner over a catalog as it is now; no requirement is looked up twice."""
    now = catalog.clock()
    known: dict[tuple[Requirement, bool], tuple[Fulfilment, tuple[Objection, ...]]] = {}

    def find(requirement: Requirement, several: bool) -> tuple[Fulfilment, tuple[Objection, ...]]:
        if (requirement, several) not in known:
            known[requirement, several] = fulfil(catalog.index, requirement, now, several=several)
        return known[requirement, several]

    return Planner(find, lambda key: catalog.index.derived(key, now), tuple(derivations))
