"""The house rules that a machine can check: sizes, imports, exports, error table."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import dmod
from dmod import errors

SOURCE = Path(dmod.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))


def test_modules_stay_below_600_lines() -> None:
    long = {str(p.relative_to(SOURCE)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 600}
    assert not long


def _statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def _is_kernel(function: ast.FunctionDef) -> bool:
    names = {ast.unparse(d).split("(")[0].split(".")[-1] for d in function.decorator_list}
    return bool(names & {"kernel", "scalar", "compiled", "inlined"})


def _is_face(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function's parameters are the options of a command or of a route."""
    routed = any(ast.unparse(d).startswith("router.") for d in function.decorator_list)
    return ("cli" in path.parts and function.name.endswith("_command")) or ("api" in path.parts and routed)


def test_functions_stay_below_40_statements_and_6_parameters() -> None:
    crowded = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_kernel(node):
                continue
            positional = [
                a for a in [*node.args.posonlyargs, *node.args.args] if a.arg not in {"self", "cls"}
            ]
            if _statements(node) > 40 or (len(positional) > 6 and not _is_face(path, node)):
                crowded.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}")
    assert crowded == []


def test_imports_follow_the_contracts() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=SOURCE.parents[1],
    )
    assert result.returncode == 0, result.stdout


def test_server_starts_without_what_only_jobs_need() -> None:
    """An idle server is to be small, and to be there at once."""
    heavy = {"duckdb", "matplotlib", "netCDF4", "numba", "pandas", "pyarrow", "scipy", "shapely", "xarray"}
    program = "import sys, dmod.api.serving, dmod.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert sorted(heavy.intersection(done.stdout.split())) == []


def test_public_names_are_exactly_what_is_exported() -> None:
    assert sorted(dmod.__all__) == list(dmod.__all__)
    for name in dmod.__all__:
        assert getattr(dmod, name) is not None


def test_every_error_stands_in_the_tree_of_the_docstring() -> None:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.DmodError):
            assert name in (errors.__doc__ or ""), name


@pytest.mark.parametrize("word", ["manager", "utils", "helpers", "common", "misc"])
def test_no_module_has_an_empty_name(word: str) -> None:
    assert not [p for p in MODULES if p.stem == word]


def test_no_handler_is_broad_without_a_reason() -> None:
    broad = []
    for path in MODULES:
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.ExceptHandler):
                name = "" if node.type is None else ast.unparse(node.type)
                if name in {"", "Exception", "BaseException"} and "# boundary" not in lines[node.lineno - 1]:
                    broad.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert not broad
