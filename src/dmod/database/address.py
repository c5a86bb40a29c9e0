"""Addresses of databases, as far as can be said of them without loading what opens them."""

from __future__ import annotations

PATIENCE = 30.0
"""Seconds for which a busy database is tried again."""
IN_MEMORY = frozenset({"memory:", "memory://"})
"""Addresses of what is kept in no database."""
