"""What the header and the symbol table of a shared library say."""

from __future__ import annotations

import platform
import struct
from pathlib import Path

MAGIC = b"\x7fELF"
_MACHINES = {
    3: "i386", 20: "ppc", 21: "ppc64le", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64",
    258: "loongarch64",
}  # fmt: skip
_OURS = {"amd64": "x86_64", "arm64": "aarch64"}
_OTHER_MAGIC = {
    b"\xcf\xfa\xed\xfe": "macOS", b"\xca\xfe\xba\xbe": "macOS", b"MZ": "Windows", b"!<ar": "a static archive",
}  # fmt: skip
_DYNAMIC_SYMBOLS = 11
_FUNCTIONS = (2, 10)  # STT_FUNC, STT_GNU_IFUNC


def own_machine() -> str:
    """Return the architecture that this process runs on, in the words of `machine_of`."""
    name = platform.machine().lower()
    return _OURS.get(name, name)


def machine_of(header: bytes) -> str:
    """Return the architecture that a library's first bytes state, such as ``aarch64``; "" for no ELF file."""
    if len(header) < 20 or not header.startswith(MAGIC):
        return ""
    order = "<" if header[5] == 1 else ">"
    number = struct.unpack_from(f"{order}H", header, 18)[0]
    return _MACHINES.get(number, f"machine number {number}")


def foreign_format(header: bytes) -> str:
    """Return whose format it is if not ours: "macOS", "Windows", "a static archive"; "" if unknown."""
    return next((name for magic, name in _OTHER_MAGIC.items() if header.startswith(magic)), "")


def exported_functions(path: Path) -> tuple[str, ...]:
    """Return the names of the functions that a library offers; none where its table cannot be read."""
    try:
        return tuple(sorted(_functions(path.read_bytes())))
    except (OSError, struct.error, IndexError, ValueError):
        return ()  # for a hint only


def _functions(content: bytes) -> set[str]:
    if not content.startswith(MAGIC) or content[4] != 2:
        return set()
    order = "<" if content[5] == 1 else ">"
    table, size, count = _section_table(content, order)
    sections = [struct.unpack_from(f"{order}IIQQQQIIQQ", content, table + size * i) for i in range(count)]
    found: set[str] = set()
    for section in sections:
        if section[1] == _DYNAMIC_SYMBOLS:
            names = sections[section[6]]
            strings = content[names[4] : names[4] + names[5]]
            for at in range(section[4], section[4] + section[5], section[9]):
                name, info, _, index, _, _ = struct.unpack_from(f"{order}IBBHQQ", content, at)
                if index and info & 15 in _FUNCTIONS:
                    found.add(strings[name : strings.index(b"\0", name)].decode("utf-8", "replace"))
    return found


def _section_table(content: bytes, order: str) -> tuple[int, int, int]:
    """Return where the table of sections begins, the size of a row and the number of rows."""
    table = struct.unpack_from(f"{order}Q", content, 0x28)[0]
    size, count = struct.unpack_from(f"{order}HH", content, 0x3A)
    return table, size, count
