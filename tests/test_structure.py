"""Imports and foreign keys go downwards only, and the migrations say what the models say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent

#: From the top; what stands on one line is side by side. The order of pyproject's import contract.
LAYERS = [
    {"web"},
    {"moving"},
    {"jobs"},
    {"pictures"},
    {"bundle"},
    {"desk"},
    {"ledger"},
    {"payments"},
    {"continuity"},
    {"orders", "programs"},
    {"notices"},
    {"catalog", "customers", "people"},
]


def layer(label: str) -> int:
    return next(number for number, labels in enumerate(LAYERS) if label in labels)


def is_upwards(source: str, target: str) -> bool:
    """Whether a key from app ``source`` to app ``target`` points up, or sideways to another app."""
    return layer(target) < layer(source) or (layer(target) == layer(source) and target != source)


def test_the_order_of_the_layers_is_the_one_of_the_import_contract() -> None:
    import tomllib

    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    named = [{name.removeprefix("perennial.") for name in line.replace(" ", "").split("|")} for line in contract]
    apps_of_contract = [names for names in named if names & set().union(*LAYERS)]
    assert apps_of_contract == [names for names in LAYERS if names & set().union(*apps_of_contract)]


def test_foreign_keys_point_downwards() -> None:
    faults = []
    for model in apps.get_models(include_auto_created=True):
        source = model._meta.app_label
        if not model.__module__.startswith("perennial."):
            continue
        for field in model._meta.get_fields(include_hidden=True):
            target = field.related_model
            if not field.is_relation or field.auto_created or not isinstance(target, type):
                continue
            if target.__module__.startswith("perennial.") and is_upwards(source, target._meta.app_label):
                faults.append(f"{model._meta.label}.{field.name} points up to {target._meta.label}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("source", "target", "up"),
    [
        ("orders", "continuity", True),
        ("continuity", "orders", False),
        ("orders", "programs", True),
        ("orders", "orders", False),
    ],
)
def test_what_counts_as_upwards(source: str, target: str, up: bool) -> None:
    assert is_upwards(source, target) is up


def test_imports_go_downwards() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def saves_whole_rows(source: str) -> list[int]:
    """The lines with a ``.save()`` that does not say which columns it writes."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("save", "asave")
        and ast.unparse(node.func.value) != "form"  # a form of a library's: the row is its own
        and "update_fields" not in {keyword.arg for keyword in node.keywords}
    ]


def test_no_row_is_saved_whole() -> None:
    """It would write back what somebody else has changed since it was read."""
    faults = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "perennial").rglob("*.py"))
        for line in saves_whole_rows(path.read_text(encoding="utf-8"))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("order.save()", True),
        ("held.order.save(force_insert=False)", True),
        ("order.save(**fields)", True),
        ("order.save(update_fields=['status'])", False),
        ("save(order)", False),
    ],
)
def test_what_counts_as_whole(source: str, found: bool) -> None:
    assert bool(saves_whole_rows(source)) is found


def test_no_app_names_a_table_of_a_higher_one() -> None:
    tables = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
    faults = []
    for source in set().union(*LAYERS):
        for file in (ROOT / "perennial" / source).rglob("*"):
            if file.suffix not in (".py", ".sql") or "migrations" in file.parts:
                continue
            for word in set(re.findall(r"\b[a-z]+_[a-z]+\b", file.read_text())):
                if word in tables and tables[word] in layers() and is_upwards(source, tables[word]):
                    faults.append(f"{file.relative_to(ROOT)} names {word}")
    assert not faults, "\n".join(faults)


def layers() -> set[str]:
    return set().union(*LAYERS)


MANY = 5
HOT = {"kernel/plan.py": "the hot path of the kernel: tuples by place", "cli/commands.py": "a list of pairs"}
"""Files whose calls may have more arguments by place, and why."""


def test_no_call_has_more_than_five_arguments_by_place() -> None:
    many = []
    for file in sorted((ROOT / "perennial").rglob("*.py")):
        name = str(file.relative_to(ROOT / "perennial"))
        if "migrations" in file.parts or name in HOT:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or any(isinstance(one, ast.Starred) for one in node.args):
                continue
            words = [one for one in node.args if isinstance(one, ast.Constant)]
            if len(node.args) > MANY and len(words) < len(node.args):  # words alone are a list: of options, of columns
                called = ast.unparse(node.func)
                if called not in ("self._run", "self._make"):  # a command line, word by word
                    many.append(f"{name}:{node.lineno} {called}")
    assert many == []
