"""No import circle, also not within a package or hidden in a function; no SQL that names a table of a higher app."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps

from tests.test_structure import ROOT

PACKAGE = ROOT / "perennial"

#: Where a function may import what is ours, and why.
LOCAL_IMPORTS = {
    "perennial.cli": "a command starts with what it needs, and with Django only where it needs the database",
    "perennial.demo.command": "as the commands of cli",
    "perennial.bench.command": "as the commands of cli",
    "perennial.bench.child": "it is started by bench, and measures what it imports",
    "perennial.db.server.__main__": "it says a refusal in words, and reads them only then",
    "perennial.web.apps": "Django reads it before the apps are there",
    "perennial.people.apps": "Django reads it before the apps are there",
    "perennial.checks": "Django reads it before the apps are there",
}


class Import(NamedTuple):
    """One module of ours imports another, at its head or in a function."""

    source: str
    target: str
    local: bool


def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(source: str, tree: ast.AST, ours: set[str], local: bool = False) -> Iterator[Import]:
    """What a module imports, but for what only the type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source} imports relatively"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            named = [name if name in ours else str(node.module) for name in whole]
        else:
            inside = local or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports_of(source, node, ours, inside)
            continue
        for name in named:
            if name in ours and name != source:
                yield Import(source, name, local)


def all_imports() -> list[Import]:
    found = modules()
    return [
        one
        for name, path in found.items()
        for one in imports_of(name, ast.parse(path.read_text(encoding="utf-8")), set(found))
    ]


def in_circles(edges: list[Import]) -> set[str]:
    """The modules from which one comes back to them."""
    after: dict[str, set[str]] = {}
    for one in edges:
        after.setdefault(one.source, set()).add(one.target)

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        coming = [*after.get(start, ())]
        while coming:
            name = coming.pop()
            if name not in seen:
                seen.add(name)
                coming += after.get(name, ())
        return seen

    return {name for name in after if name in reach(name)}


def test_no_import_circle() -> None:
    assert in_circles(all_imports()) == set()


def may_import_in_functions(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in LOCAL_IMPORTS)


def test_no_import_hides_in_a_function() -> None:
    hidden = {one.source for one in all_imports() if one.local and not may_import_in_functions(one.source)}
    assert hidden == set()


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        ({"a": "import b", "b": "import c", "c": ""}, set()),
        ({"a": "import b", "b": "def f():\n    from a import x", "c": "import a"}, {"a", "b"}),
        ({"a": "if TYPE_CHECKING:\n    import b", "b": "import a"}, set()),
        ({"a": "import b", "b": "class X:\n    def f(self):\n        if x:\n            import a"}, {"a", "b"}),
    ],
)
def test_what_counts_as_a_circle(sources: dict[str, str], circle: set[str]) -> None:
    edges = [one for name, text in sources.items() for one in imports_of(name, ast.parse(text), set(sources))]
    assert in_circles(edges) == circle


# -- tables


def texts(path: Path) -> Iterator[str]:
    """What may be SQL: a file of it, or the strings of a module, also those within f-strings."""
    if path.suffix == ".sql":
        yield path.read_text(encoding="utf-8")
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def tables() -> dict[str, str]:
    """Our tables, with their apps."""
    return {
        model._meta.db_table: model._meta.app_label
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("perennial.")
    }


def packages() -> dict[str, int]:
    """The layer of each of our packages by the contract of the imports, from the top."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        name.strip().removeprefix("perennial."): number
        for number, names in enumerate(contract)
        for name in names.split("|")
    }


def from_above(package: str, text: str, known: dict[str, str], layers: dict[str, int]) -> set[str]:
    """The tables in a text that belong to an app above this package, or beside it."""
    above = {name for name, app in known.items() if app != package and layers[app] <= layers[package]}
    return above & set(re.findall(r"[a-z_]+", text))


def test_sql_names_no_table_of_a_higher_app() -> None:
    known, layers = tables(), packages()
    assert len(known) > 40
    found = {
        (str(path.relative_to(ROOT)), table)
        for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql")])
        if (package := path.relative_to(PACKAGE).parts[0]) in layers
        for text in texts(path)
        for table in from_above(package, text, known, layers)
    }
    assert found == set()


def test_what_counts_as_from_above() -> None:
    known = {"orders_salesorder": "orders", "payments_payment": "payments", "programs_program": "programs"}
    text = "select from payments_payment join orders_salesorder join programs_program"
    for package, found in {
        "payments": set(),
        "orders": {"payments_payment", "programs_program"},
        "db": set(known),
        "audit": set(),
    }.items():
        assert from_above(package, text, known, packages()) == found
