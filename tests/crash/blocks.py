"""Which transactions does the desk commit? Every `with database.write()` block of core, found in its source."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"


@dataclass(frozen=True, slots=True)
class Block:
    """A writing transaction: its name in the tables, and the line its `with` begins on."""

    name: str
    line: int


def all_blocks() -> dict[str, Block]:
    """Every block of core by its name."""
    return {block.name: block for path in sorted(CORE.rglob("*.py")) for block in in_file(path)}


def name_at(path: Path, line: int) -> str:
    """The name of the block that opens at this line.

    Raises:
        LookupError: if none does: then a transaction is opened in a form that `in_file` does not find.
    """
    for block in in_file(path):
        if block.line == line:
            return block.name
    raise LookupError(f"{path}:{line} opens a transaction that is not a `with … .write()` block")


@functools.cache
def in_file(path: Path) -> tuple[Block, ...]:
    """The blocks of one file: `jobs.creation.record`, and `jobs.creation._ask/postpone` where a function has several.

    What follows the slash is all that is called with the session; a number tells equal ones apart.
    """
    module = ".".join(path.relative_to(CORE).with_suffix("").parts)
    found: list[Block] = []
    for owner, blocks in _by_function(ast.parse(path.read_text())):
        names = [f"{module}.{owner}" + (f"/{_calls(block)}" if len(blocks) > 1 else "") for block in blocks]
        for position, (name, block) in enumerate(zip(names, blocks, strict=True)):
            earlier = names[:position].count(name)
            found.append(Block(name + (f"#{earlier + 1}" if earlier else ""), _opening_line(block)))
    return tuple(found)


def _by_function(tree: ast.Module) -> Iterator[tuple[str, list[ast.With]]]:
    """Every function that opens transactions of its own, with the blocks; those of inner functions are theirs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            blocks = [one for one in _own_nodes(node) if isinstance(one, ast.With) and _opens_writing(one)]
            if blocks:
                yield node.name, sorted(blocks, key=lambda block: block.lineno)


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _own_nodes(child)


def _opens_writing(block: ast.With) -> bool:
    return any(_is_write(item.context_expr) for item in block.items)


def _is_write(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write"):
        return False
    owner = node.func.value
    return (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")) == "database"


def _opening_line(block: ast.With) -> int:
    return next(item.context_expr.lineno for item in block.items if _is_write(item.context_expr))


def _calls(block: ast.With) -> str:
    found = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(block)
        if isinstance(node, ast.Call)
        and any(isinstance(given, ast.Name) and given.id == "session" for given in node.args)
    }
    return "+".join(sorted(found)) or "session"
