"""The text pages: what a clerk reads out on the telephone, with every word that it takes."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.test import override_settings

from perennial.catalog.models import Company, Product
from perennial.cli import main
from perennial.continuity.models import ContinuityOrder, Occurrence, Parked
from perennial.customers.models import Address, Customer, StoredCard
from perennial.desk.contract import order_document
from perennial.desk.queries import Fitting, order_ids
from perennial.orders.models import Hold, SalesOrder
from perennial.payments.models import Attempt, Payment
from perennial.payments.noted import note
from perennial.programs.models import ProgramEvent
from tests.worlds import actions
from tests.worlds.book_club import ORDERED, add_event, child, club, order

pytestmark = pytest.mark.django_db
Captured = pytest.CaptureFixture[str]


def page(capsys: Captured, words: str) -> list[str]:
    """The lines that a command prints, without the spaces of their columns."""
    assert main.main(words.split()) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_an_order_says_why_where_it_is_asked(capsys: Captured) -> None:
    club()
    number = order().number
    assert "why" not in page(capsys, f"show order {number}")
    lines = page(capsys, f"show order {number} --why")
    for line in order_document(number)["continuity"][0]["lines"]:
        assert f"shipment {line['shipment']}, {line['item_number']}" in lines
        for name, words in line["why"].items():
            assert f"{name.replace('_', ' ')} {words}" in lines


def test_a_preview_says_why_too(capsys: Captured) -> None:
    club()
    words = "preview --program BOM --order-date 2026-03-10"
    assert "why" not in page(capsys, words)
    assert "price 24.00 is the price of product 0015 on the order date 2026-03-10" in page(capsys, f"{words} --why")


def test_a_child_says_what_its_total_is_made_of(capsys: Captured) -> None:
    club()
    entered = order()
    child(entered, 1)
    SalesOrder.objects.filter(parent__isnull=False).update(tax_minor=177, total_minor=2667)
    lines = page(capsys, f"show order {entered.number}")
    assert "currency USD" in lines
    assert "number shipment ships on status products delivery tax total carrier tracking" in lines
    assert "SO-000001-1-001 1 2026-03-16 open 0013 4.95 1.77 26.67" in lines


def test_an_order_says_whose_it_is_where_it_goes_and_which_card_pays(capsys: Captured) -> None:
    club()
    customer = Customer.objects.get()
    home = Address.objects.get()
    number = order().number
    lines = page(capsys, f"show order {number}")
    assert "customer C-1, Ada Bianchi" in lines
    assert "address home: Milano, IT" in lines
    assert any(line.endswith("paid by card tok_visa (visa 4242)") for line in lines)
    assert not any("goes to" in line or "other addresses" in line for line in lines)
    work = Address.objects.create(
        customer=customer, code="work", recipient="Aurora Books", street="Via Roma 1", city="Torino", postcode="10121",
        region="TO", country="IT",
    )  # fmt: skip
    aunt = Address.objects.create(customer=customer, code=None, recipient="Bea Rossi", city="Roma")
    ContinuityOrder.objects.update(ship_to=work)
    Occurrence.objects.filter(event_key="E2").update(ship_to=aunt)
    Occurrence.objects.filter(event_key="E3").update(ship_to=work)
    document = order_document(number)
    lines = page(capsys, f"show order {number}")
    at = lines.index("other addresses")
    assert lines[at + 1 : at + 3] == ["work: Aurora Books, Via Roma 1, 10121 Torino, TO IT", "Bea Rossi, Roma"]
    at = next(at for at, line in enumerate(lines) if line.startswith("line 1: 0016"))
    assert lines[at + 1] == "goes to work"
    assert [line.rpartition("goes to ")[2] for line in lines if "goes to" in line] == ["work", "Bea Rossi"]
    assert next(line for line in lines if "goes to Bea" in line).startswith("2 2 2026-04-14")
    assert order_document(number) == document
    SalesOrder.objects.filter(number=number).update(ship_to=None)
    ContinuityOrder.objects.update(ship_to=home)
    lines = page(capsys, f"show order {number}")
    assert not any(line.startswith("address") for line in lines)
    assert "goes to home" in lines


def test_a_child_that_goes_elsewhere_says_so(capsys: Captured) -> None:
    club()
    entered = order()
    home = Address.objects.get()
    first, second = (child(entered, shipment, ship_to=home) for shipment in (1, 2))
    assert not any("goes to" in line for line in page(capsys, f"show order {entered.number}"))
    work = Address.objects.create(customer=first.customer, code="work", city="Torino")
    SalesOrder.objects.filter(pk=second.pk).update(ship_to=work)
    lines = page(capsys, f"show order {second.number}")
    assert "work: Torino" in lines
    told = [line for line in lines if "goes to" in line or line.startswith("SO-000001-1-0")]
    assert [told[0].endswith("tracking goes to"), "work" in told[1], told[2].endswith(" work")] == [True, False, True]


def test_a_payment_says_which_card_was_charged_and_when(capsys: Captured) -> None:
    club()
    entered = order()
    number = entered.number
    (lines,) = (line for line in page(capsys, f"show order {number}") if "ordinary 1" in line)
    assert lines == f"{number} ordinary 1 card visa 4242 44.85 2026-03-10 due 0.00"
    paid = Payment.objects.get(order=entered.id)
    Payment.objects.filter(pk=paid.pk).update(status="captured", captured_minor=4485, amount_minor=4485)
    new = StoredCard.objects.create(
        customer=paid.customer, token="tok_new", brand="amex", last4="0005", exp_month=1, exp_year=2031,
        expires_on=date(2031, 1, 31),
    )  # fmt: skip
    tries = (("charge", "declined", 10), ("charge", "approved", 12), ("refund", "approved", 20))
    for at, (kind, outcome, on) in enumerate(tries, 1):
        Attempt.objects.create(
            payment=paid, card=paid.card, kind=kind, number=at, key=f"k{at}", amount_minor=4485,
            on_date=date(2026, 3, on), outcome=outcome,
        )  # fmt: skip
    Payment.objects.filter(pk=paid.pk).update(card=new)
    lines = page(capsys, f"show order {number}")
    assert "order purpose number method amount due on status captured captured on" in lines
    assert f"{number} ordinary 1 card visa 4242 44.85 2026-03-10 captured 44.85 2026-03-12" in lines


def test_what_waits_for_a_person_is_listed_with_its_reason(capsys: Captured) -> None:
    club()
    quiet, held, unpaid, ordinary, parked = (order().number for _ in range(5))
    assert page(capsys, "show orders --waiting") == ["nothing waits"]
    entered = SalesOrder.objects.in_bulk(field_name="number")
    Hold.objects.create(order=entered[held], code="call", reason="call back", on_date=ORDERED)
    Hold.objects.create(order=entered[quiet], code="call", on_date=ORDERED, released_on=ORDERED)
    made = SalesOrder.objects.create(
        number=f"{unpaid}-1-001", customer=entered[unpaid].customer, currency="USD", order_date=ORDERED,
        parent=entered[unpaid], parent_line=entered[unpaid].lines.get(line=1), shipment=1, try_no=1,
        ship_on=ORDERED, status="open",
    )  # fmt: skip
    Hold.objects.create(order=made, code="payment", reason="payment 1 of 24.90 failed: no money", on_date=ORDERED)
    Payment.objects.filter(order=entered[ordinary]).update(status="failed")
    Parked.objects.create(
        continuity_order=ContinuityOrder.objects.get(order=entered[parked]), job="extend-lines", run_id=1,
        reason="no price", on_date=ORDERED,
    )  # fmt: skip
    Occurrence.objects.filter(continuity_order__order=entered[parked]).update(blocked="parked")
    amount = order_document(ordinary)["payments"][0]["amount"]
    assert page(capsys, "show orders --waiting") == [
        "order customer what waits for",
        f"{held} C-1 the order release of its hold: call back",
        f"{unpaid} C-1 {unpaid}-1-001 another card: payment 1 of 24.90 failed: no money",
        f"{ordinary} C-1 the order payment 1 of {amount} USD, failed",
        f"{parked} C-1 line 1 shipment 1 and 2 more parked (no price)",
    ]
    Customer.objects.create(account="C-2")
    assert order_ids(Fitting(waiting=True, customer="C-2")) == []
    assert main.main(["show", "orders", "--waiting", "--json"]) == 0
    numbers = [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()]
    assert numbers == [held, unpaid, ordinary, parked]
    # a cancelled order waits for nobody
    SalesOrder.objects.filter(number=held).update(status="cancelled")
    assert page(capsys, "show orders --waiting")[1].startswith(unpaid)


def test_what_waits_for_a_card_is_a_line_for_each_card(capsys: Captured) -> None:
    """However many shipments wait for it, at however many dates."""
    club()
    number = order().number
    Occurrence.objects.filter(event_key__in=("E1", "E3")).update(blocked="card")
    for today, expired in (
        (date(2026, 3, 16), "will have expired by 2026-03-16, the first of 2 shipments"),
        (date(2026, 3, 17), "has expired: 2 shipments wait, the first of 2026-03-16"),
    ):
        with override_settings(PERENNIAL_TODAY=today):
            assert page(capsys, "show orders --waiting")[1:] == [
                f"{number} C-1 line 1 shipment 1 and 1 more card tok_visa {expired}"
            ]
    Occurrence.objects.filter(event_key="E1").update(blocked=None)
    with override_settings(PERENNIAL_TODAY=ORDERED):
        (said,) = page(capsys, "show orders --waiting")[1:]
    assert said.endswith("line 1 shipment 3 card tok_visa will have expired by 2026-05-14")


def test_a_line_whose_child_ships_on_another_day_says_so(capsys: Captured) -> None:
    """As after a catch-up by send or merge: what was late keeps the day that was planned, its child has the real one."""
    club()
    entered = order()
    made = child(entered, 1)
    words = f"show order {entered.number}"
    assert not any("its child" in said for said in page(capsys, words))
    SalesOrder.objects.filter(pk=made.pk).update(ship_on=date(2026, 4, 7))
    (said,) = (said for said in page(capsys, words) if "its child" in said)
    assert said.startswith("1 1 2026-03-15 2026-03-16 0013 ")
    assert said.endswith(f" {made.number} its child ships on 2026-04-07")
    SalesOrder.objects.filter(pk=made.pk).update(status="cancelled")
    (said,) = (said for said in page(capsys, words) if "its child" in said)
    assert said.endswith(f" {made.number} its child is cancelled")


def test_what_was_taken_for_what_does_not_come_waits_for_a_person(capsys: Captured) -> None:
    club()
    entered = order()
    made = child(entered, 1)
    assert page(capsys, "show orders --waiting") == ["nothing waits"]
    Payment.objects.create(
        order=made, customer=made.customer, purpose="shipment", number=1, method="on_account", currency="USD",
        amount_minor=1995, captured_minor=1995, due_on=ORDERED, status="paid",
    )  # fmt: skip
    SalesOrder.objects.filter(pk=made.pk).update(status="cancelled")
    note([entered.id])
    assert page(capsys, "show orders --waiting")[1:] == [
        f"{entered.number} C-1 the order a refund of 19.95 USD: so much more was taken than came"
    ]


def test_until_when_a_line_can_be_changed_where_that_day_is_past(capsys: Captured) -> None:
    club()
    number = order().number
    last = Occurrence.objects.filter(event_key="E3")
    words = f"show order {number}"

    def until(on: date) -> str:
        with override_settings(PERENNIAL_TODAY=on):
            return next(line for line in page(capsys, words) if "2026-05-14" in line).partition(", last")[2].strip()

    assert until(date(2026, 5, 8)) == "2026-05-08"
    assert until(date(2026, 5, 9)) == "the next run"
    last.update(blocked="card")
    assert until(date(2026, 5, 9)).startswith("it goes on waits: the card")
    # of what was skipped no run makes anything
    last.update(blocked=None, status="skipped")
    assert until(date(2026, 5, 9)) == ""
    assert order_document(number)["continuity"][0]["lines"][2]["changeable_until"] == "2026-05-08"


def test_a_preview_says_whose_taxes_it_shows(capsys: Captured) -> None:
    club()
    words = "preview --program BOM --order-date 2026-03-10"
    assert page(capsys, words)[-1].startswith("taxes are those of US, the company's country")
    Company.objects.update(country=None)
    assert page(capsys, words)[-1].startswith("no taxes: the company has no country")


def test_of_an_event_that_repeats_only_the_last_shipment_is_called_the_last(capsys: Captured) -> None:
    """The document says of every line of the last event that the program ends with it."""
    add_event(club(), 4, Product.objects.get(number="0014"), times_to_repeat=3)
    ProgramEvent.objects.filter(key="E3").update(action="none")
    words = f"show order {order().number}"
    called_last = [line.split()[:2] for line in page(capsys, words) if ", last" in line]
    assert called_last == [["7", "4.3"]]
    page(capsys, f"order cancel {words.split()[-1]} --after 5")
    assert [line.split()[:2] for line in page(capsys, words) if ", last" in line] == [["5", "4.1"]]
    ends = [
        line["shipment"]
        for line in order_document(words.split()[-1])["continuity"][0]["lines"]
        if line["action"] == "end"
    ]
    assert ends == [4, 5]
    preview = page(capsys, "preview --program BOM --order-date 2026-03-10")
    assert [line.split()[:2] for line in preview if ", last" in line] == [["7", "4.3"]]


def test_who_is_on_the_telephone(capsys: Captured) -> None:
    club()
    number = order().number
    Customer.objects.create(account="C-2", name="Adam Rossi", phone="+39 02 5550 1234")
    assert page(capsys, "show customers bianchi MILA") == [
        "account name city phone e-mail orders last order",
        f"C-1 Ada Bianchi Milano ada@example.com 1 {number}",
    ]
    assert len(page(capsys, "show customers ada")) == 3
    assert page(capsys, "show customers 5550 rossi")[1] == "C-2 Adam Rossi +39 02 5550 1234 0"
    assert page(capsys, "show customers rossi milano") == ["nobody fits"]
    assert page(capsys, "show customers 100%") == ["nobody fits"]
    assert main.main(["show", "customers", "ada", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["account"], one["orders"]) for one in shown] == [("C-2", []), ("C-1", [number])]
    assert main.main(["show", "customers", " "]) == 1
    assert capsys.readouterr().err.startswith("refused: words: say what to look for")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Jörg Müller", "muller JORG"),
        ("Jörg Müller", "MÜLLER"),
        ("Jo\N{COMBINING DIAERESIS}rg Mu\N{COMBINING DIAERESIS}ller", "müller jörg"),
        ("Jorg Muller", "müller"),
        ("José Núñez", "nunez jose"),
        ("Søren Łukasz Œuvrard", "soren lukasz oeuvrard"),
        ("Anna Weiß", "weiss"),
        ("Anna Weiss", "weiß"),
        ("Đorđe Ærø", "dorde aero"),
    ],
)
def test_a_name_is_found_with_its_accents_and_without(capsys: Captured, name: str, words: str) -> None:
    club()
    Customer.objects.create(account="C-2", name=name)
    shown = page(capsys, f"show customers {words}")
    assert [line.split()[0] for line in shown[1:]] == ["C-2"]
    assert page(capsys, f"show customers {words}x") == ["nobody fits"]


def test_a_city_is_found_without_its_accents_and_words_do_not_run_together(capsys: Captured) -> None:
    club()
    customer = Customer.objects.create(account="C-2", name="Bea")
    for city in ("Zürich", "Genève"):
        Address.objects.create(customer=customer, city=city)
    for words, found in (("zurich geneve", 2), ("bea ZURICH", 2), ("zurichgen", 1), ("%", 1), ("_", 1)):
        assert len(page(capsys, f"show customers {words}")) == found


def test_ordinary_lines_say_how_they_were_sent(capsys: Captured) -> None:
    club()
    number = order().number
    assert not any("sent on" in line for line in page(capsys, f"show order {number}"))
    actions.ship(number=number, on=ORDERED, by="clerk:anna", carrier="UPS", tracking="1Z001")
    assert "sent on 2026-03-10, UPS, 1Z001" in page(capsys, f"show order {number}")


@pytest.mark.parametrize(
    ("words", "said", "in_italian"),
    [
        ("show orders --status cancelled", "no order fits", "nessun ordine corrisponde"),
        ("show children --status cancelled", "no child order fits", "nessun ordine figlio corrisponde"),
        ("show payments --status cancelled", "no payment fits", "nessun pagamento corrisponde"),
        (
            "show shipments --product EXTRA",
            "no planned shipment fits",
            "nessuna spedizione prevista corrisponde",
        ),
    ],
)
def test_where_nothing_fits_that_is_said(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, words: str, said: str, in_italian: str
) -> None:
    club()
    order()
    Product.objects.create(number="EXTRA", name="Never sold")
    assert page(capsys, words) == [said]
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "it")
    assert page(capsys, words) == [in_italian]


def test_a_hold_says_when_it_ends(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    club()
    number = order().number
    ends = date(2026, 4, 1)
    actions.hold(number=number, on=ORDERED, by="clerk:anna", reason="away", until=ends)
    actions.hold(number=number, on=ORDERED, by="clerk:anna", reason="asks", code="inquiry", stops="charging")
    said = "hold (away), stops both, until 2026-04-01; inquiry (asks), stops charging"
    assert f"held {said}" in page(capsys, f"show order {number}")
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "it")
    said = "hold (away), ferma both, fino al 2026-04-01; inquiry (asks), ferma charging"
    assert f"held {said}" in page(capsys, f"show order {number}")
