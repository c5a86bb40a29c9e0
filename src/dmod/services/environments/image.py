"""The environment that an image is: for a process that runs in a container of it."""

from __future__ import annotations

import os
import sys
from dataclasses import astuple, replace
from pathlib import Path

from dmod.errors import InputError
from dmod.jobs.executor.image import IMAGE, IMAGE_ID
from dmod.services.environments.environment import Environment, hash_of
from dmod.services.environments.interpreter import inspect_environment
from dmod.services.environments.specification import EnvironmentSpec


def image_environment(spec: EnvironmentSpec) -> Environment:
    """Return what the image that is wished for holds, where this process runs in it.

    Raises
    ------
    InputError
        it does not, or the image lacks what every environment needs.
    """
    require_inside(spec)
    try:
        found = inspect_environment(Path(sys.executable))
    except InputError as error:
        raise InputError(f"{error.message} in the image {spec.image}", hint=error.hint) from error
    native = os.environ.get(IMAGE_ID, "")
    return replace(
        found,
        kind="image",
        hash=hash_of(spec.image, native, astuple(found.identity), found.packages),
        wish=spec.as_json(),
        image=spec.image,
        image_id=native,
    )


def require_inside(spec: EnvironmentSpec) -> None:
    """Refuse an image that this process does not run in.

    Raises
    ------
    InputError
        it is another one, or none.
    """
    if os.environ.get(IMAGE) != spec.image:
        raise InputError(
            f"environment: this does not run in the image {spec.image}, and starts no containers",
            hint="submit it to a server: executor: docker, or swarm, with environment: {image: …}; "
            "here name requirements, or the path of an environment",
        )
