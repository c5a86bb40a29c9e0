"""How much the files of a folder take on the disk."""

from __future__ import annotations

import os
from contextlib import suppress

BLOCK = 512


def folder_size(path: str) -> int:
    """Return what all files below a folder take [bytes]; what vanishes meanwhile is passed over."""
    size = 0
    waiting = [path]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for item in entries:
                with suppress(OSError):
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(item.path)
                    else:
                        size += item.stat(follow_symlinks=False).st_blocks * BLOCK
    return size
