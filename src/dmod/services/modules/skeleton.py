"""A module to begin with: a small real one, with tests, an example configuration and a page that explains."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dmod.core.atomic import hidden_path, remove, storing
from dmod.errors import AlreadyExists, InputError
from dmod.services.modules.program_name import COUPLING_OF

TEMPLATES: Final = Path(__file__).parent / "templates"
SUFFIX: Final = ".template"
LANGUAGES: Final = ("python", "c", "c++", "fortran")
VECTORISED: Final = "python-vectorised"
COMPILED: Final = "compiled"
_REGISTERED = '"registration_function": "register_bmi",'
_HEADER = "| `{0}` | the interface, with the names and the order of its specification |\n"
_FORTRAN = (
    "\nThe functions at the end of `@SOURCE@` are the binding by which dmod calls it. Frameworks that bring "
    "a binding of their own (`iso_c_bmif_2_0`, with a handle that holds a `class(bmi)`) want the model as a "
    "type that extends their `bmi`, in place of these functions.\n"
)
WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "c": {
            "TITLE": "C", "SOURCE": "linear_reservoir.c", "HEADER": _HEADER.format("bmi.h"),
            "SETTING": _REGISTERED, "MORE": "",
        },
        "c++": {
            "TITLE": "C++", "SOURCE": "linear_reservoir.cpp", "HEADER": _HEADER.format("bmi.hxx"),
            "SETTING": '"create_function": "bmi_model_create",\n  "destroy_function": "bmi_model_destroy",',
            "MORE": "",
        },
        "fortran": {
            "TITLE": "Fortran", "SOURCE": "linear_reservoir.f90", "HEADER": "", "SETTING": _REGISTERED,
            "MORE": _FORTRAN,
        },
    }
)  # fmt: skip
"""What the templates that the compiled languages share say of each, by the word that stands for it."""
_RESERVED = sys.stdlib_module_names | {"bmi", "dmod", "numpy", "pytest", "std"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
_LONGEST = 40
"""Names of Fortran have 63 letters at most, and the longest one here has 20 beside the module's."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A module that was written.

    Parameters
    ----------
    folder : where it lies
    files : relative to the folder
    program : what `dmod module check` is given, seen from the folder
    commands : what to do next, in the folder
    """

    folder: Path
    files: tuple[str, ...]
    program: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """A module's name in the forms that languages want.

    Parameters
    ----------
    dashed : ``linear-reservoir``, of the folder and the distribution
    plain : ``linear_reservoir``, of files and packages
    pascal : ``LinearReservoir``, of classes
    """

    dashed: str
    plain: str
    pascal: str

    @classmethod
    def of(cls, name: str) -> Names:
        """Return the forms of a name.

        Raises
        ------
        InputError
            it cannot be a name in every language.
        """
        plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()
        if (
            not _NAME.fullmatch(name)
            or len(name) > _LONGEST
            or plain in _RESERVED
            or keyword.iskeyword(plain)
        ):
            raise InputError(
                f"{name!r} cannot be a module's name",
                hint=f"letters, digits, - and _, beginning with a letter, at most {_LONGEST}, and no name of "
                "a library: linear-reservoir",
            )
        pascal = "".join(part[:1].upper() + part[1:] for part in plain.split("_"))
        return cls(plain.replace("_", "-"), plain, pascal)

    def put(self, text: str) -> str:
        """Return a template's text with this name in the place of the template's."""
        text = text.replace("linear_reservoir", self.plain).replace("linear-reservoir", self.dashed)
        return text.replace("LinearReservoir", self.pascal).replace("LINEAR_RESERVOIR", self.plain.upper())


def write_skeleton(
    name: str, *, language: str = "python", output: Path | None = None, vectorised: bool = False
) -> Skeleton:
    """Write a module to begin with; nothing is overwritten, and it is there whole or not at all.

    Parameters
    ----------
    output : the folder, which must not exist or be empty; ``NAME`` here where none is given
    vectorised : of Python, one instance for many catchments

    Raises
    ------
    InputError
        the name or the language is none, or the language has no vectorised form.
    AlreadyExists
        there is something in the folder's place.
    StoreError
        it cannot be written.
    """
    if language not in LANGUAGES:
        raise InputError(f"language {language!r} is unknown", hint=f"there are {', '.join(LANGUAGES)}")
    if vectorised and language != "python":
        raise InputError(
            f"a module in {language} has one catchment an instance", hint="--vectorised is for python"
        )
    names = Names.of(name)
    folder = Path(names.dashed) if output is None else output
    _require_free(folder)
    first = "python" if language == "python" else COMPILED
    layers = (first, VECTORISED) if vectorised else tuple(dict.fromkeys((first, language)))
    texts = {names.put(path): names.put(_worded(text, language)) for path, text in _templates(layers)}
    _write(folder, texts)
    return Skeleton(folder, tuple(sorted(texts)), *_use(names, language))


def _templates(layers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield path and text of every template; a later layer's stands for an earlier one's."""
    found = {}
    for layer in layers:
        root = TEMPLATES / layer
        for path in sorted(root.rglob(f"*{SUFFIX}")):
            found[str(path.relative_to(root)).removesuffix(SUFFIX)] = path.read_text(encoding="utf-8")
    yield from found.items()


def _worded(text: str, language: str) -> str:
    """Return a template with what is said of a compiled language."""
    if language == "python":
        return text
    for word, said in (*WORDS[language].items(), ("LANGUAGE", language), ("COUPLING", COUPLING_OF[language])):
        text = text.replace(f"@{word}@", said)
    return text.replace("@SOURCE@", WORDS[language]["SOURCE"]).rstrip("\n") + "\n"


def _require_free(folder: Path) -> None:
    taken = folder.is_symlink() or folder.exists()
    if taken and not (folder.is_dir() and not any(folder.iterdir())):
        raise AlreadyExists(
            f"{folder} exists", hint="give another folder with --output; nothing is overwritten"
        )


def _write(folder: Path, texts: dict[str, str]) -> None:
    """Write files aside and put them in their place at once."""
    aside = hidden_path(folder.absolute())
    try:
        with storing(folder):
            for path, text in texts.items():
                target = aside / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            # what is not empty refuses to be replaced, should somebody have been quicker
            aside.replace(folder)
    finally:
        remove(aside)


def _use(names: Names, language: str) -> tuple[str, tuple[str, ...]]:
    """Return a module's program, and the commands to try it."""
    config = f"--config example/{names.plain}.ini"
    if language == "python":
        program = f"{names.plain}.module:{names.pascal}"
        return program, ("pip install -e .", "pytest", f"dmod module check {program} {config}")
    program = f"lib{names.plain}.so"
    return program, ("make", "pytest", f"dmod module check {program} --language {language} {config}")
