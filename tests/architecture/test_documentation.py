"""The documentation is true: pages from the code are up to date, links lead somewhere, examples run."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer

import dmod
from dmod import errors
from dmod.catalog.data_format import FORMATS
from dmod.cli.main import app
from dmod.cli.reference_pages import choices_of, commands, pages
from dmod.evaluation.metric_page import metrics_page
from dmod.evaluation.metric_registry import METRICS
from dmod.services.catalogue import describe_modules
from dmod.services.output_folder import RESULTS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
ROOMS = ("docs", "benchmarks", "examples")
PAGES = sorted([*ROOT.glob("*.md"), *(page for room in ROOMS for page in (ROOT / room).rglob("*.md"))])
EXECUTED = (
    "README.md",
    "docs/tutorial/first-run.md",
    "docs/tutorial/change-and-compare.md",
    "docs/tutorial/from-a-gauge.md",
    "docs/tutorial/your-data.md",
    "docs/how-to/fill-gaps.md",
)

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
VARIABLE = r"^(?:DMOD(?:_[A-Z]+)+|[A-Z]+(?:_[A-Z]+)*_(?:DIR|HOME))$"
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{3,}\b|AWI_")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of the fenced blocks of a page."""
    yield from FENCE.findall(page.read_text(encoding="utf-8"))


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of every line of a page that calls dmod."""
    for language, text in blocks(page):
        if language in {"console", "sh"}:
            for line in text.splitlines():
                plain = line.strip().removeprefix("$ ")
                if plain.startswith("dmod "):
                    yield shlex.split(plain.partition(" > ")[0], comments=True)[1:]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as code hosts make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page if not path else (page.parent / path)
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("name", [*pages(), "metrics.md"])
def test_pages_from_the_code_are_up_to_date(name: str) -> None:
    wanted = {**pages(), "metrics.md": metrics_page()}[name]
    assert (REFERENCE / name).read_text(encoding="utf-8") == wanted, (
        "write it anew: python -m dmod.cli.reference_pages docs/reference, "
        "python -m dmod.evaluation.metric_page > docs/reference/metrics.md"
    )


def documented_commands(
    group: typer.core.TyperGroup, above: str
) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Yield all commands, those of groups with both names."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from documented_commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def test_every_command_and_option_is_documented_with_its_help() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    for name, command in documented_commands(typer.main.get_command(app), ""):
        section = text.split(f"\n## dmod {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and "--help" not in parameter.opts:
                for spelling in [*parameter.opts, *parameter.secondary_opts]:
                    assert f"`{spelling}`" in section, f"dmod {name} {spelling}"
                assert parameter.help, f"dmod {name} {parameter.name} has no help"
                assert parameter.help in section, f"dmod {name} {parameter.name}"


def test_every_error_stands_in_the_table_of_exit_statuses() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    rows = {
        (int(status), name) for status, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
    }
    assert rows
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.DmodError):
            assert (value.exit_code, name) in rows, name


def test_every_metric_is_documented() -> None:
    text = (REFERENCE / "metrics.md").read_text(encoding="utf-8")
    assert not [name for name in METRICS if f"| `{name}` |" not in text]


def test_every_module_and_parameter_is_documented() -> None:
    text = (REFERENCE / "modules.md").read_text(encoding="utf-8")
    for module in describe_modules():
        heading = " ".join(filter(None, (module["name"], module["revision"])))
        section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        names = [key for parameter in module["parameters"] for key in parameter["keys"]]
        names += [v["name"] for kind in ("inputs", "outputs", "states") for v in module[kind]]
        assert not [name for name in names if f"`{name}`" not in section], heading


def test_public_names_options_and_results_are_documented() -> None:
    text = (REFERENCE / "python.md").read_text(encoding="utf-8")
    assert not [name for name in dmod.__all__ if f"`dmod.{name}" not in text]
    options = [item.name for owner in (dmod.RunOptions, dmod.Locations) for item in fields(owner)]
    result = [name for name in dir(dmod.RunResult) if not name.startswith("_")]
    words = set(re.findall(r"`(\w+)(?:\(\))?`", text))
    assert not sorted({*options, *result} - words)


def test_every_environment_variable_is_documented() -> None:
    text = (REFERENCE / "configuration" / "environment.md").read_text(encoding="utf-8")
    found = set()
    for path in Path(dmod.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(
                    re.findall(r"^(?:DMOD(?:_[A-Z]+)+|[A-Z]+(?:_[A-Z]+)*_(?:DIR|HOME))$", node.value)
                )
    assert "DMOD_CACHE_DIR" in found
    found -= set(FORMATS)
    assert not [name for name in sorted(found) if f"`{name}`" not in text]


def test_every_file_of_a_run_is_documented() -> None:
    text = (REFERENCE / "package-layout.md").read_text(encoding="utf-8")
    assert not [name for name in RESULTS if f"`{name}" not in text]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_the_text_exist_with_their_options(page: Path) -> None:
    known = {
        name: {spelling for choice in choices_of(command) for spelling in choice.names}
        for name, command in commands().items()
    }
    for arguments in command_lines(page):
        both = " ".join(arguments[:2])
        name, rest = (both, arguments[2:]) if both in known else (arguments[0], arguments[1:])
        assert name in known, arguments
        unknown = {word for word in rest if re.match(r"--?[a-z]", word)} - known[name]
        assert not unknown, arguments


def test_every_decision_says_problem_choice_rejected_and_consequence() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        for part in ("Problem", "Choice", "Rejected", "Consequence"):
            assert f"**{part}.**" in text, record.name
        assert f"]({record.name})" in index, record.name


@pytest.mark.parametrize("name", EXECUTED)
def test_examples_run_as_they_are_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DMOD_DATA_HOME", str(tmp_path / "catalog-of-the-user"))
    names: dict[str, object] = {}
    ran = 0
    for language, text in blocks(ROOT / name):
        if language == "console":
            for line in text.splitlines():
                if not line.startswith("$ dmod ") or PLACEHOLDER.search(line):
                    continue
                assert app(shlex.split(line)[2:], standalone_mode=False) in (None, 0), line
                ran += 1
        elif language == "python":
            exec(compile(text, name, "exec"), names)
            ran += 1
    assert ran


def test_catalog_is_spelled_in_one_way_wherever_users_read() -> None:
    texts = [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "web").glob("*.json")]
    texts += [path for room in ("src", "e2e") for path in (ROOT / "web" / room).rglob("*.ts*")]
    # a module of Python keeps its name
    other = re.compile(r"(?<!services\.)catalogue", re.IGNORECASE)
    assert [name_of(path) for path in texts if other.search(path.read_text(encoding="utf-8"))] == []
