"""How long bundles take, and how much memory: ``DATABASE_URL=… python -m tests.measure_bundle 100000``.

The database is one that may be filled: each step is a process of its own, so that its memory is its own.
With ``half-way`` behind the number the orders are half way through their year: six shipments of twelve are
invoiced and paid (some by shipment, some up front, some on account), six are planned.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django


def write(path: Path, customers: int) -> None:
    """The contract's example with so many customers, each with its order; customers and orders come first."""
    django.setup()
    from tests.worlds.bundle import example

    bundle = example()
    (customer,), (order,) = bundle.pop("customers"), bundle.pop("orders")
    with open(path, "w") as file:
        file.write('{"orders": [')
        for n in range(customers):
            order |= {"reference": f"SHOP-{n}", "customer": f"C-{n}"}
            order["lines"][0]["continuity"]["card"] = order["pay"][0]["card"] = f"tok_{n}"
            file.write((",\n" if n else "\n") + json.dumps(order))
        file.write('],\n"customers": [')
        for n in range(customers):
            customer |= {"account": f"C-{n}", "name": f"Ada Bianchi {n}", "email": f"ada{n}@example.com"}
            customer["cards"][0]["token"] = f"tok_{n}"
            file.write((",\n" if n else "\n") + json.dumps(customer))
        file.write("],\n" + json.dumps(bundle)[1:])


PRICES = [Decimal(f"{9 + n}.95") for n in range(12)]
FREIGHT = Decimal("4.95")
YEAR = sum(PRICES) + 12 * FREIGHT


def write_half_way(path: Path, customers: int) -> None:
    """So many customers with two addresses and a card, and an order each that has had six shipments of twelve."""
    top: dict[str, Any] = {
        "currency": "USD",
        "company": {"name": "Aurora Books", "country": "US", "time_zone": "UTC"},
        "parameters": {"days_before_delivery": 5, "repeat_threshold": 3},
        "delivery_modes": [{"code": "STD", "charge": str(FREIGHT), "working_days": [1, 2, 3, 4, 5], "holidays": "US"}],
        "payment_schedules": [{"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "unit": "month"}],
        "products": [
            *({"number": f"B{n:02d}", "price": str(price)} for n, price in enumerate(PRICES, 1)),
            *({"number": kind, "program": kind} for kind in ("CLUB", "PARTS", "WHOLE")),
        ],
        "programs": [
            _year("CLUB"),
            _year("PARTS", bill_upfront=True, payment_schedule="3X"),
            _year("WHOLE", bill_upfront=True),
        ],
    }
    with open(path, "w") as file:
        file.write(json.dumps(top)[:-1])
        lists: tuple[tuple[str, Callable[[int], dict[str, Any]]], ...] = (("customers", _member), ("orders", _half_way))
        for name, make in lists:
            file.write(f',\n"{name}": [')
            for n in range(1, customers + 1):
                file.write((",\n" if n > 1 else "\n") + json.dumps(make(n)))
            file.write("]")
        file.write("}\n")


def _year(schedule_id: str, **more: Any) -> dict[str, Any]:
    events = [
        {"key": f"E{n}", "item_number": f"B{n:02d}", "delivery_mode": "STD", "days_from_last": 30} for n in range(1, 13)
    ]
    return {"schedule_id": schedule_id, "days_after_order_date": 5, "events": events, **more}


def _member(n: int) -> dict[str, Any]:
    street = {"city": "Albany", "postcode": f"{n % 99999:05d}", "region": "NY", "country": "US"}
    return {
        "account": f"C-{n:06d}",
        "name": f"Customer {n} of the club",
        "email": f"c{n}@example.com",
        "allow_on_account": n % 10 == 0,
        "addresses": [
            {"code": "home", "purpose": "delivery", "street": f"{n} Main Street", **street},
            {"code": "bill", "purpose": "invoice", "street": f"{n} Bank Street", **street},
        ],
        "cards": [
            {"token": f"tok_{n:06d}", "brand": "visa", "last4": f"{n % 10000:04d}", "exp_month": 12, "exp_year": 2030}
        ],
    }


def _half_way(n: int) -> dict[str, Any]:
    number, ordered = f"SO-{n:06d}", date(2026, 1, 5) + timedelta(n % 28)
    kind = {3: "PARTS", 5: "WHOLE", 7: "PARTS"}.get(n % 10, "CLUB")
    account = n % 10 == 0
    method = "on_account" if account else "card"
    lines, children, payments = [], [], []
    for shipment, price in enumerate(PRICES, 1):
        item = {"item_number": f"B{shipment:02d}", "quantity": 1, "price": str(price)}
        on = (ordered + timedelta(5 + 30 * (shipment - 1))).isoformat()
        status = "ordered" if shipment <= 6 else "scheduled"
        lines.append({"key": f"E{shipment}", **item, "event_on": on, "status": status, "shipment": shipment})
        if shipment > 6:
            continue
        child = {"number": f"{number}-1-{shipment:03d}", "shipment": shipment, "status": "invoiced", "ship_on": on}
        total = str(price + FREIGHT)
        children.append(
            child
            | {"lines": [item], "delivery": str(FREIGHT), "tax": "0.00", "total": total}
            | {"carrier": "UPS", "tracking": f"1Z{n:07d}{shipment:02d}", "external": f"OLD-{n}-{shipment}"}
        )
        if kind == "CLUB":
            paid = {"amount": total, "captured": total, "status": "paid" if account else "captured"}
            payments.append({"order": child["number"], "purpose": "shipment", "method": method, "due_on": on, **paid})
    if kind != "CLUB":
        part = (YEAR / 3).quantize(Decimal("0.01"))
        parts = [part, part, YEAR - 2 * part] if kind == "PARTS" else [YEAR]
        for k, amount in enumerate(parts, 1):
            paid = {"amount": str(amount), "captured": str(amount), "status": "captured"}
            due = ordered.replace(month=k, day=min(ordered.day, 28)).isoformat()
            payments.append({"order": number, "purpose": "order", "number": k, "method": "card", "due_on": due, **paid})
    card = {} if account else {"card": f"tok_{n:06d}"}
    return {
        "number": number,
        "reference": f"OLD-{n}",
        "customer": f"C-{n:06d}",
        "order_date": ordered.isoformat(),
        "submit": True,
        "ship_to": "home",
        "lines": [{"item_number": kind, "continuity": {"payment_method": method, "lines": lines, **card}}],
        "children": children,
        "payments": payments,
    }


def step(name: str, path: Path) -> None:
    """One command in this process; then what it took."""
    from perennial.cli.main import main

    started = time.monotonic()
    status = main([name, str(path), "--json"])
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{name}: {path.stat().st_size / 1e6:.0f} MB, {time.monotonic() - started:.0f} s"
        f" ({used.ru_utime + used.ru_stime:.0f} s of the process), {used.ru_maxrss / unit:.0f} MB of memory",
        file=sys.stderr,
    )
    sys.exit(status)


def main() -> None:
    """Import, import again, export."""
    if sys.argv[1] == "step":
        step(sys.argv[2], Path(sys.argv[3]))
    with tempfile.TemporaryDirectory() as folder:
        given, exported = Path(folder) / "given.json", Path(folder) / "exported.json"
        half_way = "half-way" in sys.argv[2:]
        (write_half_way if half_way else write)(given, int(sys.argv[1]))
        for name, path in (("import", given), ("import", given), ("export", exported)):
            subprocess.run([sys.executable, "-m", "tests.measure_bundle", "step", name, str(path)], check=True)


if __name__ == "__main__":
    main()
