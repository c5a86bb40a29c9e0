"""All routes of the standard."""

from __future__ import annotations

from fastapi import APIRouter

from dmod.api.ogc import capabilities, jobs

router = APIRouter()
router.include_router(capabilities.router)
router.include_router(jobs.router)
