"""Realization documents: which modules each catchment runs, with what forcing, over what period."""

from dmod.formulation.formulation import Formulation, HydrofabricAttribute, ModuleSpec
from dmod.formulation.reader import read_realization, read_realization_text
from dmod.formulation.realization import ForcingSpec, OutputSpec, Realization
from dmod.formulation.wiring import Connection, Wiring, wire

__all__ = [
    "Connection",
    "ForcingSpec",
    "Formulation",
    "HydrofabricAttribute",
    "ModuleSpec",
    "OutputSpec",
    "Realization",
    "Wiring",
    "read_realization",
    "read_realization_text",
    "wire",
]
