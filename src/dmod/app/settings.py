"""Where the data service keeps what it keeps: from arguments, the environment, a file, or the defaults.

# ~/.config/dmod/config.toml
[data]
home = "/data/dmod"                         # everything below lies there unless said otherwise
store = "s3://basins/dmod"
index = "postgresql://dmod@db.example.org/dmod"
cache_limit = "50 GB"
owner = "hydrology-group"

[data.store_options]
endpoint = "https://s3.example.org"
"""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.core.quantity import parse_size
from dmod.errors import InputError

CONFIG = "DMOD_CONFIG"
VARIABLES: Mapping[str, str] = {
    "home": "DMOD_DATA_HOME",
    "store": "DMOD_STORE",
    "index": "DMOD_INDEX",
    "cache_limit": "DMOD_CACHE_LIMIT",
    "owner": "DMOD_OWNER",
}
"""Environment variable of each setting."""
CACHE_LIMIT = 20 * 10**9


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where the data service keeps what it keeps.

    Parameters
    ----------
    home : folder of this machine, for what is not put elsewhere
    store : folder, or address of an object store
    index : file, or address of a database
    store_options : endpoint, region and keys of the object store
    cache_limit : of what is kept here of a store that is elsewhere [bytes]
    owner : of what is added
    """

    home: Path
    store: str
    index: str
    store_options: Mapping[str, str] = field(default_factory=dict)
    cache_limit: int = CACHE_LIMIT
    owner: str = ""


def read_settings(given: Mapping[str, str | None] | None = None) -> DataSettings:
    """Return the settings: what is given goes before the environment, that before the file and the defaults.

    Raises
    ------
    InputError
        the file cannot be read, has an unknown key, or a value is not what it should be.
    """
    file = _file()
    values = {name: _value(name, given or {}, file) for name in VARIABLES}
    home = Path(values["home"]).expanduser() if values["home"] else _default_home()
    return DataSettings(
        home=home.absolute(),
        store=values["store"] or str(home.absolute() / "store"),
        index=values["index"] or str(home.absolute() / "index.sqlite"),
        store_options={str(key): str(text) for key, text in file.get("store_options", {}).items()},
        cache_limit=parse_size(values["cache_limit"]) if values["cache_limit"] else CACHE_LIMIT,
        owner=values["owner"] or _user(),
    )


def config_path() -> Path:
    """Return where the file of settings is looked for."""
    named = os.environ.get(CONFIG)
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "dmod" / "config.toml"


def _value(name: str, given: Mapping[str, str | None], file: Mapping[str, Any]) -> str:
    return str(given.get(name) or os.environ.get(VARIABLES[name]) or file.get(name) or "")


def _file() -> Mapping[str, Any]:
    data = config_table("data", {*VARIABLES, "store_options"})
    if not isinstance(data.get("store_options", {}), dict):
        raise InputError(f"{config_path()}: [data.store_options] is a table")
    return data


def config_table(name: str, keys: Collection[str]) -> Mapping[str, Any]:
    """Return a table of the file of settings; an empty one where there is none.

    Raises
    ------
    InputError
        the file cannot be read, or the table has a key that is none of these.
    """
    path = config_path()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get(CONFIG):
            raise InputError(f"{path}, named by {CONFIG}, is not there") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else str(error)
        raise InputError(f"{path} cannot be read: {why}", hint="it is TOML with tables") from error
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise InputError(f"{path}: [{name}] is a table")
    unknown = sorted(set(table) - set(keys))
    if unknown:
        raise InputError(
            f"{path}: [{name}] has no key {', '.join(unknown)}", hint="allowed: " + ", ".join(sorted(keys))
        )
    return table


def _default_home() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "dmod"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many containers
        return str(os.getuid())
