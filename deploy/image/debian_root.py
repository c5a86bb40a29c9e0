"""A small root folder out of Debian's packages: what the packages hold, without their scripts and papers.

Nothing is installed and no right of root is needed: packages are fetched with apt-get and unpacked into a
folder. Which packages depend on which is asked of apt, less what only a whole system has a use for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

UNUSED = re.compile(
    r"^(perl.*|libperl.*|debconf.*|cdebconf.*|dpkg|tar|install-info|mailcap|mime-support|readline-common|"
    r"adduser|passwd|ssl-cert|lsb-base|sysvinit-utils|init-system-helpers|ucf|sensible-utils|debianutils|"
    r"postgresql-common|postgresql-client-common|libllvm.*|libz3.*|coreutils|dash|gcc-\d+-base|libdb5.*|"
    r"libgdbm.*|libpam-.*|locales.*|libc-l10n|python3-distutils|systemd.*|udev|logrotate|cron|gawk|"
    r"lvm2|cryptsetup.*|parted|gdisk|smartmontools|nvme-cli|uuid-runtime|sudo|binutils.*|xfsprogs|"
    r"python3-(?!minimal|rados|ceph|prettytable|wcwidth|yaml).*)$"
)
"""Packages that a root of this kind does without: for setting up a system, or for what is switched off."""
PAPERS = re.compile(
    r"^(usr/share/(doc|man|info|locale|lintian|bug|doc-base|pixmaps|applications|gcc|gdb|bash-completion|"
    r"menu|perl5|python3/(?!debian_defaults)|binfmts|readline)|usr/lib/(tmpfiles\.d|systemd|sysusers\.d)|"
    r"etc/(init\.d|default|cron.*|logrotate\.d|systemd|ufw|apparmor\.d)|var/(cache|lib/(dpkg|apt)))(/|$)"
)
"""What is left out of packages."""
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Folders that lie in /usr, and are links at the root."""


class BuildError(Exception):
    """An image cannot be built; the message says what to do."""


def needed_packages(names: Sequence[str]) -> list[str]:
    """Return packages with all that they depend on, as apt of this machine knows them."""
    if shutil.which("apt-cache") is None:
        raise BuildError(
            "this needs apt: build on Debian or Ubuntu, and carry the image over with `docker save`"
        )
    # asked once: each question costs apt a second
    direct = _dependencies(run("apt-cache", "depends", "-i", "--recurse", *names))
    found: dict[str, None] = dict.fromkeys(names)
    fresh = list(names)
    while fresh:
        wanted = (other for name in fresh for other in direct.get(name, ()))
        fresh = [name for name in dict.fromkeys(wanted) if name not in found and not UNUSED.match(name)]
        found |= dict.fromkeys(fresh)
    return sorted(found)


def versions(packages: Sequence[str]) -> list[str]:
    """Return each package with the version that apt would fetch now, as ``name=version``."""
    shown, found = run("apt-cache", "policy", *packages), []
    name = ""
    for line in shown.splitlines():
        if not line.startswith(" "):
            name = line.strip().rstrip(":")
        elif line.strip().startswith("Candidate:"):
            version = line.split(":", 1)[1].strip()
            if version == "(none)":
                raise BuildError(f"apt has no package {name}: do `apt-get update`, or see /etc/apt")
            found.append(f"{name}={version}")
    if len(found) < len(packages):
        raise BuildError(f"apt does not know all of {', '.join(packages)}: do `apt-get update`")
    return found


def make_root(root: Path, packages: Sequence[str], archives: Path) -> None:
    """Unpack packages into a folder, with users, names and certificates as programs want them.

    Parameters
    ----------
    packages : as of `versions`
    archives : folder in which fetched packages are kept
    """
    for name in ("etc", "tmp", "proc", "dev", "sys", "run", "root", "usr", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in MERGED:
        (root / "usr" / name).mkdir()
        (root / name).symlink_to(f"usr/{name}")
    for archive in _fetched(packages, archives):
        _unpack(archive, root)
    _finish(root)


def write_tar(
    folder: Path, target: IO[bytes] | Path, owned: dict[str, tuple[int, int]] | None = None
) -> None:
    """Write a folder as an archive that is the same for the same content, all of it root's.

    Parameters
    ----------
    owned : number of user and group of some paths
    """
    opened = {"fileobj": target} if not isinstance(target, Path) else {"name": target}
    with tarfile.open(mode="w", format=tarfile.PAX_FORMAT, **opened) as archive:  # type: ignore[call-overload]
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            entry = archive.gettarinfo(path, name)
            entry.uid, entry.gid = (owned or {}).get(name, (0, 0))
            entry.uname = entry.gname = ""
            entry.mtime = 0
            entry.mode = 0o1777 if name in {"tmp", "var/tmp"} else entry.mode
            if entry.isreg():
                with path.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)


def run(*command: str | Path, **more: object) -> str:
    """Run a program and return what it says; its complaint is the error's message."""
    done = subprocess.run(  # type: ignore[call-overload]
        [str(part) for part in command], capture_output=True, text=True, check=False, **more
    )
    if done.returncode:
        raise BuildError(
            f"{' '.join(map(str, command[:6]))} … failed:\n{(done.stderr or done.stdout)[-2000:]}"
        )
    return str(done.stdout)


def _dependencies(said: str) -> dict[str, list[str]]:
    """Return what each package depends on: of alternatives the first."""
    found: dict[str, list[str]] = {}
    name, is_alternative = "", False
    for line in said.splitlines():
        if not line.startswith(" "):
            name = line.strip()
            continue
        kind, _, other = line.partition("epends: ")
        if not other:
            continue
        if not is_alternative and not other.startswith("<"):
            found.setdefault(name, []).append(other.strip().partition(":")[0])
        is_alternative = kind.startswith(" |")
    return found


def _fetched(packages: Sequence[str], archives: Path) -> list[Path]:
    archives.mkdir(parents=True, exist_ok=True)
    wanted = {item: _archive_name(item) for item in packages}
    missing = [item for item, name in wanted.items() if not list(archives.glob(name))]
    if missing:
        try:
            run("apt-get", "download", "-q", *missing, cwd=archives)
        except BuildError as error:
            raise BuildError(f"{error}\napt may have old lists: do `apt-get update`") from error
    found = [next(iter(archives.glob(name)), None) for name in wanted.values()]
    if None in found:
        raise BuildError(f"apt fetched other versions than asked for; remove {archives} and try again")
    return [path for path in found if path is not None]


def _archive_name(package: str) -> str:
    name, _, version = package.partition("=")
    return f"{name}_{version.replace(':', '%3a')}_*.deb"


def _unpack(archive: Path, root: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reading:
        with tarfile.open(fileobj=reading.stdout, mode="r|") as content:
            for entry in content:
                name = _placed(entry.name)
                if name and not PAPERS.match(name):
                    _place(content, entry, root, root / name)
        if reading.wait():
            raise BuildError(f"{archive} cannot be read; remove it and try again")


def _placed(name: str) -> str:
    """Return where something of a package lies in a root whose folders of programs are merged."""
    path = name.removeprefix("./").strip("/")
    return f"usr/{path}" if path.split("/")[0] in MERGED else path.removeprefix(".")


def _place(content: tarfile.TarFile, entry: tarfile.TarInfo, root: Path, path: Path) -> None:
    if entry.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if entry.issym():
        path.symlink_to(entry.linkname)
    elif entry.islnk():
        path.hardlink_to(root / _placed(entry.linkname))
    elif entry.isreg():
        reading = content.extractfile(entry)
        assert reading is not None
        with reading, path.open("wb") as file:
            shutil.copyfileobj(reading, file)
        path.chmod(entry.mode & 0o755)  # nothing that takes another user's rights


def _finish(root: Path) -> None:
    """Do the few things that scripts of packages would."""
    (root / "etc" / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (root / "etc" / "passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
    )
    (root / "etc" / "group").write_text("root:x:0:\nnogroup:x:65534:\n")
    certificates = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    if certificates:
        bundle = root / "etc/ssl/certs/ca-certificates.crt"
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_bytes(b"".join(path.read_bytes() for path in certificates))
        shutil.rmtree(root / "usr/share/ca-certificates")
    busybox = root / "bin" / "busybox"
    if busybox.exists():
        for name in subprocess.run(
            [busybox, "--list"], capture_output=True, text=True, check=True
        ).stdout.split():
            place = root / "bin" / name
            if not place.exists() and not place.is_symlink():
                place.symlink_to("busybox")
    for name in MERGED:
        if not any((root / "usr" / name).iterdir()):
            (root / "usr" / name).rmdir()
            (root / name).unlink()


def add_user(root: Path, name: str, number: int, home: str) -> None:
    """Make a user and a group of the same number."""
    with (root / "etc" / "passwd").open("a") as file:
        file.write(f"{name}:x:{number}:{number}:{name}:{home}:/bin/sh\n")
    with (root / "etc" / "group").open("a") as file:
        file.write(f"{name}:x:{number}:\n")
