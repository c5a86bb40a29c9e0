"""What is agreed on attempts in images of users: where they write, and what tells them which is theirs."""

from __future__ import annotations

APART = "apart"
"""Folder in that of a job: all that a user's image may write of it, so that the rest can be trusted."""
IMAGE, IMAGE_ID = "DMOD_ATTEMPT_IMAGE", "DMOD_ATTEMPT_IMAGE_ID"
"""Variables that say in which image an attempt runs, as it was asked for, and what the engine calls it."""
CACHE = "DMOD_CACHE_DIR"
KERNELS = "kernels"
"""Where compiled code lies in a cache."""
OWN_CACHE = "/tmp/dmod"
"""Where compiled code lies in a user's image: other attempts never run what was written there."""
