"""Python environments for modules of users: wished for as requirements or as a path, built once, recorded."""

from __future__ import annotations

from dmod.services.environments.environment import Environment, Package
from dmod.services.environments.environments import Environments, default_folder
from dmod.services.environments.specification import EnvironmentSpec, read_requirements

__all__ = [
    "Environment",
    "EnvironmentSpec",
    "Environments",
    "Package",
    "default_folder",
    "read_requirements",
]
