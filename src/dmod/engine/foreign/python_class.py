"""Finding a class by its dotted name, and saying which part of the name is wrong."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from dmod.errors import PluginError

_SHOWN = 8


def find_class(title: str, python_type: str, python_path: str | Path | None = None) -> Any:
    """Return the class ``package.module.Class``.

    Parameters
    ----------
    title : the module's name in the formulation, for messages
    python_path : a folder to import from first; it stays last among the folders that Python looks in, for
        what the module imports later

    Raises
    ------
    PluginError
        there is no such folder, package, module or class, or its import fails.
    """
    names = python_type.split(".")
    if len(names) < 2 or not all(name.isidentifier() for name in names):
        raise PluginError(
            f"module {title}: python_type {python_type!r} names no class",
            hint="it has to be package.module.Class",
        )
    with _importable(title, python_path):
        module = _import_each(title, names[:-1], python_path)
    found = getattr(module, names[-1], None)
    if not inspect.isclass(found):
        what = "has no class" if found is None else "has no class, but something else, of the name"
        raise PluginError(
            f"module {title}: {module.__name__} {what} {names[-1]}", hint=_classes(module, names[-1])
        )
    return found


def _import_each(title: str, names: list[str], python_path: str | Path | None) -> ModuleType:
    """Import a package and what is in it, one name after the other, to know which one is wrong."""
    for count in range(1, len(names) + 1):
        name = ".".join(names[:count])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name == name:
                raise _missing(title, name, python_path) from error
            raise _unimported(title, name, error) from error
        except Exception as error:  # boundary: a module of others runs as it is imported
            raise _unimported(title, name, error) from error
    return module


@contextmanager
def _importable(title: str, folder: str | Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    path = Path(folder).resolve()
    if not path.is_dir():
        raise PluginError(f"module {title}: python_path {folder} is no folder")
    sys.path.insert(0, str(path))
    importlib.invalidate_caches()  # the folder may have been written a moment ago
    try:
        yield
    finally:
        sys.path.remove(str(path))
        if str(path) not in sys.path:
            sys.path.append(str(path))


def _missing(title: str, name: str, python_path: str | Path | None) -> PluginError:
    package, _, last = name.rpartition(".")
    if package:
        parent = sys.modules[package]
        if not hasattr(parent, "__path__"):
            return PluginError(
                f"module {title}: {package} is a module and no package, so there is no {name}",
                hint=_classes(parent, last),
            )
        return PluginError(
            f"module {title}: package {package} has no module {last}", hint=_modules(parent, last)
        )
    looked = f" in {python_path}, nor" if python_path else ""
    return PluginError(
        f"module {title}: there is no Python package {name}{looked} among the installed ones",
        hint="install it beside dmod, or name the folder that holds it as python_path",
    )


def _unimported(title: str, name: str, error: Exception) -> PluginError:
    return PluginError(f"module {title}: importing {name} raised {type(error).__name__}: {error}")


def _classes(module: ModuleType, name: str) -> str:
    classes = [
        key for key, value in vars(module).items() if inspect.isclass(value) and not key.startswith("_")
    ]
    return _listed(f"classes of {module.__name__}", name, classes)


def _modules(package: ModuleType, name: str) -> str:
    modules = sorted(
        {entry.stem for folder in package.__path__ for entry in Path(folder).glob("*") if _is_module(entry)}
    )
    return _listed(f"modules of {package.__name__}", name, modules)


def _is_module(entry: Path) -> bool:
    return (entry.suffix in {".py", ".so"} and entry.stem != "__init__") or (entry / "__init__.py").is_file()


def _listed(what: str, name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, _SHOWN, 0.5) or names[:_SHOWN]
    return f"{what}: {', '.join(near) or 'none'}"
