"""Runs scenarios through the real program and compares what it prints with what the model says.

    python -m tests.second_reading.runner [--seeds 1-200] [--process] [--deep] [--wild] [--shrink] [--first]
                                          [--silent advanced,value] [--keep FOLDER] [FILE.json ...]

The program is `PERENNIAL_CMD` (default `perennial`), a process a command; with `--process` all commands of a
scenario run in this process through `perennial.cli.main.main(argv)`. A fresh installation for each scenario
comes from `PERENNIAL_FRESH` (`module:function`, called before each scenario; it may set the environment, or
empty all tables), else from a new folder in PERENNIAL_HOME and `init`. `--deep` compares all after every
command, not only at the end; `--wild` also asks what the specification leaves open; `--shrink` leaves out
commands as long as a difference stays; `--silent` names fields and counts that are not compared.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from . import generate
from .commands import answer
from .model import Model

# Counts and fields of which the specification does not say enough to call another answer wrong: no order depends on
# what is "advanced" when a program changes. Names, addresses in full and the cards of payments stand elsewhere in it.
SILENT_COUNTS = {"notified", "still_open", "advanced"}
SILENT_FIELDS = {"why", "by", "reason", "events", "notes", "until", "reason_code"}
SILENT_FIELDS |= {"name", "ship_to", "card", "captured_on"}
CHARGING = {"authorised", "captured", "billed", "declined", "failed", "voided"}

Program = Callable[[list[str]], tuple[int, str, str]]


# --- the real program


def by_process(argv: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(
        [*shlex.split(os.environ.get("PERENNIAL_CMD", "perennial")), *argv],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def in_process(argv: list[str]) -> tuple[int, str, str]:
    main = importlib.import_module("perennial.cli.main").main
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(argv)
        except SystemExit as left:
            status = left.code
    return int(status or 0), out.getvalue(), err.getvalue()


def fresh(program: Program) -> None:
    hook = os.environ.get("PERENNIAL_FRESH")
    if hook:
        module, _, function = hook.partition(":")
        getattr(importlib.import_module(module), function)()
        return
    os.environ["PERENNIAL_HOME"] = tempfile.mkdtemp(prefix="second-reading-")
    status, _, err = program(["init"])
    if status:
        raise RuntimeError(err)


# --- comparing


def plain(value, key: str | None = None):
    """Without silent fields, and with lists whose order is not promised sorted."""
    if isinstance(value, dict):
        return {name: plain(one, name) for name, one in value.items() if name not in SILENT_FIELDS}
    if isinstance(value, list):
        items = [plain(one) for one in value]
        if key in ("payments", "adjustments", "customised", "holds", "children", "reasons"):
            return sorted(items, key=lambda one: json.dumps(one, sort_keys=True))
        if key == "lines" and items and "repetition" in items[0]:
            live = [one for one in items if one["status"] != "cancelled"]
            return live + sorted(
                (one for one in items if one["status"] == "cancelled"),
                key=lambda one: (one["key"], one["repetition"], str(one.get("line"))),
            )
        return items
    return value


def differences(ours, theirs, path: str = "") -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = []
        for name in ours:
            if name not in theirs:
                found.append(f"{path}.{name}: missing, expected {ours[name]!r}")
            else:
                found += differences(ours[name], theirs[name], f"{path}.{name}")
        return found + [f"{path}.{name}: not in the contract" for name in theirs if name not in ours]
    if isinstance(ours, list) and isinstance(theirs, list):
        found = [f"{path}: {len(theirs)} entries, expected {len(ours)}"] if len(ours) != len(theirs) else []
        for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            found += differences(one, other, f"{path}[{place}]")
        return found
    return [] if ours == theirs else [f"{path}: {theirs!r}, expected {ours!r}"]


def orders_differ(model: Model, program: Program) -> list[str]:
    status, out, err = program(["show", "orders", "--json"])
    if status:
        return [f"show orders: exit {status}: {err.strip()[-300:]}"]
    theirs = [plain(json.loads(line)) for line in out.splitlines() if line.strip()]
    ours = [plain(model.show(number)) for number in model.orders]
    found = []
    if [one["number"] for one in ours] != [one["number"] for one in theirs]:
        return [f"orders: {[one['number'] for one in theirs]}, expected {[one['number'] for one in ours]}"]
    for one, other in zip(ours, theirs, strict=True):
        if model.loose:
            one.pop("payments", None), other.pop("payments", None)  # one may be silent already
        found += differences(one, other, one["number"])
    return found


def job_differs(ours: dict, theirs: dict, model: Model) -> list[str]:
    silent = SILENT_COUNTS | (CHARGING if model.loose else set())
    found = [
        f"{ours['job']} counts.{name}: {theirs.get('counts', {}).get(name)!r}, expected {number}"
        for name, number in ours["counts"].items()
        if name not in silent and theirs.get("counts", {}).get(name) != number
    ]
    reasons = [plain(one.get("reasons", []), "reasons") for one in (ours, theirs)]
    if ours["job"] == "create-child-orders":
        found += differences(*reasons, f"{ours['job']} reasons")
    if ours["job"] == "process-payments" and not model.loose:
        taken = [one.get("amounts", {}).get(model.currency, {}).get("captured") or "0" for one in (ours, theirs)]
        if Decimal(taken[0]) != Decimal(taken[1]):
            found.append(f"process-payments captured {taken[1]}, expected {taken[0]}")
    return found


def run(steps: list[dict], program: Program, deep: bool = False, renew=fresh) -> list[str]:
    """The first differences of a scenario, [] when both agree to the end."""
    renew(program)
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        for number, step in enumerate(steps, 1):
            if "import" in step:
                path = Path(folder) / f"{number}.json"
                path.write_text(json.dumps(step["import"]))
                model.load(json.loads(path.read_text()))
                argv, expected, ours = ["import", str(path)], 0, None
            else:
                argv = step["argv"]
                expected, ours = answer(model, argv)
            at = f"step {number} ({' '.join(argv)})"
            json_too = ["--json"] if argv[0] in ("import", "job", "night") else []
            status, out, err = program([*argv, *json_too])
            if status != expected:
                return [f"{at}: exit {status}, expected {expected}: {err.strip()[-600:]}"]
            found = []
            if argv[0] == "job":
                found = job_differs(ours, json.loads(out), model)
            elif argv[0] == "night":
                for one, other in zip(ours["jobs"], json.loads(out)["jobs"], strict=True):
                    found += job_differs(one, other, model)
            if found or deep or number == len(steps):
                found += orders_differ(model, program)
            if found:
                return [at, *found]
    return []


def shrink(steps: list[dict], program: Program, renew=fresh) -> list[dict]:
    """Leave out commands and orders as long as a difference stays."""

    def differs(fewer: list[dict]) -> bool:
        try:
            return bool(run(fewer, program, deep=True, renew=renew))
        except (KeyError, IndexError, AssertionError, StopIteration):
            return False  # the model cannot follow such a scenario

    again = True
    while again:
        again = False
        for place in reversed(range(1, len(steps))):
            fewer = steps[:place] + steps[place + 1 :]
            if differs(fewer):
                steps, again = fewer, True
        for place in reversed(range(len(steps[0]["import"].get("orders", [])))):
            fewer = json.loads(json.dumps(steps))
            del fewer[0]["import"]["orders"][place]
            if fewer[0]["import"]["orders"] and differs(fewer):
                steps, again = fewer, True
    return steps


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seeds", default="1-100")
    for flag in ("--wild", "--deep", "--process", "--shrink", "--first"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("--silent", default="", help="fields and counts, with commas, that are not compared")
    given = parser.parse_args()
    SILENT_FIELDS.update(given.silent.split(","))
    SILENT_COUNTS.update(given.silent.split(","))
    program = in_process if given.process else by_process
    if given.files:
        scenarios = [(name, json.loads(Path(name).read_text())) for name in given.files]
    else:
        low, _, high = given.seeds.partition("-")
        scenarios = (
            (f"seed {seed}", generate.scenario(seed, careful=not given.wild))
            for seed in range(int(low), int(high or low) + 1)
        )
    failed = total = 0
    for name, steps in scenarios:
        total += 1
        found = run(steps, program, given.deep)
        if not found:
            continue
        failed += 1
        if given.shrink:
            steps = shrink(steps, program)
            found = run(steps, program, deep=True)
        print(name, *found[:25], sep="\n    ", flush=True)
        if given.keep:
            Path(given.keep).mkdir(parents=True, exist_ok=True)
            (Path(given.keep) / f"{Path(name).stem.replace(' ', '-')}.json").write_text(json.dumps(steps, indent=1))
        if given.first:
            break
    print(f"{total} scenarios, {failed} differ", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
