"""What the routes of the standard share in one application: made when it is first asked for."""

from __future__ import annotations

import threading

from fastapi import FastAPI

from dmod.api.ogc.callbacks import Callbacks
from dmod.api.services import Services
from dmod.services.outgoing import Outgoing, allowed_networks

_LOCK = threading.Lock()


def outgoing_of(services: Services) -> Outgoing:
    """Return what sends requests to addresses that users name."""
    return Outgoing(allowed_networks(is_private=services.settings.is_private))


def callbacks_of(app: FastAPI) -> Callbacks:
    """Return what tells subscribers; the first time it looks for those whom an earlier server left."""
    with _LOCK:
        known: Callbacks | None = getattr(app.state, "ogc_callbacks", None)
        if known is None:
            services: Services = app.state.services
            known = Callbacks(services.jobs.store, outgoing_of(services).post)
            app.state.ogc_callbacks = known
            known.wake()
    return known
