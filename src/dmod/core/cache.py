"""Where things are kept that can be made again: compiled code, weights, indexes."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache() -> Path:
    """Return the user's cache folder of dmod; ``DMOD_CACHE_DIR`` puts it elsewhere."""
    home = os.environ.get("DMOD_CACHE_DIR")
    return Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dmod"
