"""Environments that are really built, of tiny wheels and without an index; and what becomes of bad ends."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dmod.errors import (
    BackendError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    StoreError,
)
from dmod.services.environments import Environments, EnvironmentSpec, Package
from dmod.services.environments.soundness import protect
from dmod.testing import wheels
from dmod.testing.wheels import write_project, write_wheel

Kept = Callable[..., Environments]

HANGING = """
import os, pathlib, time
pathlib.Path({mark!r}).write_text(str(os.getpid()))
time.sleep(600)
"""
"""What builds a project, tells its process, and never ends."""


def wish(*requirements: str, **more: object) -> EnvironmentSpec:
    return EnvironmentSpec.parse({"requirements": list(requirements), **more})


def said_by(python: Path, program: str) -> str:
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def left(folder: Path) -> list[str]:
    """Return what lies among the built environments, hidden ones too, and the wishes."""
    return sorted(path.name for room in ("built", "wishes") for path in (folder / room).glob("*"))


def spoil(folder: Path) -> None:
    """Change a file of a built environment, as a package does that writes into its own folder."""
    (changed,) = folder.glob("venv/lib/python*/site-packages/tiny/__init__.py")
    changed.chmod(0o644)
    changed.write_text("__version__ = 'spoiled'\n")


def test_environment_is_built_once_with_numpy_and_found_again(kept: Kept) -> None:
    log: list[str] = []
    built = kept().build(wish("tiny<2"), log=log.append)
    assert built.packages == (Package("numpy", "2.1.0"), Package("tiny", "1.0"))
    assert (
        said_by(built.python, "import tiny, numpy; print(tiny.__version__, numpy.__version__)") == "1.0 2.1.0"
    )
    assert log[0] == "resolving tiny<2, numpy"
    assert " + tiny==1.0" in log
    assert kept().log_of(built).splitlines() == log

    again: list[str] = []
    found = kept(uv="/nowhere/uv").build(wish("tiny<2"), log=again.append)
    assert found == built
    assert again == [f"environment {built.hash[:12]} is there"]


def test_wishes_that_lock_to_the_same_share_one_environment(kept: Kept) -> None:
    first = kept().build(wish("tiny"))
    second = kept().build(wish("tiny==2.0", "numpy>=2"))
    assert second.hash == first.hash
    assert second.python == first.python
    assert second.wish["requirements"] == ["numpy>=2", "tiny==2.0"]
    assert [one.hash for one in kept().list()] == [first.hash]
    assert kept().find(wish("tiny<2")) is None


def test_same_wish_has_the_same_hash_in_another_folder(kept: Kept, tmp_path: Path, links: Path) -> None:
    other = Environments(tmp_path / "other", uv=wheels.uv(), index="none", find_links=[links])
    assert other.build(wish("tiny")).hash == kept().build(wish("tiny")).hash


def test_record_tells_what_ran_and_how_to_build_it_again(kept: Kept, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "snow", "1.0")
    built = kept().build(wish(str(wheel), "tiny<2"))
    record = json.loads(json.dumps(built.record()))
    assert record["kind"] == "requirements"
    assert record["hash"] == built.hash
    assert record["interpreter"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert {"name": "snow", "version": "1.0", "source": wheel.name} in record["packages"]
    assert record["wish"]["requirements"] == ["tiny<2", str(wheel)]
    (digest,) = record["sources"].values()
    assert f"--hash=sha256:{digest}" in record["lock"]
    assert "tiny==1.0 \\\n    --hash=sha256:" in record["lock"]
    assert record["builder"].startswith("uv ")


def test_newer_versions_are_taken_only_when_asked_to(kept: Kept, tmp_path: Path) -> None:
    write_wheel(tmp_path / "links", "snow", "1.0")
    spec = wish("snow", find_links=[str(tmp_path / "links")])
    first = kept().build(spec)
    write_wheel(tmp_path / "links", "snow", "1.1")
    assert kept().build(spec).hash == first.hash
    refreshed = kept().build(spec, refresh=True)
    assert Package("snow", "1.1") in refreshed.packages
    assert kept().build(spec).hash == refreshed.hash
    assert len(kept().list()) == 2


def test_project_is_built_apart_from_where_it_lies(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    before = sorted(project.rglob("*"))
    built = kept().build(wish(str(project)))
    assert said_by(built.python, "import melt; print(melt.VALUE)") == "1"
    assert sorted(project.rglob("*")) == before
    (project / "melt.py").write_text("VALUE = 2\n")
    changed = kept().build(wish(str(project)))
    assert said_by(changed.python, "import melt; print(melt.VALUE)") == "2"
    assert said_by(built.python, "import melt; print(melt.VALUE)") == "1"


def test_build_sees_nothing_that_belongs_to_the_service(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DMOD_INDEX", "DMOD_STORE_KEY", "PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, str(tmp_path))
    built = kept().build(wish(str(write_project(tmp_path / "melt", "melt", "1.0"))))
    assert "the build sees []" in kept().log_of(built)


def test_nothing_of_an_environment_is_shared_with_another_or_with_what_was_downloaded(kept: Kept) -> None:
    built = kept().build(wish("tiny"))
    assert built.folder is not None
    files = [path for path in built.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 10
    assert {path.stat().st_nlink for path in files} == {1}
    installed = [path for path in files if "site-packages" in path.parts]
    assert not [path for path in installed if path.stat().st_mode & 0o222]
    assert not said_by(built.python, "import sys; print([p for p in sys.path if 'dmod' in p])").strip("[]")


def test_code_of_an_environment_does_not_run_when_it_is_built(kept: Kept, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    program = f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n"
    wheel = write_wheel(
        tmp_path,
        "snow",
        "1.0",
        files={"snow.pth": program, "sitecustomize.py": program, "snow/a.py": program},
    )
    built = kept(builds=False).build(wish(str(wheel)))
    kept().find(wish(str(wheel)))
    kept().list()
    assert not mark.exists()
    said_by(built.python, "pass")
    assert mark.exists()


def test_wheels_alone_can_be_demanded(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    with pytest.raises(InputError, match="only wheels are installed here"):
        kept(builds=False).build(wish(str(project)))


def test_requirement_that_cannot_be_met_is_told_with_the_reason(kept: Kept) -> None:
    with pytest.raises(InputError, match="tiny>=3") as raised:
        kept().build(wish("tiny>=3"))
    assert "only tiny<=2.0 is available" in " ".join(raised.value.message.split())
    log = Path((raised.value.hint or "").rpartition(" ")[2])
    assert "No solution found" in log.read_text()
    assert left(kept().folder) == []

    with pytest.raises(InputError, match="unsatisfiable"):
        kept().build(wish("tiny>=2", "numpy<2"))


def test_project_that_cannot_be_built_is_told_with_what_it_said(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    (project / "backend.py").write_text("raise RuntimeError('the compiler is missing')\n")
    with pytest.raises(InputError, match="the compiler is missing"):
        kept().build(wish(str(project)))
    assert left(kept().folder) == []


def test_wheel_that_is_none_is_told(kept: Kept, tmp_path: Path) -> None:
    broken = tmp_path / "snow-1.0-py3-none-any.whl"
    broken.write_bytes(b"no zip")
    with pytest.raises(InputError, match="resolving failed"):
        kept().build(wish(str(broken)))
    assert left(kept().folder) == []


def test_source_that_changes_after_it_was_named_is_not_installed(kept: Kept, tmp_path: Path) -> None:
    spec = wish(str(write_wheel(tmp_path, "snow", "1.0")))
    write_wheel(tmp_path, "snow", "1.0", files={"snow/evil.py": ""})
    with pytest.raises(ConflictError, match="has changed since it was named"):
        kept().build(spec)
    assert left(kept().folder) == []


def test_wheel_that_is_not_what_was_locked_is_not_installed(kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    write_wheel(folder, "snow", "1.0")
    spec = wish("snow", find_links=[str(folder)])
    built = kept().build(spec)
    assert built.folder is not None
    built.python.parent.chmod(0o755)
    (built.python.parent / "added").touch()
    write_wheel(folder, "snow", "1.0", files={"snow/evil.py": ""})
    again = kept().build(spec)  # of what was downloaded, which is what was locked
    assert not list((again.folder or tmp_path).rglob("evil.py"))

    again.python.parent.chmod(0o755)
    (again.python.parent / "added").touch()
    kept().prune(timedelta(days=1), downloads=True)
    with pytest.raises(IntegrityError, match="snow"):
        kept().build(spec)


def test_index_that_cannot_be_reached_may_be_asked_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BackendError, match="error sending request") as raised:
        kept(index="http://127.0.0.1:9/simple").build(wish("tiny"))
    assert raised.value.retryable
    assert left(kept().folder) == []


def test_offline_is_told_what_to_do(kept: Kept) -> None:
    offline = kept(index="http://127.0.0.1:9/simple", find_links=[], offline=True)
    with pytest.raises(InputError, match="network was disabled") as raised:
        offline.build(wish("tiny"))
    assert "find_links" in (raised.value.hint or "")


def test_offline_builds_from_folders_and_finds_what_is_there(kept: Kept) -> None:
    built = kept(offline=True).build(wish("tiny"))
    assert kept(offline=True, find_links=[]).build(wish("tiny")) == built


def test_without_uv_what_is_there_is_found_and_what_is_not_is_told(kept: Kept, tmp_path: Path) -> None:
    kept().build(wish("tiny"))
    none = kept(uv=tmp_path / "none")
    assert none.build(wish("tiny"))
    with pytest.raises(InputError, match="is no program") as raised:
        none.build(wish("tiny<2"))
    assert "pip install uv" in (raised.value.hint or "")


def test_build_that_takes_too_long_is_ended_with_all_that_it_started(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    mark = tmp_path / "pid"
    (project / "backend.py").write_text(
        "import os, pathlib, subprocess, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(BackendError, match="took longer than 3 s"):
        kept(limit_seconds=3.0).build(wish(str(project)))
    assert _is_gone(int(mark.read_text()))
    assert left(kept().folder) == []


def test_environment_that_was_changed_is_built_anew_from_its_lock(kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    write_wheel(folder, "snow", "1.0")
    spec = wish("snow", "tiny", str(write_wheel(tmp_path, "melt", "1.0")), find_links=[str(folder)])
    built = kept().build(spec)
    assert built.folder is not None
    spoil(built.folder)
    assert kept().flaw(built) == "its files were changed after it was built"
    assert kept().find(spec) is None
    write_wheel(folder, "snow", "2.0")
    log: list[str] = []
    again = kept().build(spec, log=log.append)
    assert again.hash == built.hash
    assert "is built anew from its lock: its files were changed" in log[0]
    assert (
        said_by(again.python, "import tiny, snow, melt; print(tiny.__version__, snow.__version__)")
        == "2.0 1.0"
    )
    assert kept().flaw(again) == ""


def test_byte_code_that_runs_leave_changes_nothing(kept: Kept) -> None:
    built = kept().build(wish("tiny"))
    assert built.folder is not None
    (package,) = built.folder.glob("venv/lib/python*/site-packages/tiny")
    assert list(package.glob("__pycache__/*.pyc"))
    (package / "__pycache__").chmod(0o755)
    (package / "__pycache__" / "other.cpython-399.pyc").write_bytes(b"")
    assert kept().find(wish("tiny")) == built


def test_environment_whose_python_is_gone_is_built_anew(kept: Kept) -> None:
    built = kept().build(wish("tiny"))
    (built.python.parent).chmod(0o755)
    built.python.unlink()
    built.python.symlink_to("/removed/bin/python3")
    assert kept().flaw(built) == "its Python is gone"
    assert kept().find(wish("tiny")) is None
    again = kept().build(wish("tiny"))
    assert again.hash == built.hash
    assert said_by(again.python, "import tiny; print(tiny.__version__)") == "2.0"


def test_python_that_nobody_has_is_told(kept: Kept) -> None:
    with pytest.raises(InputError, match=r"3\.99"):
        kept(offline=True).build(wish("tiny", python="3.99"))
    assert left(kept().folder) == []


def test_python_of_dmod_by_its_version_is_the_same_interpreter(kept: Kept) -> None:
    plain = kept().build(wish("tiny"))
    named = kept().build(wish("tiny", python=f"3.{sys.version_info.minor}"))
    assert named.hash == plain.hash


def test_settings_of_a_project_above_do_not_count(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.uv]\nconstraint-dependencies = ["tiny<2"]\n'
        '[tool.uv.pip]\nindex-url = "http://127.0.0.1:9/simple"\nno-build = true\n'
    )
    assert Package("tiny", "2.0") in kept().build(wish("tiny")).packages


def test_two_processes_that_want_the_same_build_it_once(kept: Kept, links: Path) -> None:
    program = (
        "import sys\n"
        "from dmod.services.environments import Environments, EnvironmentSpec\n"
        "kept = Environments(sys.argv[1], uv=sys.argv[2], index='none', find_links=[sys.argv[3]])\n"
        "print(kept.build(EnvironmentSpec.parse(['tiny']), log=lambda l: print(l, file=sys.stderr)).hash)\n"
    )
    folder = kept().folder
    arguments = [sys.executable, "-c", program, str(folder), str(wheels.uv()), str(links)]
    running = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    done = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], done
    assert len({output for output, _ in done}) == 1
    assert sum("resolving tiny" in said for _, said in done) == 1


def test_threads_with_wishes_that_lock_to_the_same_build_it_once(kept: Kept) -> None:
    logs: list[list[str]] = [[], []]
    wishes = [wish("tiny"), wish("tiny==2.0")]
    threads = [
        threading.Thread(target=lambda n=n: kept().build(wishes[n], log=logs[n].append)) for n in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(kept().list()) == 1
    assert sum(" + tiny==2.0" in log for log in logs) == 1


def test_killed_build_leaves_nothing_that_counts(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    backend = (project / "backend.py").read_text()
    mark = tmp_path / "building"
    (project / "backend.py").write_text(HANGING.format(mark=str(mark)))
    program = (
        "import sys\n"
        "from dmod.services.environments import Environments, EnvironmentSpec\n"
        "kept = Environments(sys.argv[1], uv=sys.argv[2], index='none')\n"
        "kept.build(EnvironmentSpec.parse([sys.argv[3]]))\n"
    )
    folder = kept().folder
    process = subprocess.Popen([sys.executable, "-c", program, str(folder), str(wheels.uv()), str(project)])
    _wait_for(lambda: mark.exists() and mark.read_text())
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    os.killpg(os.getpgid(int(mark.read_text())), signal.SIGKILL)
    (hidden,) = left(folder)
    assert hidden.endswith(f".{process.pid}.partial")
    assert kept().list() == ()

    (project / "backend.py").write_text(backend)
    built = kept().build(wish(str(project)))
    assert said_by(built.python, "import melt; print(melt.VALUE)") == "1"
    assert [name for name in left(folder) if name.startswith(".")] == []


def test_stopped_build_ends_what_it_started(kept: Kept, tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    mark = tmp_path / "building"
    (project / "backend.py").write_text(HANGING.format(mark=str(mark)))

    def stop_while_building(line: str) -> None:
        if line.startswith("Building"):
            _wait_for(lambda: mark.exists() and mark.read_text())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept().build(wish(str(project)), log=stop_while_building)
    assert _is_gone(int(mark.read_text()))
    assert left(kept().folder) == []


def test_full_disk_leaves_nothing_and_says_so(kept: Kept, tmp_path: Path, links: Path) -> None:
    large = write_wheel(tmp_path, "large", "1.0", files={"large/data.txt": "x" * 3_000_000})
    program = (
        "import resource, sys\n"
        "from dmod.errors import StoreError\n"
        "from dmod.services.environments import Environments, EnvironmentSpec\n"
        "spec = EnvironmentSpec.parse([sys.argv[4]])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "kept = Environments(sys.argv[1], uv=sys.argv[2], index='none', find_links=[sys.argv[3]])\n"
        "try:\n    kept.build(spec)\n"
        "except StoreError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(kept().folder), str(wheels.uv()), str(links), str(large)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "no space left to write" in done.stdout, done
    assert "nothing was left half-written" in done.stdout
    assert left(kept().folder) == []


def test_environment_is_removed_and_its_wishes_are_forgotten(kept: Kept) -> None:
    one, other = kept().build(wish("tiny")), kept().build(wish("tiny<2"))
    assert kept().get(one.hash[:8]).hash == one.hash
    assert kept().remove(one.hash[:8]).hash == one.hash
    assert [left_over.hash for left_over in kept().list()] == [other.hash]
    assert kept().find(wish("tiny")) is None
    assert one.folder is not None
    assert not one.folder.exists()
    for asked in (one.hash, "", "../wishes"):
        with pytest.raises(NotFoundError):
            kept().remove(asked)
    assert kept().build(wish("tiny")).hash == one.hash


def test_unused_environments_are_pruned(kept: Kept) -> None:
    old, young = kept().build(wish("tiny<2")), kept().build(wish("tiny"))
    assert old.folder is not None
    long_ago = time.time() - 40 * 86400
    os.utime(old.folder / "used", (long_ago, long_ago))
    assert kept().prune(timedelta(days=50)) == ()
    assert [one.hash for one in kept().prune(timedelta(days=30))] == [old.hash]
    assert [one.hash for one in kept().list()] == [young.hash]
    kept().prune(timedelta(days=30), downloads=True)
    assert not (kept().folder / "downloads").exists()
    assert kept(offline=True, find_links=[]).build(wish("tiny")).hash == young.hash


def test_folder_that_cannot_be_written_is_told(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file stands here")
    with pytest.raises(StoreError, match="a file stands where a folder is due"):
        kept().build(wish("tiny"))


def test_damaged_notes_are_built_anew(kept: Kept) -> None:
    built = kept().build(wish("tiny"))
    for note in (kept().folder / "wishes").glob("*.json"):
        note.write_text('{"hash": "../../etc"}')
    assert kept().find(wish("tiny")) is None
    assert kept().build(wish("tiny")).hash == built.hash
    assert built.folder is not None
    (built.folder / "environment.json").write_text("{")
    assert kept().list() == ()
    assert kept().build(wish("tiny")).hash == built.hash


def _is_gone(pid: int) -> bool:
    def gone() -> bool:
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        return text.rpartition(")")[2].split()[0] == "Z"

    return _wait_for(gone)


def _wait_for(condition: Callable[[], object]) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def test_modes_of_what_is_protected_are_given_back(tmp_path: Path) -> None:
    program = tmp_path / "folder" / "program"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    protect(program.parent)
    assert stat.S_IMODE(program.stat().st_mode) == 0o555
    protect(program.parent, writable=True)
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
