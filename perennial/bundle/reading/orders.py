"""The orders of a bundle: the facts of their entry, read, normalised, compared with the order that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.customers import ADDRESS
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.values import Given, keys
from perennial.desk.contract import shares_json
from perennial.desk.entry import ContinuityEntry, LineEntry, OrderEntry, PayEntry
from perennial.desk.numbers import LAST_NUMBER, place_of_number
from perennial.errors import Refused
from perennial.kernel import limits, money
from perennial.kernel.places import country_faults
from perennial.kernel.shares import Share
from perennial.kernel.states import METHODS
from perennial.orders.rules import gift_message

STATE = keys(
    "status acceptance currency held holds delivery tax total taxes events children payments continuity entry"
    " carrier tracking shipped_on invoiced_on taken_over_on refund_requests"
)
ORDER = STATE | keys(
    "number reference customer order_date submit ship_to acceptance_required lines pay notes gift_message hide_prices payer"
    " source_code"
)
LINE = keys("item_number quantity delivery_mode continuity line price status name")
CONTINUITY_STATE = keys(
    "revision tariff keeps_tariff status complete lines adjustments undone_adjustments facts parked line item_number program name"
    " every times"
)
CONTINUITY = CONTINUITY_STATE | keys("start_date payment_method card payment_schedule ship_to pay")
PAY = keys("method card amount percent")
SHARE = keys("method amount percent")


@dataclass
class OrderGiven:
    """An order of a bundle. ``thing`` notes faults under its path, ``lines`` and the like under theirs."""

    at: int
    thing: Given
    entry: OrderEntry
    value: dict[str, Any]
    lines: list[Given]
    continuity: list[Given | None]
    pays: list[Given]

    @property
    def accounts(self) -> set[str]:
        """The customers that it names: who receives, who pays, and who has paid something of it before."""
        found = {self.entry.customer, self.entry.payer}
        for payment in self.thing.entries("payments"):
            if isinstance(payment, dict):
                tries = payment.get("tries")
                found.update(
                    one.get("payer")
                    for one in (payment, *(tries if isinstance(tries, list) else ()))
                    if isinstance(one, dict) and isinstance(one.get("payer"), str)
                )
        return {account for account in found if account}

    @property
    def usable(self) -> bool:
        """Is it without fault so far?"""
        return not self.thing.bad

    @property
    def stands(self) -> bool:
        """Does it say what already happened to it?"""
        if any(self.value.get(key) is not None for key in STATE - {"currency", "held", "entry"}):
            return True
        return any(
            one is not None
            and any(one.given(key) for key in CONTINUITY_STATE - {"line", "item_number", "program", "name"})
            for one in self.continuity
        )


def order(reading: Reading, at: int, value: Any) -> OrderGiven:
    """Read the facts of an order's entry."""
    if isinstance(value, dict):
        value = as_entered(value)
    thing = Given(value, f"orders[{at}]", reading.faults, ORDER)
    things = list(thing.objects("lines", LINE))
    lines, given_lines, continuity = [], [], []
    for line in things:
        entry, facts, inner = _line(reading, line)
        lines.append(entry)
        given_lines.append(facts)
        continuity.append(inner)
        thing.spoil(line)
    pays, given_pays = [], []
    pay_things = list(thing.objects("pay", PAY))
    for pay in pay_things:
        paid, facts = _pay(reading, pay)
        pays.append(paid)
        given_pays.append(facts)
        thing.spoil(pay)
    ship_to = place(thing, "ship_to")
    order_date = thing.day("order_date")
    number, reference = thing.code("number"), thing.reference("reference")
    if number is None and reference is None:
        thing.fault("reference", "order_nameless")
    if number is not None and place_of_number(number) > LAST_NUMBER:
        thing.fault("number", "order_number_beyond", last=f"SO-{LAST_NUMBER}")
    elif number is not None:
        reading.numbers.parent(thing, number)
    account, payer = thing.code("customer", "", required=True), thing.code("payer")
    gift, hide_prices = _gift_message(thing), thing.flag("hide_prices")
    source = thing.name_of("source_code", "source_code", reading.sources)
    submit, acceptance = thing.flag("submit"), thing.flag("acceptance_required")
    if not lines and not thing.faulted("lines"):
        thing.fault("lines", "order_without_lines")
    return OrderGiven(
        at=at,
        thing=thing,
        entry=OrderEntry(
            customer=account,
            lines=tuple(lines),
            number=number,
            reference=reference,
            order_date=order_date,
            submit=submit,
            ship_to=ship_to,
            acceptance_required=acceptance,
            pay=tuple(pays),
            gift_message=gift,
            hide_prices=hide_prices,
            payer=payer,
            source_code=source,
            meant=reading.meant,
            as_given={
                "number": number,
                "reference": reference,
                "customer": account,
                **({} if payer in (None, account) else {"payer": payer}),
                "order_date": None if order_date is None else order_date.isoformat(),
                "submit": submit,
                "ship_to": ship_to,
                "acceptance_required": acceptance,
                "lines": given_lines,
                "pay": given_pays,
            },
        ),
        value=thing.value,
        lines=things,
        continuity=continuity,
        pays=pay_things,
    )


def _gift_message(thing: Given) -> str | None:
    try:
        return gift_message(thing.text("gift_message"))
    except Refused as refused:
        thing.note(refused.at(thing.at("gift_message")))
        return None


def as_entered(value: dict[str, Any]) -> dict[str, Any]:
    """A printed order in the form of the bundle: each continuity order within its line."""
    printed, lines = value.get("continuity"), value.get("lines")
    if not isinstance(printed, list) or not isinstance(lines, list):
        return value
    numbers = [line.get("line", at) if isinstance(line, dict) else at for at, line in enumerate(lines, 1)]
    moved, left = list(lines), []
    for one in printed:
        at = numbers.index(one.get("line")) if isinstance(one, dict) and one.get("line") in numbers else -1
        if at < 0 or not isinstance(moved[at], dict) or moved[at].get("continuity") is not None:
            left.append(one)
        else:
            moved[at] = {**moved[at], "continuity": one}
    return {**value, "lines": moved, "continuity": left or None}


def _line(reading: Reading, line: Given) -> tuple[LineEntry, dict[str, Any], Given | None]:
    number = line.name_of("item_number", "product", reading.products, required=True)
    quantity = line.quantity("quantity")
    mode = line.name_of("delivery_mode", "delivery_mode", reading.modes)
    continuity, given = None, None
    inner = line.inner("continuity", CONTINUITY)
    if inner is None and reading.kinds.get(number or "") == "continuity":
        inner = Given({}, line.at("continuity"), reading.faults, CONTINUITY)
    if inner is not None:
        continuity, given = _continuity(reading, inner)
        line.spoil(inner)
        if line.given("price"):
            line.fault("price", "continuity_line_priced")
    facts = {
        "item_number": number,
        "quantity": money.plain(quantity),
        "delivery_mode": mode,
        "continuity": given,
    }
    price = line.money("price", reading.currency) if inner is None else None
    return LineEntry(number or "", quantity, mode, continuity, price), facts, inner


def _continuity(reading: Reading, thing: Given) -> tuple[ContinuityEntry, dict[str, Any]]:
    start = thing.day("start_date")
    method = thing.word("payment_method", METHODS)
    card = thing.code("card", longest=limits.LONG_CODE)
    schedule = thing.name_of("payment_schedule", "payment_schedule", reading.schedules)
    ship_to = place(thing, "ship_to")
    facts: dict[str, Any] = {
        "start_date": None if start is None else start.isoformat(),
        "payment_method": method,
        "card": card,
        "payment_schedule": schedule,
        "ship_to": ship_to,
    }
    shares = shares_given(reading.currency, thing)
    if shares:
        facts["pay"] = shares_json(shares, reading.currency)
    return ContinuityEntry(start, method, card, schedule, ship_to=ship_to, shares=shares), facts


def shares_given(currency: str | None, thing: Given) -> tuple[Share, ...]:
    """In how many ways a continuity order is paid that is billed up front."""
    found = []
    for one in thing.objects("pay", SHARE):
        amount, percent = one.money("amount", currency), one.percent("percent")
        if amount is not None and percent is not None:
            one.fault("percent", "amount_and_percent")
        found.append(Share(one.word("method", METHODS, "card"), amount, percent))
        thing.spoil(one)
    return tuple(found)


def _pay(reading: Reading, thing: Given) -> tuple[PayEntry, dict[str, Any]]:
    method = thing.word("method", METHODS, "card")
    card = thing.code("card", longest=limits.LONG_CODE)
    amount = thing.money("amount", reading.currency)
    percent = thing.percent("percent")
    if amount is not None and percent is not None:
        thing.fault("percent", "amount_and_percent")
    if amount is not None and amount < 0:
        thing.fault("amount", "amount_below_zero")
    facts = {
        "method": method,
        "card": card,
        "amount": None if amount is None or reading.currency is None else money.text(amount, reading.currency),
        "percent": None if percent is None else money.plain(percent),
    }
    return PayEntry(method, card, amount, percent), facts


PLACE = ("purpose", "recipient", "street", "city", "postcode", "region", "country")


def place(thing: Given, key: str) -> str | dict[str, Any] | None:
    """The code of an address, also where it is printed whole, or an address in place (which has no code)."""
    value = thing.get(key)
    if not isinstance(value, dict):
        return thing.code(key)
    inner = Given(value, thing.at(key), thing.faults, ADDRESS)
    if inner.given("code"):  # as it is printed: the customer's address of that code
        code = inner.code("code")
        thing.spoil(inner)
        return code
    found: dict[str, Any] = {name: inner.text(name) for name in PLACE}
    found["purpose"] = found["purpose"] or "delivery"
    for name in ("street", "city", "postcode"):
        found[name] = found[name] or ""
    inner.refused(country_faults(found["country"]))
    thing.spoil(inner)
    return found


def difference(given: Any, known: Sequence[Any], path: str = "") -> tuple[str, str, str] | None:
    """Where an entry differs first from all the ways in which the order is known: path, what is given, what is
    known; None where each of its values is that of one of them."""
    if isinstance(given, dict):
        known = [one for one in known if isinstance(one, dict)]
        for key in sorted({*given, *(key for one in known for key in one)}) if known else ():
            if not path and key in ("number", "reference"):
                continue  # by these it was found
            found = difference(given.get(key), [one.get(key) for one in known], f"{path}.{key}" if path else key)
            if found:
                return found
        return None if known else (path, shown(given), "null")
    if isinstance(given, list):
        lists = [one for one in known if isinstance(one, list)]
        known = [one for one in lists if len(one) == len(given)]
        if not known:
            return path, f"{len(given)} entries", str(len(lists[0])) if lists else "null"
        for at, mine in enumerate(given):
            found = difference(mine, [one[at] for one in known], f"{path}[{at}]")
            if found:
                return found
        return None
    return None if given in known else (path, shown(given), shown(known[0]) if known else "null")
