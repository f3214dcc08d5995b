"""What is measured, in which order, and the goals."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from perennial.bench import PARTS, compare, maker
from perennial.bench.databases import Databases
from perennial.errors import Refused

JOBS = {"extend": "extend-lines", "update": "update-orders", "close": "close-orders"}
GROWTH = 10
GOAL_SIZE = 100_000
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How many orders there are, how many of them are due, and how many customers are searched."""

    orders: int
    due: int
    customers: int = 1_000_000

    def __post_init__(self) -> None:
        if self.due < 20:
            raise Refused("bench_due_too_few", "due", due=self.due)
        if self.orders < self.due:
            raise Refused("bench_due_too_many", "orders", due=self.due, orders=self.orders)

    @property
    def tenth(self) -> Size:
        """A tenth of it."""
        return Size(self.orders // GROWTH, self.due // GROWTH, self.customers)


@dataclass
class Line:
    """One line of the answer: what, how much, the goal, and whether it holds (None: no goal, or not at this size)."""

    part: str
    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    at_size: bool = True

    @property
    def holds(self) -> bool | None:
        """Does the goal hold?"""
        if not self.at_size or (self.most is None and self.least is None):
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def goal(self) -> str:
        """The goal in words."""
        if self.most is None and self.least is None:
            return ""
        words = f"at most {_number(self.most)}" if self.most is not None else f"at least {_number(self.least or 0)}"
        return words + (f" {self.unit}" if self.unit else "")

    @property
    def printed(self) -> str:
        """The value in words."""
        return _number(self.value) + (f" {self.unit}" if self.unit else "")

    @property
    def verdict(self) -> str:
        """The last column."""
        if self.holds is not None:
            return "holds" if self.holds else "MISSED"
        return f"from {GOAL_SIZE:,} due" if not self.at_size else ""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "part": self.part,
            "what": self.what,
            "value": round(self.value, 6),
            "unit": self.unit,
            "goal": self.goal,
            "holds": self.holds,
        }


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


@dataclass
class Answer:
    """All lines, what was said besides, and the single runs."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    slowest: dict[str, list[tuple[str, float]]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Does every goal that counts at this size hold?"""
        return all(line.holds is not False for line in self.lines)


class Bench:
    """One run of the bench in databases of its own."""

    def __init__(self, databases: Databases, size: Size, pairs: int, parts: Sequence[str], tell: Tell) -> None:
        self.databases, self.size, self.pairs, self.parts, self.tell = databases, size, pairs, parts, tell
        self.answer = Answer()
        self.empty = self.big = self.small = ""

    def run(self) -> Answer:
        """Make the databases, measure the parts."""
        with subprocess.Popen(
            [sys.executable, "-m", "perennial.bench.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"DJANGO_SETTINGS_MODULE": "perennial.settings", **os.environ},
            text=True,
        ) as self.worker:
            self._measure()
        return self.answer

    def _measure(self) -> None:
        self.empty = self.databases.make("empty")
        self._do(self.empty, "migrate")
        if set(self.parts) - {"search", "preview", "events"}:
            self.big = self._made("big", self.size)
        if set(self.parts) - {"plan", "charge", "workers", "waiting", "preview", "search", "pages", "events"}:
            self.small = self._made("small", self.size.tenth)
        for part in PARTS:
            if part in self.parts:
                getattr(self, f"_{part}")() if part not in JOBS else self._job(part)

    # --- in a process of its own

    def _do(self, database: str, work: str, **given: Any) -> dict[str, Any]:
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        print(
            json.dumps({"url": self.databases.url(database), "do": work, **given}), file=self.worker.stdin, flush=True
        )
        found: dict[str, Any] = json.loads(self.worker.stdout.readline() or '{"failed": "no answer"}')
        if "failed" in found:
            raise RuntimeError(f"{work} of {given} failed: {found['failed'].strip()[-2000:]}")
        if "seconds" in found:
            shown = {name: value for name, value in found.items() if name != "slowest"}
            self.answer.runs.append({"database": database.rsplit("_", 1)[-1], "work": work, **given, **shown})
            self.tell(f"  {given.get('name', work)}: {found['seconds']:.2f} s")
        return found

    def _run_job(self, database: str, name: str, on: date = maker.ON, **given: Any) -> dict[str, Any]:
        return self._do(database, "job", name=name, on=on.isoformat(), **given)

    def _made(self, what: str, size: Size, **given: Any) -> str:
        self.tell(f"making {size.orders:,} orders, {size.due:,} of them due")
        name = self._copy(self.empty, what)
        rows = self._do(name, "make", orders=size.orders, due=size.due, **given)["rows"]
        self.answer.notes.append(
            f"{what}: {size.orders:,} orders, {size.due:,} due; "
            + ", ".join(f"{number:,} {name}" for name, number in rows.items())
            + f"; {self.databases.size(name) / 1e6:,.0f} MB"
        )
        return name

    def _copy(self, source: str, what: str) -> str:
        return self.databases.make(what, source=source)

    def _line(self, part: str, what: str, value: float, unit: str = "", *, sized: bool = False, **goal: float) -> None:
        at_size = not sized or self.size.due >= GOAL_SIZE
        self.answer.lines.append(Line(part, what, value, unit, at_size=at_size, **goal))

    # --- the parts

    def _create(self) -> None:
        job, on, early = "create-child-orders", maker.ON, maker.EARLY
        seconds: dict[str, list[float]] = {"chain": [], "job": [], "small": [], "early": [], "again": []}
        ratios: dict[str, list[float]] = {"chain": [], "growth": [], "among": [], "again": []}
        memory: dict[str, int] = {"job": 0, "small": 0}
        statements = 0.0
        created = 0
        for pair in range(self.pairs):
            self.tell(f"create-child-orders, {pair + 1} of {self.pairs}")
            by_hand = self._copy(self.big, "chain")
            chain = self._do(by_hand, "chain", on=on.isoformat(), through=(on + timedelta(5)).isoformat())
            by_job = self._copy(self.big, "job")
            made = self._run_job(by_job, job)
            again = self._run_job(by_job, job)
            if again["counts"]["created"]:
                raise RuntimeError("a second run of the day made children")
            if pair == 0:
                self._compare(by_hand, by_job)
                created = made["counts"]["created"]
                statements = made["statements"] / created
                self.answer.slowest |= {"the chain": chain["slowest"], job: made["slowest"]}
            self.databases.drop(by_hand)
            self.databases.drop(by_job)
            few = self._copy(self.small, "few")
            small = self._run_job(few, job)
            self.databases.drop(few)
            among = self._copy(self.big, "early")
            earlier = self._run_job(among, job, early)
            self.databases.drop(among)
            for name, found in (
                ("chain", chain), ("job", made), ("again", again), ("small", small), ("early", earlier)
            ):  # fmt: skip
                seconds[name].append(found["seconds"])
            memory["job"] = max(memory["job"], made["memory"])
            memory["small"] = max(memory["small"], small["memory"])
            ratios["chain"].append(chain["seconds"] / made["seconds"])
            ratios["growth"].append(made["seconds"] / small["seconds"])
            ratios["among"].append(earlier["seconds"] / small["seconds"])
            ratios["again"].append(100 * again["seconds"] / made["seconds"])
        middle = {name: statistics.median(values) for name, values in seconds.items()}
        ratio = {name: statistics.median(values) for name, values in ratios.items()}
        line = self._line
        line("create", f"the hand-written chain, {self.size.due:,} due", middle["chain"], "s")
        line("create", f"the job, {self.size.due:,} due", middle["job"], "s")
        line("create", "children a second", created / middle["job"])
        line("create", "the job's speed to the chain's", ratio["chain"], least=0.5, sized=True)
        line("create", f"{GROWTH} times the due: times the time", ratio["growth"], most=11.5, sized=True)
        line("create", f"the same due among {GROWTH} times the orders", ratio["among"], most=2, sized=True)
        line("create", "a second run of the day, of the first", ratio["again"], "%", most=1, sized=True)
        line("create", "peak memory of the process", memory["job"] / 1e6, "MB", most=100)
        line("create", f"{GROWTH} times the due: times the memory", memory["job"] / memory["small"], most=1.05)
        line("create", "statements a child", statements, most=0.05, sized=True)

    def _workers(self) -> None:
        name = "create-child-orders"
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for pair in range(self.pairs):
            self.tell(f"{name} by one worker and by two, {pair + 1} of {self.pairs}")
            for workers, measured in seconds.items():
                copy = self._copy(self.big, f"workers{workers}")
                found = self._do(copy, "by_workers", name=name, on=maker.ON.isoformat(), workers=workers)
                measured.append(found["seconds"])
                self.databases.drop(copy)
        for workers, measured in seconds.items():
            self._line("workers", f"{name} by {workers}", statistics.median(measured), "s")
        ratio = statistics.median(one / two for one, two in zip(*seconds.values(), strict=True))
        self._line("workers", "two workers' speed to that of one", ratio, least=1.25, sized=True)

    def _compare(self, by_hand: str, by_job: str) -> None:
        self.tell("comparing what the chain and the job have made")
        with self.databases.connect(by_hand) as one, self.databases.connect(by_job) as two:
            compared, found = compare.differences(one, two)
        faults = self._do(by_job, "check")["faults"]
        if found or faults:
            raise RuntimeError("; ".join(["the chain and the job differ", *found, *faults]))
        self.answer.notes.append(
            f"chain and job wrote the same: {compared:,} rows of {len(compare.TABLES)} tables compared, none differs,"
            " ids aside; `perennial check` finds no fault"
        )

    def _waiting(self) -> None:
        self.tell("create-child-orders when all that is due waits")
        copy = self._copy(self.big, "waiting")
        blocked = self._do(copy, "block")["blocked"]
        runs = [self._run_job(copy, "create-child-orders") for _ in range(self.pairs)]
        self.databases.drop(copy)
        if any(run["counts"]["created"] for run in runs):
            raise RuntimeError("what waits was made")
        self.answer.slowest["create-child-orders when all waits"] = runs[-1]["slowest"]
        seconds = statistics.median(run["seconds"] for run in runs)
        self._line("waiting", f"nothing due, {blocked:,} wait", seconds, "s")
        self._line("waiting", "for each that waits", seconds / blocked * 1e6, "µs")

    def _job(self, part: str) -> None:
        name = JOBS[part]
        seconds: dict[str, list[float]] = {"big": [], "small": [], "again": []}
        memory: dict[str, int] = {"big": 0, "small": 0}
        done = few = statements = 0.0
        for pair in range(self.pairs):
            self.tell(f"{name}, {pair + 1} of {self.pairs}")
            for what, source in (("big", self.big), ("small", self.small)):
                copy = self._copy(source, part)
                found = self._run_job(copy, name)
                number = sum(found["counts"][word] for word in COUNTED[part])
                if what == "big":
                    done, statements = number, found["statements"]
                    self.answer.slowest[name] = found["slowest"]
                    seconds["again"].append(self._run_job(copy, name)["seconds"])
                    if pair == 0 and (faults := self._do(copy, "check")["faults"]):
                        raise RuntimeError("; ".join([f"after {name}", *faults]))
                else:
                    few = number
                seconds[what].append(found["seconds"])
                memory[what] = max(memory[what], found["memory"])
                self.databases.drop(copy)
        if not done or not few:
            self.answer.notes.append(f"{part}: none of so few orders are concerned")
            return
        middle = statistics.median(seconds["big"])
        each = statistics.median(b / s for b, s in zip(seconds["big"], seconds["small"], strict=True)) * few / done
        self._line(part, f"{name}, {done:,.0f} orders", middle, "s")
        self._line(part, "orders a second", done / middle)
        self._line(part, f"time for each among {GROWTH} times the orders", each, most=1.15, sized=True)
        self._line(part, "a second run", statistics.median(seconds["again"]), "s")
        self._line(part, "peak memory of the process", memory["big"] / 1e6, "MB")
        self._line(
            part, f"{GROWTH} times the orders: times the memory", memory["big"] / memory["small"], most=1.05, sized=True
        )
        self._line(part, "statements an order", statements / done)

    def _preview(self) -> None:
        """Of a club whose orders all change: what its new version would change, counted and refreshed, beside the update."""
        many = max(self.size.due, 20 * GROWTH)
        clubs = {
            "club": self._made("club", Size(many, many // 4), programs=1),
            "tenth": self._made("tenth", Size(many // GROWTH, max(many // GROWTH // 4, 20)), programs=1),
        }
        version = {"program": "PROG-01", "revision": 2}
        seconds: dict[str, list[float]] = {"preview": [], "refresh": [], "update": []}
        memory: dict[str, int] = {"club": 0, "tenth": 0}
        changed = orders = 0
        for pair in range(self.pairs):
            self.tell(f"preview, {pair + 1} of {self.pairs}")
            for what, source in clubs.items():
                copy = self._copy(source, "previewed")
                found = self._run_job(copy, "update-orders", arguments=version, dry=True)
                memory[what] = max(memory[what], found["memory"])
                if what == "club":
                    seconds["preview"].append(found["seconds"])
                    self.answer.slowest["preview"] = found["slowest"]
                    changed = self._do(copy, "change", orders=CHANGED, on=maker.ON.isoformat())["changed"]
                    again = {**version, "refresh": found["run"]}
                    found = self._run_job(copy, "update-orders", arguments=again, dry=True)
                    seconds["refresh"].append(found["seconds"])
                    self.answer.slowest["refresh"] = found["slowest"]
                self.databases.drop(copy)
            copy = self._copy(clubs["club"], "updated")
            found = self._run_job(copy, "update-orders", arguments=version)
            orders = sum(found["counts"][word] for word in COUNTED["update"])
            seconds["update"].append(found["seconds"])
            self.answer.slowest["update-orders of a club"] = found["slowest"]
            self.databases.drop(copy)
        middle = {name: statistics.median(values) for name, values in seconds.items()}
        ratio = statistics.median(p / u for p, u in zip(seconds["preview"], seconds["update"], strict=True))
        line = self._line
        line("preview", f"update-orders, {orders:,} orders of a club", middle["update"], "s")
        line("preview", "its preview", middle["preview"], "s")
        line("preview", "the preview's time to the update's", ratio, most=1, sized=True)
        line("preview", f"refreshed when {changed} orders have changed", middle["refresh"], "s")
        line("preview", "peak memory of the process", memory["club"] / 1e6, "MB")
        growth = memory["club"] / memory["tenth"]
        line("preview", f"{GROWTH} times the orders: times the memory", growth, most=1.05, sized=True)

    def _plan(self) -> None:
        self.tell("plan")
        found = [self._do(self.big, "plan") for _ in range(self.pairs)]
        self._line("plan", "an order of twelve events", statistics.median(f["plan"] for f in found), "µs", most=100)
        self._line("plan", "its rows with their words", statistics.median(f["rows"] for f in found), "µs")

    def _search(self) -> None:
        self.tell(f"making {self.size.customers:,} customers")
        name = self._copy(self.empty, "search")
        made = self._do(name, "make_customers", customers=self.size.customers)
        self.answer.notes.append(
            f"search: {self.size.customers:,} customers, made in {made['seconds']:,.0f} s; "
            f"{self.databases.size(name) / 1e6:,.0f} MB, their words {made['words'] / 1e6:,.0f} MB of it"
        )
        found = self._do(name, "search", customers=self.size.customers, asked=SEARCHED)
        for way, milliseconds in found["slowest"]:
            self._line("search", f"{way}: the slowest of 100 but five", milliseconds, "ms")
        self._line("search", "the first 8 of all ways: the slowest of 100 but five", found["most"], "ms", most=50)
        self._line("search", "of that, time at work of both processes", found["worked"], "ms")
        self._line("search", "statements a search", found["statements"] / found["searches"])

    def _charge(self) -> None:
        copy = self._copy(self.big, "charge")
        self._run_job(copy, "create-child-orders")
        memory = []
        for part in (2, 1):  # the first half of them, then all: memory hangs on neither
            one = self._copy(copy, "charged")
            most = min(CHARGED, self.size.due) // part
            self.tell(f"process-payments, {most:,} by a payment server that takes {PER_SECOND} a second")
            found = self._do(
                one, "charge", on=maker.ON.isoformat(), most=most, per_second=PER_SECOND, milliseconds=ANSWERED_IN
            )
            self.databases.drop(one)
            memory.append(found["memory"])
            if found["differ"]:
                raise RuntimeError(f"{found['differ']} differences of the books")
        self.databases.drop(copy)
        self._line("charge", f"{found['asked']:,} requests", found["seconds"], "s")
        self._line("charge", "of the limit used", found["per_second"] / PER_SECOND, least=0.95)
        self._line("charge", "refused for it, and asked again", found["refused"], most=0)
        self._line("charge", "memory for all to that for half", memory[1] / memory[0], most=1.1)

    def _pages(self) -> None:
        self.tell("pages")
        copy = self._copy(self.big, "pages")
        found = self._do(copy, "pages", asked=SEARCHED)
        self.databases.drop(copy)
        for kind, milliseconds in found["slowest"]:
            self._line("pages", f"{kind}: the slowest of 100 but five", milliseconds, "ms", most=50)
        for kind, size in found["sizes"].items():
            self._line("pages", f"{kind}: the largest", size / 1000, "kB", most=60)
        self._line("pages", "statements a page", found["statements"])

    def _events(self) -> None:
        self.tell(f"{TOLD} events of a gateway")
        copy = self._copy(self.empty, "events")
        found = self._do(copy, "events", number=TOLD)
        self.databases.drop(copy)
        self._line("events", "an event is kept and answered: the slowest of 100 but five", found["most"], "ms", most=50)
        self._line("events", "statements an event", found["statements"])


TOLD = 1_000
"""So many events a gateway tells."""

CHARGED, PER_SECOND, ANSWERED_IN = 4_000, 100, 120
"""So many payments are charged by a server that takes so many requests a second, each of them so many milliseconds."""

CHANGED = 12
"""So many orders change before a preview is refreshed."""

SEARCHED = 100
"""So many customers are looked for in every way."""

COUNTED = {"extend": ("orders",), "update": ("updated", "unchanged"), "close": ("lines", "still_open")}
