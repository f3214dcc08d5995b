"""Packing slips, confirmations and pick lists: the PDF and the page to print say what the data says, and nothing more."""

from __future__ import annotations

import json
import re
import resource
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from perennial import papers
from perennial.catalog.models import Company, Price, Product
from perennial.cli import printing
from perennial.cli.pages import children_part
from perennial.cli.parser import Parser
from perennial.customers.models import Address, Customer
from perennial.db import sql
from perennial.desk import actions
from perennial.desk.entry import LineEntry
from perennial.desk.read.orders import order as read
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.orders.models import Hold, SalesOrder
from perennial.payments.models import Payment
from tests.papers.reading import html, pages, plain, reader, said, text
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db
NOON: dict[str, Any] = {"on": ORDERED, "by": "clerk:anna"}
SHIPS = date(2026, 3, 16)
AMOUNT = re.compile(r"[$€]|USD|\d[.,]\d\d\b")

PAPERS: dict[str, Callable[[], Any]] = {
    "slip": lambda: papers.slip("SO-000001-1-001", on=SHIPS),
    "confirmation": lambda: papers.confirmation("SO-000001", on=ORDERED),
    "pick_list": lambda: papers.pick_list(on=SHIPS),
}


def sold(number: str, name: str) -> LineEntry:
    """An ordinary line of a new product."""
    Price.objects.create(product=Product.objects.create(number=number, name=name), price_minor=1000)
    return LineEntry(number, Decimal(1), "STD")


def speak(language: str) -> None:
    Customer.objects.update(language=language)
    Company.objects.update(languages=[language])


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("name", PAPERS)
def test_the_pdf_and_the_page_say_all_of_it(name: str, language: str) -> None:
    club()
    speak(language)
    child(order(), 1)
    actions.gift(number="SO-000001", message="Happy birthday!\nGran", hide_prices=False, **NOON)
    paper = PAPERS[name]()
    assert paper.head.language == language
    made = papers.pdf(paper)
    printed, page = text(made), plain(unescape(re.sub(r"<[^>]+>", " ", html(name, paper))))
    shown = [words for words in said(paper) if words]
    assert len(shown) > 10
    assert [words for words in shown if words not in printed] == []
    assert [words for words in shown if words not in page] == []
    read_again = reader(made)
    root = read_again.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == (language, True)
    assert read_again.metadata.title == f"{paper.head.title} {paper.head.number}"


def test_a_slip_in_its_readers_words() -> None:
    club()
    Address.objects.update(street="Via Roma 1", postcode="20121", region="MI", recipient="Zoë Łucka")
    child(order(), 1, ship_to=Address.objects.get())
    english = papers.slip("SO-000001-1-001", on=SHIPS)
    assert english.ship_to == ("Zoë Łucka", "Via Roma 1", "20121 Milano MI", "Italy")
    assert [(fact.label, fact.value) for fact in english.facts] == [
        ("Ships", "Mon 16 Mar 2026"),
        ("Customer", "C-1"),
        ("Order", "SO-000001"),
        ("Contents", "Book of the month, shipment 1 of 3"),
    ]
    assert [(one.product, one.name, one.quantity, one.amount) for one in english.lines] == [
        ("0013", "Book 1", "1", "$19.95")
    ]
    assert [fact.value for fact in english.sums] == ["$4.95", "$0.00", "$24.90"]
    assert english.not_yet is None
    SalesOrder.objects.update(currency="EUR")
    italian = papers.slip("SO-000001-1-001", on=SHIPS, language="it_IT")
    assert italian.facts[-1].value == "Book of the month, spedizione 1 di 3"
    assert italian.facts[0].value == "lun 16 mar 2026"
    assert [plain(fact.value) for fact in italian.sums] == ["4,95 €", "0,00 €", "24,90 €"]
    assert "Zoë Łucka" in text(papers.pdf(italian))


def test_hidden_prices_are_nowhere() -> None:
    club()
    child(order(), 1)
    actions.gift(number="SO-000001", message="For you", hide_prices=True, **NOON)
    for number in ("SO-000001-1-001", "SO-000001"):
        found = papers.slip(number, on=SHIPS)
        assert (found.hide_prices, found.sums, found.lines[0].amount) == (True, (), None)
        for shown in (text(papers.pdf(found)), re.sub(r"<[^>]+>", " ", html("slip", found))):
            assert "For you" in shown
            assert AMOUNT.search(shown) is None
    assert AMOUNT.search(text(papers.pdf(papers.confirmation("SO-000001", on=ORDERED)))), "whoever pays sees them"


def test_the_ordinary_lines_have_a_slip_of_their_own() -> None:
    club()
    order()
    found = papers.slip("SO-000001", on=SHIPS)
    assert [(one.product, one.quantity, one.amount) for one in found.lines] == [("0013", "2", "$39.90")]
    assert [fact.label for fact in found.facts] == ["Customer", "Order"]


def test_what_may_not_be_sent_says_so_and_what_is_cancelled_has_no_slip() -> None:
    club()
    made = child(order(lines=(LineEntry("0016"),)), 1)
    Hold.objects.create(order=made, code="hold", on_date=ORDERED)
    found = papers.slip(made.number, on=SHIPS)
    assert found.not_yet == "Not to be sent yet: something stands in the way."
    assert found.not_yet in text(papers.pdf(found))
    assert (list(papers.due_slips(on=SHIPS)), papers.pick_list(on=SHIPS).parcels) == ([], ())
    Hold.objects.update(released_on=ORDERED)
    assert [one.head.number for one in papers.due_slips(on=SHIPS)] == [made.number]
    SalesOrder.objects.filter(pk=made.pk).update(status="cancelled")
    for number, code in ((made.number, "nothing_to_pack"), ("SO-000001", "nothing_to_pack"), ("SO-9", "order_unknown")):
        with pytest.raises(Refused) as refused:
            papers.slip(number, on=SHIPS)
        assert refused.value.code == code


def test_text_is_text_and_no_markup() -> None:
    club()
    nasty = 'A #panic("x") *b* _i_ $1$ <script>alert(1)</script> & \\ @ref [ ] ~ `c` "q" //'
    found = papers.slip(order(lines=(sold("X-1", nasty),)).number, on=SHIPS)
    assert nasty in text(papers.pdf(found))
    page = html("slip", found)
    assert "<script>" not in page
    assert nasty in unescape(page)


def test_long_names_wrap_and_long_orders_go_over_pages() -> None:
    club()
    Company.objects.update(country="IT")
    lines = [sold("N" * 100, "Long " * 60 + "end"), *(sold(f"P-{n:03d}", f"Product {n}") for n in range(60))]
    found = papers.slip(order(lines=tuple(lines)).number, on=SHIPS)
    made = papers.typeset([found, found])
    printed = pages(made.bytes)
    assert made.pages == len(printed) == 6
    for at, shown in enumerate(printed):
        assert f"Page {at % 3 + 1} of 3" in shown
        assert "Product Name Pieces Amount Packed" in shown, "the head of the table repeats"
    assert [one.name for one in found.lines if plain(one.name) not in " ".join(printed)] == []
    assert "N" * 100 in printed[0].replace(" ", "")
    drawn: list[float] = []
    first = reader(made.bytes).pages[0]
    first.extract_text(visitor_text=lambda words, cm, tm, font, size: drawn.append(len(words.strip())))
    assert max(drawn) < 110, "no line is longer than the page is wide"
    assert [round(float(side)) for side in (first.mediabox.width, first.mediabox.height)] == [595, 842]


def test_the_same_papers_give_the_same_bytes() -> None:
    club()
    child(order(), 1)
    for name in PAPERS:
        assert papers.pdf(PAPERS[name]()) == papers.pdf(PAPERS[name]()), name


def test_letters_that_the_font_has_not_stop_nothing() -> None:
    club()
    Customer.objects.update(name="株式会社 🎁")
    order()
    assert "Book 1" in text(papers.pdf(papers.slip("SO-000001", on=SHIPS)))


# --- the confirmation


def test_a_confirmation_says_what_the_order_says() -> None:
    club()
    entered = order()
    child(entered, 1)
    actions.skip(number=entered.number, shipment=2, **NOON)
    found = papers.confirmation(entered.number, on=ORDERED)
    (plan,) = found.plans
    assert (plan.caption, found.more) == ("Book of the month, 3 shipments", "Delivery and tax")
    shown = [(one.number, one.on, one.products, one.note, one.until, one.total) for one in plan.shipments]
    assert shown == [
        ("1", "Mon 16 Mar 2026", ("Book 1",), None, None, "$24.90"),
        ("2", "Tue 14 Apr 2026", ("Book 2",), "skipped", None, None),
        ("3", "Thu 14 May 2026", ("Book 3",), "the last", "Fri 8 May 2026", "$28.95"),
    ]
    assert (plan.price, plan.more, plan.total) == ("$43.95", "$9.90", "$53.85")
    assert plan.notes == ("Paid by Visa ending 4242: each shipment is charged when it leaves.",)
    told = read(entered.number, on=ORDERED)
    assert (told.total, found.sums[-1].value) == (Money(4485, "USD"), "$44.85")
    assert [(one.on, one.by, one.what, one.amount) for one in found.payments] == [
        ("Tue 10 Mar 2026", "Visa ending 4242", "Sent at once", "$44.85")
    ]
    assert found.closing == (
        "To skip a shipment, change it or stop: call us. A shipment can be changed until the day beside it.",
        "Stopping costs nothing: what has not left is not charged.",
        "Products, dates and prices as agreed on Tue 10 Mar 2026.",
    )


def test_the_words_of_tax_follow_each_shipment(capsys: pytest.CaptureFixture[str]) -> None:
    club(prices_include_tax=True)  # as it is today
    entered = order()
    added = child(entered, 1, tax_minor=234, total_minor=2724)
    child(entered, 2, tax_minor=234)
    found = papers.confirmation(entered.number, on=ORDERED)
    assert found.more == "Delivery and added tax"
    assert [one.more for one in found.plans[0].shipments] == ["$7.29", "$4.95", "$4.95"]
    children_part(read(entered.number, on=ORDERED), {})
    printed = capsys.readouterr().out
    assert "  tax  " in printed
    assert re.findall(r"2\.34(?: incl\.)?", printed) == ["2.34", "2.34 incl."]
    SalesOrder.objects.filter(pk=added.pk).update(total_minor=2490)
    assert papers.confirmation(entered.number, on=ORDERED).more == "Delivery"
    children_part(read(entered.number, on=ORDERED), {})
    assert "  tax incl.  " in capsys.readouterr().out


def test_an_offer_says_that_it_waits() -> None:
    club()
    Company.objects.update(from_email="club@example.com")
    entered = order(acceptance_required=True)
    found = papers.confirmation(entered.number, on=ORDERED)
    assert found.head.title == "Offer"
    assert found.closing[0] == "Nothing is sent or charged until you accept this offer."
    assert "club@example.com" in found.closing[1]


# --- the pick list


def test_a_pick_list_counts_every_product_and_names_every_parcel() -> None:
    club()
    first, second = order(), order()
    home = Address.objects.get()
    child(first, 1, ship_to=home)
    child(second, 1, ship_to=home)
    child(second, 2, ship_to=home)
    found = papers.pick_list(on=date(2026, 4, 14))
    assert [(one.product, one.name, one.parcels, one.quantity) for one in found.products] == [
        ("0013", "Book 1", "2", "2"),
        ("0014", "Book 2", "1", "1"),
    ]
    assert [(one.number, one.ships, one.to) for one in found.parcels] == [
        ("SO-000001-1-001", "Mon 16 Mar 2026", "Ada Bianchi, Milano"),
        ("SO-000002-1-001", "Mon 16 Mar 2026", "Ada Bianchi, Milano"),
        ("SO-000002-1-002", "Tue 14 Apr 2026", "Ada Bianchi, Milano"),
    ]
    assert found.pieces == "3"
    assert [one.number for one in papers.pick_list(on=SHIPS).parcels] == ["SO-000001-1-001", "SO-000002-1-001"]


def test_ordinary_lines_are_packed_once_they_are_paid_until_they_are_sent() -> None:
    club()
    made = order()
    assert papers.pick_list(on=ORDERED).parcels == ()  # the card is not asked yet
    Payment.objects.filter(order_id=made.id).update(status="captured", captured_minor=F("amount_minor"))
    (parcel,) = papers.pick_list(on=ORDERED).parcels
    assert (parcel.number, parcel.ships) == ("SO-000001", "Tue 10 Mar 2026")
    assert [(line.product, line.quantity) for line in parcel.lines] == [("0013", "2")]
    assert [one.head.number for one in papers.due_slips(on=ORDERED)] == ["SO-000001"]
    held = Hold.objects.create(order_id=made.id, code="hold", on_date=ORDERED)
    assert papers.pick_list(on=ORDERED).parcels == ()
    Hold.objects.filter(pk=held.pk).update(released_on=ORDERED)
    actions.ship(number="SO-000001", **NOON)
    assert papers.pick_list(on=ORDERED).parcels == ()


MANY = """
with made as (
  insert into orders_salesorder(number, customer_id, currency, order_date, status, parent_id, parent_line_id, shipment,
                                try_no, ship_on, ship_to_id)
  select k.number || '-' || n, k.customer_id, k.currency, k.order_date, k.status, k.parent_id, k.parent_line_id,
         k.shipment, n + 1, k.ship_on, k.ship_to_id
    from orders_salesorder k, generate_series(1, 4999) n where k.id = %(child)s
  returning id)
insert into orders_orderline(order_id, line, product_id, quantity, price_minor, amount_minor)
select m.id, l.line, l.product_id, l.quantity, l.price_minor, l.amount_minor
  from made m, orders_orderline l where l.order_id = %(child)s
"""


@pytest.mark.patient
def test_five_thousand_parcels_need_no_more_memory_than_a_small_machine_has() -> None:
    club()
    sql.execute(MANY, {"child": child(order(), 1).pk})
    tracemalloc.start()
    found = papers.pick_list(on=SHIPS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    made = papers.typeset([found])
    assert (len(found.parcels), found.pieces) == (5000, "5,000")
    assert made.pages > 100
    assert peak < 60 << 20
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20, "in KiB: less than 1 GiB"


def test_many_slips_stand_in_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    club()
    for _ in range(3):
        child(order(), 1)
    monkeypatch.setattr(printing, "SLIPS_IN_A_FILE", 2)
    parser = Parser("print slip", "prints")
    run = printing.print_slip(parser)
    out = tmp_path / "slips.pdf"
    assert run(parser.parse(["--all-due", "--out", str(out), "--on", "2026-03-16", "--json"])) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(out), str(tmp_path / "slips-2.pdf")], "pages": 3}
    assert [len(pages(file.read_bytes())) for file in (out, tmp_path / "slips-2.pdf")] == [2, 1]
