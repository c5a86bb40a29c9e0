"""From a gauge to a run package: subset, configuration, forcing and observations, in one durable go."""

from dmod.services.prepare.options import PrepareOptions
from dmod.services.prepare.package import PreparedPackage, prepare, prepare_each
from dmod.services.prepare.plan import PreparationPlan, plan_preparation

__all__ = [
    "PreparationPlan",
    "PrepareOptions",
    "PreparedPackage",
    "plan_preparation",
    "prepare",
    "prepare_each",
]
