"""The steps of a preparation, in order: each noted with the hash of its inputs, none done twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from dmod.core.atomic import remove, storing
from dmod.errors import InputError
from dmod.services.configure import ConfigurationPlan, configure
from dmod.services.prepare.ledger import Facts, Ledger, step_key
from dmod.services.prepare.options import CONVENTIONS, PrepareOptions
from dmod.services.subset import Region, Selected, subset

Progress = Callable[[str, float], None]

FORCING_WORK = ".forcing"
GAUGE = ("gage-", "gauge-", "gages-", "gauges-")


@dataclass(slots=True)
class Making:
    """A package that is being made.

    Parameters
    ----------
    source : fabric that the region is cut out of
    folder : where it is made
    name : of the GeoPackage, without suffix
    keys, facts : of the steps so far; a step's key holds those of the steps that it builds on
    resumed : steps that were complete already
    """

    source: Path
    region: Region
    options: PrepareOptions
    folder: Path
    name: str
    progress: Progress
    keys: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    resumed: list[str] = field(default_factory=list)

    @property
    def fabric(self) -> Path:
        """The subset inside the package."""
        return self.folder / "config" / f"{self.name}.gpkg"

    @property
    def forcing(self) -> Path:
        """The forcing inside the package: a file, or a folder of CSV files."""
        forcings = self.folder / "forcings"
        return forcings if self.options.csv else forcings / "forcings.nc"

    def worth_keeping(self) -> bool:
        """Whether anything was read from the forcing store, which an interruption must not lose."""
        return any((self.folder / FORCING_WORK).rglob("*")) or "forcing" in self.facts

    def do(self, step: str, key: str, made: Path, work: Callable[[], Facts]) -> None:
        """Do a step, unless it is complete with the same inputs.

        Parameters
        ----------
        made : folder that the step fills; what an earlier attempt with other inputs left there goes
        """
        ledger = Ledger(self.folder)
        noted = ledger.found(step, key)
        if noted is None or not any(made.iterdir()):
            ledger.forget(step)
            empty(made)
            noted = work()
            ledger.finish(step, key, noted)
        else:
            self.resumed.append(step)
        self.note(step, key, noted)

    def note(self, step: str, key: str, facts: Facts) -> None:
        """Take note of a step that was done."""
        self.keys[step], self.facts[step] = key, facts


def package_name(region: Region, target: Path) -> str:
    """Return a name for the GeoPackage: the place, if there is only one, with ``_subset``."""
    if len(region.places) == 1 and region.bbox is None and region.polygon is None:
        return f"{folder_name(region.places[0])}_subset"
    return folder_name(target.absolute().name)


def folder_name(place: str) -> str:
    """Return a place as a file may be called."""
    return re.sub(r"[^\w.,+-]+", "_", place.strip())


def gauges_asked(region: Region) -> list[str]:
    """Return the numbers of the gauges among a region's places."""
    found = []
    for place in region.places:
        prefix = next((prefix for prefix in GAUGE if place.lower().startswith(prefix)), "")
        found += [place[len(prefix) :]] if prefix else []
    return found


def lay_out(making: Making) -> None:
    """Make the package's folders; of an earlier attempt only what is costly stays."""
    options = making.options
    kept = {"forcings": bool(options.forcing), "observed": bool(options.observations)}
    with storing(making.folder):
        for name in (*CONVENTIONS, *kept):
            if not kept.get(name):
                remove(making.folder / name)
        for name in (*CONVENTIONS, *(name for name, wanted in kept.items() if wanted)):
            (making.folder / name).mkdir(exist_ok=True)


def empty(folder: Path) -> None:
    """Remove everything in a folder."""
    with storing(folder):
        for entry in folder.iterdir():
            remove(entry)


def cut_out(making: Making) -> Selected:
    """Write the subset; done anew each time, since it takes a moment and the fabric may have changed."""
    making.progress("cutting the basin out", 0.0)
    result = subset(
        making.source,
        making.fabric,
        making.region,
        overwrite=True,
        progress=lambda phase: making.progress(phase, 0.0),
    )
    (selected,) = result.selected
    making.note("subset", hash_of(making.fabric), selected.as_json())
    return selected


def configure_modules(making: Making) -> None:
    """Write module configurations, realization and routing configuration; quick, so done anew each time."""
    options = making.options
    making.progress("configuring modules", 0.0)
    result = configure(
        making.fabric,
        making.folder,
        formulation=options.formulation,
        start=options.start,
        end=options.end,
        fallbacks=options.fallbacks,
        forcing="./forcings/" if options.csv else "./forcings/forcings.nc",
        options=generator_options(options),
        overwrite=True,
    )
    making.note("configuration", "", configuration_facts(result.plan))


def fetch_observed(making: Making) -> None:
    """Fetch the observed streamflow of the gauges that were asked for."""
    from dmod.services.observations import fetch_observations

    options, wanted = making.options, gauges_asked(making.region)
    if not options.observations:
        return
    key = step_key(
        gauges=wanted,
        source=options.observations,
        kind=options.observed_kind,
        start=options.start,
        end=options.end,
    )

    def work() -> Facts:
        noted: dict[str, Any] = {}
        for done, gauge in enumerate(wanted):
            making.progress(f"observations of {gauge}", done / len(wanted))
            result = fetch_observations(
                gauge,
                making.folder / "observed" / f"gage-{gauge}.csv",
                start=options.start,
                end=options.end + timedelta(hours=1),
                kind=options.observed_kind,
                source=options.observations,
                overwrite=True,
            )
            noted[gauge] = {**result.as_json(), "path": f"observed/gage-{gauge}.csv"}
        return noted

    making.do("observations", key, making.folder / "observed", work)


def derive_means(making: Making) -> None:
    """Derive the catchments' forcing; the store's own work goes on by blocks."""
    from dmod.services.derive_forcing import derive_forcing

    options = making.options
    if not options.forcing:
        return
    key = step_key(
        fabric=making.keys["subset"],
        store=options.forcing,
        layout=options.layout,
        options=dict(options.store_options),
        variables=options.variables,
        start=options.start,
        end=options.end,
        policies=(options.partial, options.missing, options.method, options.csv),
    )

    def work() -> Facts:
        result = derive_forcing(
            options.forcing,
            making.fabric,
            making.forcing,
            start=options.start,
            end=options.end,
            layout=options.layout,
            variables=options.variables or None,
            partial=options.partial,
            missing=options.missing,
            method=options.method,
            options=options.store_options,
            work=making.folder / FORCING_WORK,
            workers=options.workers,
            csv=options.csv,
            overwrite=True,
            progress=making.progress,
        )
        return dict(result.facts)

    making.do("forcing", key, making.folder / "forcings", work)


def generator_options(options: PrepareOptions) -> dict[str, str]:
    """Return the choices that concern single modules."""
    tables = options.noah_parameters
    return {} if tables is None else {"noah_parameters": str(tables)}


def configuration_facts(plan: ConfigurationPlan) -> Facts:
    """Return what is worth noting of a configuration."""
    return {
        "formulation": plan.formulation,
        "modules": {module.title: module.files for module in plan.modules},
        "bytes": plan.size,
        "native": plan.native,
        "replacements": [
            {"parameter": r.parameter, "taken": r.method, "catchments": len(r.catchments)}
            for r in plan.replacements
        ],
    }


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    InputError
        it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="name a file that is there"
        ) from error
