"""Small, nasty scenarios from a seed: a bundle, then commands with dates that only go forward.

The model runs along while a scenario is made, so that most commands hit something; some are meant to be
refused. `careful` leaves out what the specification does not settle (the model answers that as well, but
another answer is no fault).
"""

from __future__ import annotations

import copy
import random
from datetime import date, timedelta
from decimal import Decimal

from .commands import answer
from .model import Model
from .money import digits

INTERVALS = {
    "FIRST": {"rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
    "LAST": {"rule": "FREQ=MONTHLY;BYMONTHDAY=-1"},
    "D31": {"rule": "FREQ=MONTHLY;BYMONTHDAY=31"},
    "MON1": {"rule": "FREQ=MONTHLY;BYDAY=1MO"},
    "W2": {"rule": "FREQ=WEEKLY;INTERVAL=2", "anchor": "2026-01-07"},
    "TUFR": {"rule": "FREQ=WEEKLY;BYDAY=TU,FR"},
    "Q": {"rule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", "anchor": "2026-02-01"},
    "D10": {"rule": "FREQ=DAILY;INTERVAL=10"},
    "FEB29": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"},
    "OM": {"rule": "FREQ=MONTHLY", "anchor": "order"},
    "OM2": {"rule": "FREQ=MONTHLY;INTERVAL=2", "anchor": "order"},
    "OW": {"rule": "FREQ=WEEKLY;INTERVAL=3", "anchor": "order"},
    "OY": {"rule": "FREQ=YEARLY", "anchor": "order"},
}
PLAIN = ["FIRST", "LAST", "D31", "MON1", "W2", "TUFR", "Q", "D10"]
MODES = [
    {"code": "ANY", "name": "Any day", "charge": "3.10"},
    {
        "code": "STD",
        "name": "Standard",
        "charge": "4.95",
        "working_days": [1, 2, 3, 4, 5],
        "holidays": "US-NY",
        "closed_on": ["2026-03-31", "2026-04-01"],
    },
    {
        "code": "IT",
        "name": "Italia",
        "charge": "2.00",
        "tax_group": "FREIGHT",
        "working_days": [1, 2, 3, 4, 5, 6],
        "holidays": "IT",
    },
    {"code": "SAT", "name": "Saturdays", "working_days": [6]},
]
RATES = [
    {"group": "BOOKS", "country": "US", "percent": "4"},
    {"group": "BOOKS", "country": "US", "region": "NY", "percent": "8.875", "from": "2026-03-01"},
    {"group": "BOOKS", "country": "IT", "percent": "4", "from": "2020-01-01"},
    {"group": "BOOKS", "country": "IT", "percent": "5", "from": "2026-05-01"},
    {"group": "TOYS", "country": "IT", "percent": "22", "from": "2020-01-01"},
    {"group": "FREIGHT", "country": "IT", "percent": "22"},
]
SCHEDULES = [
    {"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "every": 1, "unit": "month"},
    {"name": "20A", "allocation": "fixed_amount", "amount": "20.00", "every": 10, "unit": "day"},
    {
        "name": "5-3-2",
        "allocation": "specified",
        "unit": "day",
        "lines": [
            {"after": 0, "percent": "50"},
            {"after": 15, "percent": "30"},
            {"after": 30, "percent": "20"},
        ],
    },
    {"name": "N14", "allocation": "total", "unit": "day", "after": 14},
    {
        "name": "THIRDS",
        "allocation": "specified",
        "unit": "month",
        "lines": [{"percent": "33.33"}, {"after": 1, "percent": "33.33"}, {"after": 2, "percent": "33.34"}],
    },
]
ITEMS = ["A1", "A2", "A3", "A4", "A5", "A6"]


class Scenario:
    def __init__(self, seed: int, careful: bool = True, length: int = 14):
        self.random = random.Random(seed)
        self.seed, self.careful = seed, careful
        self.model = Model()
        self.steps: list[dict] = []
        self.programs: dict[str, dict] = {}
        self.keys = 0
        self.on = date(2026, 1, 1) + timedelta(self.random.choice([0, 29, 30, 57, 58, 59, self.random.randrange(80)]))
        self.bundle()
        for _ in range(self.random.randint(3, length)):
            self.step()
        self.command("job", "process-payments", "--on", self.on.isoformat())

    # -- helpers

    def chance(self, percent: float) -> bool:
        return self.random.random() * 100 < percent

    def pick(self, *items):
        return self.random.choice(items)

    def give(self, bundle: dict) -> None:
        self.steps.append({"import": copy.deepcopy(bundle)})
        self.model.load(copy.deepcopy(bundle))

    def command(self, *argv: str) -> int:
        self.steps.append({"argv": list(argv)})
        return answer(self.model, list(argv))[0]

    # -- the first bundle

    def bundle(self) -> None:
        r = self.random
        self.currency = self.pick("USD", "USD", "EUR", "EUR", "JPY", "KWD")
        products = []
        for item in ITEMS:
            product = {
                "number": item,
                "name": f"Book {item}",
                "tax_group": self.pick("BOOKS", "BOOKS", "TOYS", None),
            }
            if self.chance(30):
                product["prices"] = [
                    {"price": self.price()},
                    {"price": self.price(), "from": self.day(-20, 60)},
                ]
                if self.chance(30):
                    product["prices"][0]["from"] = "2025-12-01"
                    product["prices"][1]["from"] = self.day(5, 60)
            else:
                product["price"] = self.price()
            products.append(product)
        programs = []
        for name in ("PA", "PB")[: r.randint(1, 2)]:
            programs.append(self.program(name))
            for number in range(1, 3):
                parent = {"number": f"K-{name}-{number}", "name": f"Club {name} {number}", "program": name}
                if number == 2:
                    parent[self.pick("event_duration", "shipments")] = r.randint(1, 5)
                products.append(parent)
        orders = [self.order(f"R{i}") for i in range(1, r.randint(1, 3) + 1)]
        self.give(
            {
                "currency": self.currency,
                "company": {"name": "Aurora", "country": "US", "time_zone": "America/New_York"},
                "parameters": {
                    "days_before_delivery": self.pick(0, 5, 5, 10),
                    "repeat_threshold": self.pick(None, 0, 1, 2, 3),
                    "on_account_bill_days": self.pick(10, 3),
                    "delivery_window_days": self.pick(0, 5, 5, 10),
                    "authorize_child_orders": self.pick(True, True, False),
                    "number_of_orders_to_create": self.pick(None, None, None, 1),
                    "prices_include_tax": self.chance(25),
                    "days_between_tries": 1 + self.seed % 4 // 2 * (self.seed % 3),
                    "soft_retry_days": [[1, 3], [2], [1, 1, 1, 1]][self.seed % 3] if self.seed % 5 == 4 else None,
                },
                "delivery_modes": [
                    {**one, **({"charge": self.written(one["charge"])} if "charge" in one else {})} for one in MODES
                ],
                "tax_rates": RATES,
                "date_intervals": [{"code": code, "name": code, **one} for code, one in INTERVALS.items()],
                "payment_schedules": [
                    {**one, **({"amount": self.written(one["amount"])} if "amount" in one else {})} for one in SCHEDULES
                ],
                "products": products,
                "programs": programs,
                "customers": [
                    {
                        "account": "C1",
                        "name": "Ada Bianchi",
                        "allow_on_account": True,
                        "addresses": [
                            {
                                "code": "home",
                                "purpose": "delivery",
                                "street": "Via Roma 1",
                                "city": "Milano",
                                "postcode": "20121",
                                "region": "MI",
                                "country": "IT",
                            },
                            {
                                "code": "ny",
                                "purpose": "invoice",
                                "street": "1 Main St",
                                "city": "Albany",
                                "postcode": "12201",
                                "region": "NY",
                                "country": "US",
                            },
                        ],
                        "cards": [
                            {
                                "token": self.pick(
                                    *["tok_visa"] * 6, "tok_declined", "tok_hard", "tok_decline_2", "tok_decline_2"
                                ),
                                "brand": "visa",
                                "last4": "4242",
                                "exp_month": 12,
                                "exp_year": 2039,
                            }
                        ],
                    },
                    {
                        "account": "C2",
                        "name": "Bob Rossi",
                        "allow_on_account": True,
                        "addresses": [
                            {
                                "code": "home",
                                "purpose": "delivery",
                                "street": "2 Elm St",
                                "city": "Boston",
                                "postcode": "02101",
                                "region": "MA",
                                "country": "US",
                            },
                            {
                                "code": "ny",
                                "purpose": "invoice",
                                "street": "1 Main St",
                                "city": "Albany",
                                "postcode": "12201",
                                "region": "NY",
                                "country": "US",
                            },
                        ],
                        "cards": [
                            {
                                "token": "tok_master",
                                "brand": "mastercard",
                                "last4": "4444",
                                "exp_month": r.randint(2, 6),
                                "exp_year": 2026 if self.chance(40) else 2039,
                            }
                        ],
                    },
                ],
                "orders": orders,
            }
        )

    def price(self) -> str:
        if self.currency == "JPY":
            return str(self.random.randint(100, 4000))
        if self.currency == "KWD":
            return f"{self.random.randint(1000, 40000) / 1000:.3f}"
        return f"{self.random.randint(100, 4000) / 100:.2f}"

    def written(self, text: str) -> str:
        """A price of the tables above with the digits of the currency."""
        return str(int(Decimal(text) * 100)) if self.currency == "JPY" else f"{Decimal(text):.{digits(self.currency)}f}"

    def day(self, low: int, high: int) -> str:
        return (self.on + timedelta(self.random.randint(low, high))).isoformat()

    def program(self, name: str) -> dict:
        upfront = self.chance(25)
        program = {
            "schedule_id": name,
            "name": f"Club {name}",
            "started_on": self.day(-90, 10),
            "order_start": self.pick("first_event", "first_event", "current_event"),
            "bill_upfront": upfront,
            "consolidate": self.chance(40),
            "catch_up": self.pick("resume", "resume", "skip", "send"),
            "days_after_order_date": self.pick(0, 5, 7, 30),
            "events": [self.event() for _ in range(self.random.choice([1, 2, 3, 3, 4, 5]))],
        }
        if self.chance(35):
            program["payment_schedule"] = self.pick(*[one["name"] for one in SCHEDULES])
        return self.settle(program)

    def event(self) -> dict:
        self.keys += 1
        event = {
            "key": f"k{self.keys}",
            "products": [self.product()],
            "delivery_mode": self.pick("ANY", "STD", "STD", "IT", "SAT", None),
            "days_from_last": self.pick(0, 0, 1, 7, 14, 30),
            "times_to_repeat": self.pick(0, 0, 0, 1, 2, 3, 5),
            "action": "none",
        }
        if self.chance(15):
            event["products"].append(self.product(but=event["products"][0]["item_number"]))
        if self.chance(40):
            event["date_interval"] = self.pick(
                *(code for code in INTERVALS if code not in ("FEB29", "OY") or self.chance(10))
            )
        if self.chance(20):
            event["start_order_date"] = self.day(-60, 60)
        if self.chance(10):
            event["action"] = "skip"
        if self.chance(8):
            event["action"] = "end"
        if self.chance(12):
            event["payment_schedule"] = self.pick(*[one["name"] for one in SCHEDULES])
        if self.chance(15):
            event["times_to_repeat"] = "until_stopped"
        return event

    def product(self, but: str | None = None) -> dict:
        product = {"item_number": self.pick(*[item for item in ITEMS if item != but])}
        if self.chance(20):
            product["price"] = self.price()
        if self.chance(15):
            product["quantity"] = self.pick(2, 3)
        return product

    def settle(self, program: dict) -> dict:
        """Make it valid: something ships, what repeats has a rhythm; as a bundle."""
        events = program["events"]
        if all(event["action"] == "skip" for event in events):
            events[0]["action"] = "none"
        shipping = [event for event in events if event["action"] != "skip"]
        last = next((event for event in shipping if event["action"] == "end"), shipping[-1])
        for event in events:
            if event["times_to_repeat"] == "until_stopped" and (event is not last or program["bill_upfront"]):
                event["times_to_repeat"] = 2
            if event["times_to_repeat"] and not event.get("date_interval") and not event["days_from_last"]:
                event["days_from_last"] = 9
        self.programs[program["schedule_id"]] = program
        entries = [
            {
                **{key: value for key, value in event.items() if key != "products"},
                **product,
                "event_id": place,
            }
            for place, event in enumerate(events, 1)
            for product in event["products"]
        ]
        return {**program, "events": entries}

    def order(self, reference: str) -> dict:
        name = self.pick(*self.programs)
        method = self.pick("card", "card", "card", "on_account")
        customer = self.pick("C1", "C2")
        lines = [self.parent_line(name, method)]
        if self.chance(20):
            lines.append(self.parent_line(self.pick(*self.programs), method))
        if self.chance(20):
            lines.append(
                {
                    "item_number": self.pick(*ITEMS),
                    "quantity": self.random.randint(1, 3),
                    "delivery_mode": self.pick("STD", "IT", None),
                }
            )
        known = self.model.customers.get(customer)
        if method == "card" and known and len(known["cards"]) > 1:
            for line in lines:
                line.get("continuity", {}).setdefault("card", known["cards"][-1]["token"])
        return {
            "reference": reference,
            "customer": customer,
            "order_date": self.on.isoformat(),
            "submit": not self.chance(5),
            "acceptance_required": self.chance(10),
            "ship_to": self.pick(None, "home", "ny"),
            "lines": lines,
        }

    def parent_line(self, name: str, method: str) -> dict:
        continuity = {"payment_method": method}
        if self.chance(35):
            continuity["start_date"] = self.day(-60, 40)
        if self.chance(20):
            continuity["payment_schedule"] = self.pick(*[one["name"] for one in SCHEDULES])
        if self.chance(10):
            continuity["ship_to"] = "ny"
        return {
            "item_number": f"K-{name}-{self.pick(1, 1, 2)}",
            "quantity": self.pick(1, 1, 2),
            "continuity": continuity,
        }

    # -- what happens then

    def step(self) -> None:
        self.on += timedelta(self.pick(0, 1, 1, 3, 7, 20))
        on = self.on.isoformat()
        what = self.random.random() * 100
        if what < 5:
            until = self.on + timedelta(self.random.randint(3, 40))
            self.command("simulate", "--from", on, "--to", until.isoformat())
            self.on = until + timedelta(1)
        elif what < 30:
            self.command("night", "--on", on)
            self.on += timedelta(1)
        elif what < 42:
            name = self.pick(
                "update-current-event",
                "extend-lines",
                "update-orders",
                "create-child-orders",
                "process-payments",
                "close-orders",
            )
            extra = []
            if name == "create-child-orders":
                if self.chance(20):
                    extra += ["--through", self.day(0, 30)]
                if self.chance(20):
                    extra += ["--limit", str(self.random.randint(1, 2))]
            if name == "update-orders" and self.chance(30):
                extra += ["--program", self.pick(*self.programs)]
            self.command("job", name, "--on", on, *extra)
        elif what < 54:
            self.ship(on)
        elif what < 67:
            self.change_program(on)
        elif what < 70:
            self.give({"orders": [self.order(f"R{len(self.model.orders) + 1}")]})
        elif what < 71.5 and not self.careful:
            self.give(
                {
                    "date_intervals": [
                        {"code": code, "name": code, **INTERVALS[other]}
                        for code, other in [self.random.sample(PLAIN, 2)]
                    ]
                }
            )
        else:
            self.adjust(on)

    def ship(self, on: str) -> None:
        for order in list(self.model.orders.values()):
            for child in order.children:
                if child.status == "open" and self.chance(70):
                    self.command("order", "ship", child.number, "--on", on, *self.all_the_same(10))
                if (child.status == "shipped" and self.chance(85)) or (child.status == "open" and self.chance(3)):
                    self.command("order", "invoice", child.number, "--on", on, *self.all_the_same(20))
            if (
                order.ordinary
                and order.status == "open"
                and all(line.status in ("open", "shipped") for line in order.ordinary)
                and self.chance(60)
            ):
                self.command("order", "ship", order.number, "--on", on, *self.all_the_same(10))
                self.command("order", "invoice", order.number, "--on", on, *self.all_the_same(20))
        if self.chance(50):
            self.command("job", "process-payments", "--on", on)

    def all_the_same(self, percent: int) -> tuple[str, ...]:
        """Now and then what stands in the way is overridden; somebody forgets to say why."""
        if not self.chance(percent):
            return ()
        return ("--override", "--reason", "agreed") if self.chance(80) else ("--override",)

    def change_program(self, on: str) -> None:
        name = self.pick(*self.programs)
        program = copy.deepcopy(self.programs[name])
        events = program["events"]
        for _ in range(self.random.randint(1, 2)):
            change = self.pick("insert", "remove", "move", "change", "change", "header")
            at = self.random.randrange(len(events))
            if change == "insert":
                events.insert(self.random.randint(0, len(events)), self.event())
            elif change == "remove" and len(events) > 1:
                del events[at]
            elif change == "move":
                events.insert(self.random.randrange(len(events)), events.pop(at))
            elif change == "header":
                program["days_after_order_date"] = self.pick(0, 3, 10)
                if self.chance(60):
                    program["payment_schedule"] = self.pick(None, *[one["name"] for one in SCHEDULES])
            else:
                new = self.event()
                for field in self.random.sample(
                    [
                        "days_from_last",
                        "date_interval",
                        "start_order_date",
                        "times_to_repeat",
                        "action",
                        "products",
                        "delivery_mode",
                        "payment_schedule",
                    ],
                    2,
                ):
                    if field == "products" and len(new["products"]) != len(events[at]["products"]):
                        continue
                    events[at].pop(field, None)
                    if field in new:
                        events[at][field] = new[field]
        program["apply"] = self.chance(40)
        self.give({"programs": [self.settle(program)]})
        if self.chance(70):
            self.command("job", "update-orders", "--on", on)
            if self.chance(30):
                self.command("job", "update-orders", "--on", on)

    def adjust(self, on: str) -> None:
        order = self.pick(*self.model.orders.values())
        number = order.number
        if order.status == "draft":
            self.command("order", "submit", number, "--on", on)
            return
        co = self.pick(*order.continuity)
        line = ["--line", str(co.line)] if len(order.continuity) > 1 else []
        open_rows = [row for row in co.walk if row.shipment and (row.status == "scheduled" or not self.careful)]
        if self.careful and co.facts.upfront:
            open_rows = []
        tail = ["--on", on, *line]
        what = self.pick(
            "skip",
            "skip",
            "unskip",
            "move",
            "move",
            "following",
            "following",
            "substitute",
            "price",
            "quantity",
            "address",
            "hold",
            "hold",
            "release",
            "release",
            "accept",
            "cancel",
            "again",
            "after",
            "refused",
            "card",
        )
        shipment = str(self.pick(*open_rows).shipment) if open_rows else "1"
        if what == "refused":
            self.refused(number, co, tail)
        elif what == "unskip":
            skipped = [row for row in co.walk if row.status == "skipped" and row.ship_on >= self.on]
            if skipped:
                self.command("order", "unskip", number, "--shipment", str(self.pick(*skipped).shipment), *tail)
        elif what == "hold" and not order.held():
            self.command(
                "order",
                "hold",
                number,
                "--reason",
                "asked",
                "--code",
                "H1",
                "--stops",
                self.pick("shipping", "both"),
                "--on",
                on,
            )
            if self.chance(70):
                for _ in range(self.random.randint(1, 3)):
                    self.on += timedelta(self.random.randint(1, 15))
                    self.command("night", "--on", self.on.isoformat())
                self.on += timedelta(1)
        elif (what == "release" and order.held()) or (order.held() and self.chance(50)):
            self.command("order", "release", number, "--on", on, *self.catch_up())
        elif what == "accept" and order.acceptance == "awaited":
            self.command("order", "accept", number, "--on", on, *self.catch_up())
        elif (
            what == "cancel"
            and self.chance(25)
            and not (self.careful and any(co.facts.upfront for co in order.continuity))
        ):
            self.command("order", "cancel", number, "--on", on)
        elif what == "after" and len(order.continuity) == 1 and open_rows and self.chance(30):
            self.command("order", "cancel", number, "--after", shipment, "--on", on)
        elif what == "again" and (children := [child for child in order.children if child.status == "open"]):
            self.command("order", "cancel", self.pick(*children).number, "--on", on, *self.pick([], ["--again"]))
        elif what == "card" and self.chance(40):
            account = order.customer["account"]
            old = order.customer["cards"][-1]["token"]
            self.command(
                "card",
                account,
                "--token",
                f"tok_new_{account}_{len(order.customer['cards'])}",
                "--brand",
                "visa",
                "--last4",
                "1881",
                "--exp",
                "12/2039",
                "--replaces",
                old,
                "--on",
                on,
            )
        elif not open_rows:
            return
        elif what == "skip":
            self.command("order", "skip", number, "--shipment", shipment, *tail)
        elif what == "move":
            self.command("order", "move", number, "--shipment", shipment, "--to", self.day(-2, 45), *tail)
        elif what == "following":
            row = self.pick(*open_rows)
            if self.careful and co.adjusted(row.at, "move"):
                return
            self.command(
                "order",
                "move",
                number,
                "--shipment",
                str(row.shipment),
                "--to",
                self.day(-2, 60),
                "--following",
                *tail,
            )
        elif what == "substitute":
            row = self.pick(*open_rows)
            old = self.pick(*row.lines).item
            items = [line.item for other in co.shipment(row.shipment) for line in other.lines]
            extra = ["--from", old] if len(items) > 1 else []
            if items.count(old) > 1 and self.careful:
                return
            if self.chance(30):
                extra += ["--price", self.price()]
            self.command(
                "order",
                "substitute",
                number,
                "--shipment",
                str(row.shipment),
                "--item",
                self.pick(*ITEMS),
                *extra,
                *tail,
            )
        elif what in ("price", "quantity", "address"):
            row = self.pick(*open_rows)
            rows = co.shipment(row.shipment)
            lines = [line for one in rows for line in one.lines]
            if self.careful and (len(lines) > 1 or lines[0].quantity != co.facts.quantity):
                return
            value = {
                "price": ["--price", self.price()],
                "quantity": ["--quantity", self.pick("2", "3")],
                "address": ["--to", "ny"],
            }[what]
            self.command("order", what, number, "--shipment", str(row.shipment), *value, *tail)

    def refused(self, number: str, co, tail: list[str]) -> None:
        ordered = [row for row in co.walk if row.child]
        past = (self.on - timedelta(self.random.randint(1, 9))).isoformat()
        if ordered:
            shipment = str(self.pick(*ordered).shipment)
            self.command(
                "order",
                *self.pick(
                    ("skip", number, "--shipment", shipment),
                    ("move", number, "--shipment", shipment, "--to", self.day(1, 9)),
                    ("substitute", number, "--shipment", shipment, "--item", "A1"),
                ),
                *tail,
            )
        elif co.walk:
            shipment = str(self.pick(*co.walk).shipment)
            self.command(
                "order",
                *self.pick(
                    ("move", number, "--shipment", shipment, "--to", past),
                    ("skip", number, "--shipment", "99"),
                    ("substitute", number, "--shipment", shipment, "--item", "K-PA-1"),
                    ("move", number, "--shipment", shipment, "--to", past, "--following"),
                ),
                *tail,
            )

    def catch_up(self) -> list[str]:
        return ["--catch-up", self.pick("resume", "skip", "send")] if self.chance(40) else []


def scenario(seed: int, careful: bool = True, length: int = 14) -> list[dict]:
    return Scenario(seed, careful, length).steps
