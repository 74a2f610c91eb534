"""Does the code keep its own rules: directions, sizes, docstrings, types and form?"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
TOP_LEVEL = {"pyproject.toml", "app.py", "pages", "core", "tests", "README.md"}
# What building, running and installing leave behind; none of it is kept.
LEFT_BEHIND = {"data", "build", "dist"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LAYERS = ("core", "pages", "tests")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in [*found, ROOT / "app.py"] if "__pycache__" not in path.parts)


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def name_of(path: Path, line: int | None = None) -> str:
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240)


def test_imports_point_down_only() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = run("-c", program)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_form_and_types_are_clean(arguments: tuple[str, ...]) -> None:
    done = run("-m", *arguments)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in python_files(*LAYERS)}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{name_of(path, node.lineno)} {node.name}: {length} lines"
        for path in python_files(*LAYERS)
        if "versions" not in path.parts
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert too_long == []


def test_nothing_is_printed() -> None:
    printed = [
        name_of(path, node.lineno)
        for path in python_files("core", "pages")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printed == []


def test_every_module_says_what_it_is_about() -> None:
    silent = [
        name_of(path)
        for path in python_files("core", "pages")
        if "versions" not in path.parts and path.read_text().strip() and not ast.get_docstring(_module(path))
    ]
    assert silent == []


def test_everything_public_in_core_has_a_docstring() -> None:
    silent = [
        f"{name_of(path, node.lineno)} {node.name}"
        for path in python_files("core")
        if "versions" not in path.parts
        for node in _public(_module(path).body)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_names_say_what_is_inside() -> None:
    vague = [name_of(path) for path in python_files(*LAYERS) if VAGUE_NAMES & {path.stem, *path.parts}]
    assert vague == []


def test_the_top_level_stays_as_it_is() -> None:
    entries = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert entries >= TOP_LEVEL
    unknown = {name for name in entries - TOP_LEVEL - LEFT_BEHIND if not name.endswith((".egg-info", "__pycache__"))}
    assert unknown == set()


def _module(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _public(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of these classes."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            # What overrides a method of another's class is told there.
            if isinstance(node, ast.ClassDef):
                yield from (inner for inner in _public(node.body) if not _overrides(node, inner))


def _overrides(owner: ast.ClassDef, node: Function | ast.ClassDef) -> bool:
    return bool(owner.bases) and not isinstance(node, ast.ClassDef)
