"""One lock for every call into the HDF5 library, which must not be entered by two threads at once."""

from __future__ import annotations

import threading

HDF5_LOCK = threading.RLock()
