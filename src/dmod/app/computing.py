"""Imported before processes are forked that run models: all that they need, their compiled code included."""

from __future__ import annotations

from dmod.app import steps
from dmod.catalog.index import sql
from dmod.core.compiled import load_used
from dmod.engine.models import cfe, pet, sloth, topmodel
from dmod.engine.routing import router
from dmod.services import parts, run
from dmod.services.jobs.actions import parts as actions

__all__ = ["actions", "cfe", "parts", "pet", "router", "run", "sloth", "sql", "steps", "topmodel"]

LOADED = load_used()
