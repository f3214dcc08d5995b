"""A draft that is edited stands as the order that would have been entered so at once, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from perennial.bundle.export.orders import order_bundles
from perennial.continuity.models import Adjustment, ContinuityOrder
from perennial.db.transactions import taken_back
from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.entry import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, PayEntry, enter
from perennial.desk.orders.draft import DraftEdited
from perennial.errors import Refused, Several
from perennial.jobs.check import check, check_once
from perennial.kernel.money import Money
from perennial.orders.models import OrderLine, SalesOrder
from perennial.payments.models import Payment
from tests.worlds.desk import (
    ANNA,
    ON,
    book,
    day,
    last_event,
    line,
    lines,
    make_children,
    order,
    payments,
    refused,
    shown,
    unchanged,
)

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _in_order() -> Iterator[None]:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def draft(*given: Any, **more: Any) -> str:
    return order(*given, submit=False, **more)


def exported(number: str) -> str:
    """The order as an export writes it, without its number and its history."""
    (document,) = order_bundles([SalesOrder.objects.get(number=number).pk])
    for name in ("number", "reference", "events"):
        document.pop(name, None)
    return json.dumps(document, indent=1).replace(number, "SO")


@dataclass(frozen=True)
class Wanted:
    """The order that the draft should be, as it would be entered."""

    lines: tuple[LineEntry, ...]
    ship_to: str = "home"
    pay: tuple[PayEntry, ...] = (PayEntry("card", "tok_visa"),)

    def entered(self, number: str) -> EnteredOrder | list[Refused]:
        entry = OrderEntry("C-1", self.lines, number=number, order_date=ON, ship_to=self.ship_to, pay=self.pay)
        return enter([entry], on=ON, by="clerk:anna")[0]

    def at_once(self) -> str | None:
        """What entering it at once makes; None: it is refused."""
        with taken_back():
            made = self.entered("SO-ANEW")
            return exported("SO-ANEW") if isinstance(made, EnteredOrder) else None


def a_line(random: Random) -> LineEntry:
    quantity = Decimal(random.choice(("1", "2", "0.5")))
    if random.random() < 0.5:
        return LineEntry(f"B{random.randint(1, 6)}", quantity, random.choice((None, "STD", "ANY")))
    return LineEntry(f"S-{random.choice(('CLUB', 'LOOP', 'UP', 'PART', 'MISS'))}", quantity, continuity=a_page(random))


def a_page(random: Random) -> ContinuityEntry:
    return ContinuityEntry(
        start_date=random.choice((None, day(3), day(40))),
        payment_method=random.choice(("card", "card", "on_account", "check")),
        card=random.choice(("tok_visa", "tok_two")),
        payment_schedule=random.choice((None, None, "3X")),
        ship_to=random.choice((None, None, "cabin")),
    )


def a_pay(random: Random) -> tuple[PayEntry, ...]:
    return random.choice(
        (
            (),
            (PayEntry("card", "tok_two"),),
            (PayEntry("check"),),
            (PayEntry("card", "tok_visa", percent=Decimal(30)), PayEntry("on_account", percent=Decimal(70))),
            (PayEntry("card", "tok_visa", amount_minor=500), PayEntry("card", "tok_two")),
            (PayEntry("card", "tok_visa", amount_minor=500), PayEntry("check", amount_minor=900)),
        )
    )


def put_in(one: LineEntry, given: dict[str, Any], without: list[str]) -> LineEntry:
    """A line with what is given in the place of what it had."""
    mine = {name: value for name, value in given.items() if name in ("quantity", "delivery_mode")}
    if "delivery_mode" in without:
        mine["delivery_mode"] = None
    changed = replace(one, **mine)
    if one.continuity is None:
        return changed
    page = replace(one.continuity, **{name: value for name, value in given.items() if name not in mine})
    page = replace(page, **{name: None for name in without if name != "delivery_mode"})
    return replace(changed, continuity=page if page.payment_method in (None, "card") else replace(page, card=None))


FIELDS = tuple(name for name in ContinuityEntry.__dataclass_fields__ if name != "shares")
"""What a line of a draft may say of its continuity order; in several ways it is paid once it is an order."""


def an_edit(random: Random, now: Wanted) -> tuple[Wanted, Any, dict[str, Any]]:
    """Something that a clerk may do to a draft: what it should be then, the action, its arguments."""
    pay = a_pay(random) if random.random() < 0.2 else None
    paid = now.pay if pay is None else pay
    kind = random.choice(("add", "change", "change", "change", "remove", "pay", "address"))
    at = random.randrange(len(now.lines))
    if kind == "add":
        one = a_line(random)
        page = one.continuity or ContinuityEntry()
        arguments = {"item": one.item_number, "quantity": one.quantity, "delivery_mode": one.delivery_mode}
        arguments |= {name: getattr(page, name) for name in FIELDS}
        return (
            replace(now, lines=(*now.lines, put_in(one, {}, [])), pay=paid),
            actions.add_line,
            arguments | {"pay": pay},
        )
    if kind == "remove" and len(now.lines) > 1:
        return (
            replace(now, lines=now.lines[:at] + now.lines[at + 1 :], pay=paid),
            actions.remove_line,
            {"line": at + 1, "pay": pay},
        )
    if kind == "pay":
        return replace(now, pay=pay or ()), actions.pay_draft, {"pay": pay or ()}
    if kind == "address":
        to = random.choice(("home", "cabin"))
        everywhere = tuple(
            replace(one, continuity=replace(one.continuity, ship_to=None)) if one.continuity else one
            for one in now.lines
        )
        return replace(now, ship_to=to, lines=everywhere), actions.address, {"to": to}
    one = now.lines[at]
    if one.continuity is None:
        choices: dict[str, Any] = {"quantity": Decimal(random.randint(1, 9)), "delivery_mode": "STD"}
        forget = ["delivery_mode"]
    else:
        page = a_page(random)
        choices = {name: getattr(page, name) for name in FIELDS if getattr(page, name) is not None}
        choices["quantity"] = Decimal(random.randint(1, 9))
        forget = ["start_date", "ship_to", "payment_schedule"]
    given = {name: choices[name] for name in random.sample(sorted(choices), random.randint(0, 2))}
    without = [name for name in forget if name not in given and random.random() < 0.2]
    changed = put_in(one, given, without)
    wanted = replace(now, lines=(*now.lines[:at], changed, *now.lines[at + 1 :]), pay=paid)
    return wanted, actions.change_line, {"line": at + 1, **given, "without": without, "pay": pay}


@pytest.mark.parametrize("seed", range(12))
def test_however_it_was_edited_it_is_what_would_have_been_entered(seed: int) -> None:
    random = Random(seed)
    now = Wanted((line("CLUB"), book()))
    number = "SO-EDITED"
    assert isinstance(now.entered(number), EnteredOrder)
    done = 0
    for _ in range(10):
        wanted, act, arguments = an_edit(random, now)
        anew = wanted.at_once()
        if anew is None:  # what could not be entered so cannot be made of it
            with unchanged(), pytest.raises(Refused):
                act(number=number, **arguments, **ANNA)
            continue
        act(number=number, **arguments, **ANNA)
        now, done = wanted, done + 1
        assert exported(number) == anew, (act.__name__, arguments)
    assert done > 2
    actions.submit(number=number, **ANNA)
    assert not SalesOrder.objects.get(number=number).payments.filter(status="draft").exists()


class TestLines:
    def test_a_continuity_product_is_opened_and_its_lines_are_planned(self) -> None:
        number = draft(book())
        done = actions.add_line(number=number, item="S-PART", start_date=day(4), card="tok_two", **ANNA)
        assert done == DraftEdited(order=number, line=2, total=Money(1200, "USD"), version=done.version)
        assert last_event(number)[0::4] == ("line_added", {"line": 2, "item": "S-PART"})
        assert lines(number, "event_on")[0] == str(day(4))
        assert [(p[1], p[4]) for p in payments(number)] == [("order", "draft")] * 3 + [("ordinary", "draft")]
        actions.submit(number=number, **ANNA)
        assert make_children(day(4)) == 1

    def test_what_is_not_touched_keeps_its_rows_and_what_a_person_changed_of_it(self) -> None:
        number = draft("CLUB", "UP", book())
        actions.skip(number=number, shipment=2, line=1, **ANNA)
        rows = list(ContinuityOrder.objects.order_by("pk").values_list("pk", "revision"))
        actions.change_line(number=number, line=3, quantity=Decimal(4), **ANNA)
        actions.change_line(number=number, line=2, start_date=day(9), **ANNA)
        assert list(ContinuityOrder.objects.order_by("pk").values_list("pk", "revision")) == rows
        assert lines(number, "shipment", "status")[1] == (2, "skipped")

    def test_what_a_person_changed_applies_again_when_the_line_is_entered_anew(self) -> None:
        number = draft("PART")
        actions.skip(number=number, shipment=2, **ANNA)
        actions.address(number=number, shipment=3, to="cabin", **ANNA)
        before = sum(Decimal(p[3]) for p in payments(number))
        actions.change_line(number=number, quantity=Decimal(2), start_date=day(7), **ANNA)
        assert lines(number, "event_on", "status", "customised") == [
            (str(day(7)), "planned", []),
            (str(day(17)), "skipped", ["skip"]),
            (str(day(27)), "planned", ["address"]),
        ]
        assert sum(Decimal(p[3]) for p in payments(number)) == before * 2 - 2  # the delivery of each is 1
        assert Adjustment.objects.filter(undone_on=None).count() == 2

    def test_one_that_was_ended_stays_so(self) -> None:
        number = draft("CLUB")
        actions.cancel(number=number, after=2, **ANNA)
        actions.change_line(number=number, start_date=day(7), **ANNA)
        assert lines(number, "status") == ["planned"] * 3
        assert shown(number)["continuity"][0]["complete"] is True

    def test_a_line_that_goes_takes_all_of_it_along_and_the_others_move_up(self) -> None:
        number = draft("UP", "CLUB", book())
        actions.skip(number=number, line=1, shipment=1, **ANNA)
        assert actions.remove_line(number=number, line=1, **ANNA).line == 1
        assert last_event(number)[4] == {"line": 1, "item": "S-UP"}
        assert list(OrderLine.objects.order_by("line").values_list("line", "product__number")) == [
            (1, "S-CLUB"),
            (2, "B1"),
        ]
        assert not Adjustment.objects.exists()
        assert {p[1] for p in payments(number)} == {"ordinary"}

    def test_another_card_that_was_given_still_pays(self) -> None:
        number = draft("CLUB", book())
        actions.card(number=number, token="tok_two", **ANNA)
        actions.add_line(number=number, item="B2", **ANNA)
        (payment,) = Payment.objects.all()
        assert payment.card is not None
        assert (payment.card.token, payment.amount_minor) == ("tok_two", 3400)


class TestAddress:
    def test_of_a_draft_its_ordinary_lines_are_taxed_anew_and_as_before_when_it_is_undone(self) -> None:
        number = draft("PART", book())
        before = exported(number)
        actions.address(number=number, to="cabin", **ANNA)
        assert (shown(number)["tax"], shown(number)["total"]) == ("0.00", "11.00")
        actions.undo(number=number, **ANNA)
        assert exported(number) == before


class TestRefused:
    def test_an_order_that_is_not_a_draft(self) -> None:
        number = order("CLUB", book())
        for act, arguments in (
            (actions.add_line, {"item": "B1"}),
            (actions.change_line, {"line": 1}),
            (actions.remove_line, {"line": 1}),
            (actions.pay_draft, {"pay": ()}),
        ):
            with refused("number", "only_drafts_are_edited", "is open"):
                act(number=number, **arguments, **ANNA)

    def test_all_faults_at_once(self) -> None:
        number = draft(book())
        with unchanged(), pytest.raises(Several) as several:
            actions.change_line(number=number, start_date=day(1), delivery_mode="XX", **ANNA)
        assert sorted(fault.field for fault in several.value.faults) == ["continuity", "delivery_mode"]
        with refused("item"):
            actions.add_line(number=number, item="NONE", **ANNA)
        with refused("card"):
            actions.add_line(number=number, item="S-CLUB", card="tok_bo", **ANNA)
        with refused("pay"):
            actions.pay_draft(number=number, pay=[PayEntry("check", amount_minor=1)], **ANNA)

    def test_a_line_that_is_not_there_or_not_named_or_the_only_one(self) -> None:
        number = draft(book(), "CLUB")
        with refused("line", "line_unknown"):
            actions.change_line(number=number, line=3, **ANNA)
        with refused("line", "which_line", "those are 1, 2"):
            actions.remove_line(number=number, **ANNA)
        with refused("without", "unknown_word"):
            actions.change_line(number=number, line=1, without=["quantity"], **ANNA)
        actions.remove_line(number=number, line=1, **ANNA)
        with refused("line", "only_line"):
            actions.remove_line(number=number, **ANNA)

    def test_a_draft_is_edited_back_not_undone(self) -> None:
        number = draft(book())
        assert actions.add_line(number=number, item="B2", **ANNA).can_undo is False
        with refused("number", "nothing_to_undo"):
            actions.undo(number=number, **ANNA)

    def test_a_dry_one_says_what_it_would_be(self) -> None:
        number = draft(book())
        with unchanged():
            done = perform(actions.add_line, How(dry=True), number=number, item="B2", **ANNA)
        assert done.total == Money(3400, "USD")


def test_fixed_shares_that_exceed_what_is_left_of_the_lines_are_refused() -> None:
    number = order(
        book(),
        book("B3"),
        submit=False,
        pay=(PayEntry("card", "tok_visa", amount_minor=2500), PayEntry("gift_card", percent=Decimal(100))),
    )
    with unchanged(), pytest.raises(Refused) as refused:
        actions.remove_line(number=number, line=2, **ANNA)
    assert refused.value.code == "pay_amounts_sum"
