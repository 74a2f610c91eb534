"""Do pages only draw? They know neither the database's language nor the network's."""

import ast
import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "pages").rglob("*.py"))
FORBIDDEN = {"sqlalchemy", "httpx", "requests", "urllib", "urllib3", "socket", "http", "psycopg", "sqlite3"}
FORBIDDEN |= {"replicate", "dbos", "obstore", "fastapi", "starlette", "uvicorn", "PIL"}
FORBIDDEN_ROOMS = ("core.models", "core.db", "core.api", "core.worker", "core.provider.replicate", "core.server")
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(path.parents[2])))
def test_no_page_speaks_sql_or_http(path: Path) -> None:
    names = imported(path)
    assert not {name.split(".")[0] for name in names} & FORBIDDEN
    assert not [name for name in names if name.startswith(FORBIDDEN_ROOMS)]
    assert not SQL.search(path.read_text())


def test_the_check_sees_what_it_forbids(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text("import sqlalchemy as sa\nfrom core.models import Job\n")
    names = imported(page)
    assert {"sqlalchemy", "core.models", "core.models.Job"} == names


@pytest.mark.parametrize("name", ["stage", "monitor", "refunds", "credits", "analytics", "admin"])
def test_every_page_asks_first_who_is_there(name: str) -> None:
    module = ast.parse((PAGES[0].parent / f"{name}.py").read_text())
    (page,) = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "_page"]
    assert ast.unparse(page.body[0]) == "actor = session.require_actor()"
    assert ast.unparse(module.body[-1]) == "_page()"
