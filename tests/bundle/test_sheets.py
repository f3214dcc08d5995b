"""Sheets of customers and of orders: what comes in, faults by row and column, and what is refused whole."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from perennial.bundle.export.exporter import export_bundle
from perennial.bundle.reading.faults import BundleRefused
from perennial.bundle.sheets.cells import amount, expiry, number, numbers
from perennial.bundle.sheets.file import Sheet, letter
from perennial.bundle.sheets.mapping import SheetMapping, guess, read_mapping
from perennial.errors import Refused, Several
from perennial.jobs.close_orders import CloseOrders
from perennial.jobs.runner import run_job
from perennial.kernel import money
from perennial.language.written import day
from tests.worlds.bundle import counts, put
from tests.worlds.card_number import card_number
from tests.worlds.sheets import CUSTOMERS, ON, ORDERS, club, come, faults

db = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def exported(kind: str) -> list[dict[str, Any]]:
    file = io.BytesIO()
    export_bundle(file)
    found: list[dict[str, Any]] = json.loads(file.getvalue())[kind]
    return found


class TestWhatComesIn:
    pytestmark = db

    def test_customers_with_addresses_and_cards_in_italian(self) -> None:
        club()
        done = come(CUSTOMERS, "customers")
        assert counts(done) == {"customers": (2, 0, 0)}
        assert [note.facts for note in done.notes.all() if note.code == "sheet_columns_unread"] == [
            {"columns": ["Note"]}
        ]
        ada, marco = exported("customers")
        assert [(one["street"], one["city"], one["country"]) for one in ada["addresses"]] == [
            ("Via Roma 1", "Milano", "IT"),
            ("Via Po 2", "Torino", "IT"),
        ]
        assert [(one["token"], one["last4"], one["exp_month"], one["exp_year"]) for one in ada["cards"]] == [
            ("tok_a", "4242", 12, 2030),
            ("tok_a2", "0042", 1, 2031),
        ]
        assert (ada["credit_limit"], marco["cards"][0]["exp_year"]) == ("1250.50", 2030)

    def test_orders_are_those_of_the_bundle_that_says_the_same(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        come(ORDERS, "orders")
        mine = exported("orders")
        assert [(one["number"], one["status"], len(one["children"])) for one in mine] == [
            ("OLD-88123", "open", 2),
            ("OLD-90417", "open", 0),
        ]
        lines = mine[0]["lines"][0]["continuity"]["lines"]
        assert [(one["key"], one["line"], one["status"], one["event_on"], one["price"]) for one in lines] == [
            ("A", 1, "ordered", "2026-01-12", "28.00"),
            ("B", 1, "ordered", "2026-02-11", "28.00"),
            ("B", 2, "ordered", "2026-02-11", "0.00"),
            ("C", 1, "scheduled", "2026-03-13", "28.00"),
            ("D", 1, "scheduled", "2026-04-12", "28.00"),
        ]
        marco = [(one["key"], one["status"], one["event_on"]) for one in mine[1]["lines"][0]["continuity"]["lines"]]
        assert [one for one in marco if one[0] != "B"] == [
            ("A", "skipped", "2026-02-20"),
            ("C", "scheduled", "2026-04-21"),
            ("D", "scheduled", "2026-05-21"),
        ]

    def test_the_same_file_again_changes_nothing(self) -> None:
        club()
        for kind, text in (("customers", CUSTOMERS), ("orders", ORDERS)):
            come(text, kind)
        before = exported("customers"), exported("orders")
        for kind, text in (("customers", CUSTOMERS), ("orders", ORDERS)):
            assert counts(come(text, kind)) == {kind: (0, 0, 2)}
        assert (exported("customers"), exported("orders")) == before

    def test_what_the_sheet_does_not_say_stays(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        come("account,telephone,name\nC-1,+39 02 5550 1234,\n", "customers")
        ada = exported("customers")[0]
        assert (ada["name"], ada["phone"], len(ada["cards"]), len(ada["addresses"])) == (
            "Ada Bianchi",
            "+39 02 5550 1234",
            2,
            2,
        )

    def test_a_dry_run_writes_nothing(self) -> None:
        club()
        assert counts(come(CUSTOMERS, "customers", dry_run=True)) == {"customers": (2, 0, 0)}
        assert exported("customers") == []

    def test_what_repeats_until_stopped_keeps_the_agreed_price(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        come(
            "Order,Customer,Product,Order date,Sent,Last sent,Next ship date,Price,Card,Hold\n"
            "T-1,C-1,TEA,2025-12-01,40,2026-03-09,2026-03-16,25.00,tok_a,away\n"
            "T-2,C-2,TEA-6,2026-03-01,6,,,25.00,tok_b,\n",
            "orders",
        )
        endless, six = exported("orders")
        lines = endless["lines"][0]["continuity"]["lines"]
        assert [one["event_on"] for one in lines[39:42]] == ["2026-03-09", "2026-03-16", "2026-03-23"]
        assert {one["price"] for one in lines} == {"25.00"}
        assert endless["lines"][0]["continuity"]["facts"]["prices"] == {"B1": "25.00"}
        assert [(one["reason"], one["released_on"]) for one in endless["holds"]] == [("away", None)]
        assert {one["status"] for one in six["lines"][0]["continuity"]["lines"]} == {"ordered"}
        assert max(one["event_on"] for one in six["lines"][0]["continuity"]["lines"]) == "2026-03-10"

    @pytest.mark.django_db(transaction=True)
    def test_an_order_that_is_over_comes_in_as_the_night_would_leave_it(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        file = (
            "Order,Customer,Product,Order date,Sent,Skipped,Card,Hold\n"
            "B-1,C-1,BOX,2025-10-12,3,2,tok_a,\nB-2,C-1,BOX,2025-10-12,3,2,tok_a,away\nB-3,C-1,BOX,2025-10-12,3,,tok_a,\n"
        )
        come(file, "orders")

        def told(one: dict[str, Any]) -> tuple[Any, ...]:
            line = one["lines"][0]
            return one["status"], line["status"], line["continuity"]["status"], line["continuity"]["complete"]

        over, held, goes_on = exported("orders")
        assert told(over) == ("invoiced", "invoiced", "closed", True)
        assert told(held) == told(goes_on) == ("open", "open", "open", True)
        assert run_job(CloseOrders(), on=ON)["counts"]["orders"] == 1  # the one that was held
        assert told(exported("orders")[1]) == told(over)
        assert counts(come(file.replace("away", ""), "orders")) == {"orders": (0, 0, 3)}

    def test_how_far_may_be_said_by_the_next_event(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        come("Order,Customer,Program,Order date,Next event,Skipped,Card\nE-1,C-1,BOX,2026-01-12,4,2,tok_a\n", "orders")
        (one,) = exported("orders")
        states = {line["key"]: line["status"] for line in one["lines"][0]["continuity"]["lines"]}
        assert states == {"A": "ordered", "B": "skipped", "C": "ordered", "D": "scheduled"}


class TestFaults:
    pytestmark = db

    def test_of_customers_by_row_and_column(self) -> None:
        club()
        sheet = (
            "Codice cliente;Nome;Paese;Token carta;Ultime 4;Scadenza;E-mail\n"
            "C-1;Ada Bianchi;Italia;tok_a;4242;13/2030;ada@example.com\n"
            ";Ghost;IT;;;;\n"
            "\n"
            "C-3;Neri;IT;tok_3;42421;2030-12;neri(at)example\n"
            "C-3;Nero;;;;;\n"
            "C-4;X;;;;;;;z\n"
            "C-1;Ada;;;;;\n"
        )
        assert faults(sheet, "customers") == [
            ("file[2].Paese", '"Italia" is not a country of two letters (ISO 3166)'),
            ("file[2].Scadenza", "'13/2030' is no month such as 12/2030"),
            ("file[3].Codice cliente", "required"),
            ("file[5].Ultime 4", "'42421' is not the last four digits of a card"),
            ("file[5].E-mail", "'neri(at)example' is no e-mail address"),
            ("file[6].Nome", "row 5 says 'Neri' of the same customer"),
            ("file[7]", "this line has 9 cells for 7 columns"),
            ("file[8].Codice cliente", 'customer "C-1" stands twice: first as file[2]'),
        ]
        assert exported("customers") == []

    def test_of_orders_by_row_and_column(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        sheet = (
            "Order,Customer,Program,Ordered on,Sent,Event,Skipped,Next ship date,Price,Card,Pays by\n"
            "A-1,C-1,BOX,2026-02-30,1,,,,28.00,tok_a,card\n"
            "A-2,C-9,BOX,2026-02-20,9,,,,,,\n"
            "A-3,C-2,BOKS,2026-02-20,1,,,,,,\n"
            "A-4,C-2,BOX,2026-02-20,1,,7,,2x,tok_zz,carta\n"
            "A-5,C-2,BOX,20/02/2026,one,,,13/03/2026,,tok_b,cash\n"
            "A-5,C-2,TEA,20/02/2026,1,,,13/03/2026,,tok_b,\n"
            "A-6,C-2,BOX,03/04/2026,1,9,,,,tok_b,\n"
            "A-7,C-2,BOX,,1,3,,,,tok_b,\n"
            "A-8,C-2,BOX,2026-01-12,1,3,,,,tok_b,\n"
        )
        mapping = SheetMapping("orders", {**guess(Sheet(io.BytesIO(sheet.encode())), "orders").columns})
        assert faults(sheet, "orders", mapping) == [
            ("file[2].Ordered on", "'2026-02-30' is not a date such as 2026-04-30"),
            ("file[3].Customer", 'unknown customer "C-9"'),
            ("file[3].Sent", "9 were sent, but the order has only 4 shipments"),
            ("file[4].Program", "no product sells a program 'BOKS'"),
            ("file[5].Skipped", "there is no shipment 7: the program sends 4"),
            ("file[5].Price", "'2x' is no amount"),
            ("file[5].Card", 'the customer has no card "tok_zz"'),
            ("file[6].Sent", "'one' is no number"),
            ("file[6].Pays by", "cash pays only what is billed up front: it cannot pay later shipments"),
            ("file[7].Order", 'number "A-5" stands twice: first as file[6]'),
            ("file[7].Program", "several products sell program TEA: TEA, TEA-6"),
            ("file[8].Ordered on", "'03/04/2026' may be two days"),
            ("file[9].Ordered on", "required"),
            ("file[10].Event", "before event 3 come 2 shipments, but 1 were sent"),
        ]
        assert exported("orders") == []

    def test_of_thousands_the_first_are_kept_and_all_are_counted(self) -> None:
        club()
        rows = "".join(f"C-{n},Italia,much\n" for n in range(1100))
        with pytest.raises(BundleRefused) as refused:
            come(f"account,country,credit\n{rows}", "customers")
        assert (len(refused.value.faults), refused.value.count) == (1000, 2200)
        assert [fault.field for fault in refused.value.faults[:3]] == [
            "file[2].country",
            "file[2].credit",
            "file[3].country",
        ]

    def test_an_order_that_exists_otherwise_is_told_in_its_row(self) -> None:
        club()
        come(CUSTOMERS, "customers")
        come(ORDERS, "orders")
        (found,) = faults(ORDERS.replace("02/20/2026", "02/21/2026"), "orders")
        assert found[0] == "file[3].Ordered on"


class TestTheFile:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
    def test_encoding_and_separator_are_recognised(self, encoding: str, separator: str) -> None:
        text = separator.join(("Città", "A, B; C")) + "\r\n" + separator.join(('"Forlì, \n""x"""', "ü")) + "\r\n\r\n"
        text = text.replace("A, B; C", '"A, B; C"')
        if encoding == "latin-1":
            text = text.replace("ü", "\x81")  # no letter of Windows
        elif encoding == "cp1252":
            text = text.replace("ü", "€")
        sheet = Sheet(io.BytesIO(text.encode(encoding)))
        assert sheet.encoding == encoding.removesuffix("-sig")
        assert sheet.separator == separator
        assert sheet.columns == ("Città", "A, B; C")
        assert [(row, cells[0]) for row, cells in sheet.rows()] == [(2, 'Forlì, \n"x"')]

    def test_columns_of_one_name_and_of_none(self) -> None:
        assert Sheet(io.BytesIO(b"sep=;\r\nTown;Town;;x,y,z\r\n1;2;3;4\r\n")).columns == (
            "Town",
            "Town (2)",
            "C",
            "x,y,z",
        )
        assert [letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "file_empty"),
            (b"\n\n", "file_empty"),
            (b"PK\x03\x04 a workbook", "sheet_is_workbook"),
            (b"\xd0\xcf\x11\xe0 an old one", "sheet_is_workbook"),
            (b"\x7fELF\0\0", "sheet_not_text"),
            (b'a,b\n"never ends,1\n', "sheet_row_not_csv"),
            (b",".join([b"x"] * 201), "sheet_too_wide"),
        ],
    )
    def test_a_file_of_a_wrong_kind(self, content: bytes, code: str) -> None:
        with pytest.raises(Refused) as refused:
            list(Sheet(io.BytesIO(content)).rows())
        assert refused.value.code == code

    def test_a_column_of_card_numbers_is_refused_whether_it_is_read_or_not(self) -> None:
        cards = [card_number(f"4{n}") for n in range(5)]
        rows = "\n".join(f"C-{n},{one[:4]} {one[4:8]} {one[8:12]} {one[12:]}" for n, one in enumerate(cards))
        with pytest.raises(Refused) as refused:
            Sheet(io.BytesIO(f"account,old\n{rows}\n".encode())).refuse_card_numbers()
        assert (refused.value.code, refused.value.facts["letter"]) == ("sheet_of_card_numbers", "B")
        numbers = "\n".join(f"C-{n},55{n}0000000000000" for n in range(10))  # one in ten has a right check digit
        assert Sheet(io.BytesIO(f"account,parcel\n{numbers}\n".encode())).refuse_card_numbers() == 10


class TestMapping:
    def test_what_was_kept_counts_before_the_head_line(self) -> None:
        sheet = Sheet(io.BytesIO(b"Konto,Name,Customer\nC-1,Ada,x\n"))
        kept = SheetMapping("customers", {"account": "Konto", "email": "Gone"}, dates="day_first")
        found = guess(sheet, "customers", kept)
        assert found.columns == {"account": "Konto", "name": "Name"}
        assert found.dates == "day_first"
        assert read_mapping(json.loads(json.dumps(found.document())), "customers") == found

    def test_days_and_amounts_are_guessed_where_they_say_it(self) -> None:
        text = "Cliente;Data ordine;Prezzo\nC-1;03/04/2026;1.234,50\nC-1;13/04/2026;12\n"
        found = guess(Sheet(io.BytesIO(text.encode())), "orders")
        assert (found.dates, found.decimals, found.separator) == ("day_first", "comma", ";")

    @pytest.mark.parametrize(
        ("document", "fields"),
        [
            ([], ["mapping"]),
            ({"columns": {"accuont": "A"}, "dates": "odd"}, ["mapping.dates", "mapping.columns.accuont"]),
            ({"as": "orders"}, ["mapping.as"]),
            ({"columns": {"account": 1}}, ["mapping.columns"]),
            ({"more": 1}, ["mapping.more"]),
        ],
    )
    def test_a_mapping_with_faults(self, document: Any, fields: list[str]) -> None:
        with pytest.raises(Refused) as refused:
            read_mapping(document, "customers")
        found = refused.value.faults if isinstance(refused.value, Several) else (refused.value,)
        assert [fault.field for fault in found] == fields

    @pytest.mark.django_db
    def test_a_column_that_is_not_there_and_one_that_is_needed(self) -> None:
        put({"currency": "EUR"})
        with pytest.raises(Several) as refused:
            come("a,b\n1,2\n", "orders", SheetMapping("orders", {"customer": "x"}))
        assert [(one.code, one.field) for one in refused.value.faults] == [
            ("sheet_without_column", "customer"),
            ("sheet_needs_column", "order_date"),
            ("sheet_needs_one_column", "number"),
            ("sheet_needs_one_column", "product"),
        ]


@given(some.dates(date(1990, 1, 1), date(2090, 12, 31)), some.sampled_from("/.-"), some.booleans())
def test_a_day_is_read_as_it_was_written(when: date, mark: str, padded: bool) -> None:
    parts = [f"{n:02}" if padded else str(n) for n in (when.day, when.month)]
    assert day(mark.join((*parts, f"{when.year}")), "day_first") == when
    assert day(mark.join((*reversed(parts), f"{when.year}")), "month_first") == when
    assert day(when.isoformat(), None) == day(f"{when} 00:00:00", "day_first") == when
    assert expiry(f"{when.month}/{when.year}", None) == (when.month, when.year)


@given(some.integers(-(10**9), 10**9))
def test_an_amount_is_read_as_it_was_written(minor: int) -> None:
    text = money.text(minor, "EUR")
    grouped = f"{minor / 100:,.2f}"
    turned = grouped.translate(str.maketrans(",.", ".,"))
    assert money.minor(amount(text, "point"), "EUR") == minor
    assert money.minor(amount(f"€ {grouped}", "point"), "EUR") == minor
    assert money.minor(amount(f"{turned} EUR", "comma"), "EUR") == minor
    assert money.minor(amount(turned.replace(".", "\u00a0"), "comma"), "EUR") == minor


@pytest.mark.parametrize("read", [amount, number])
@pytest.mark.parametrize("words", ["1.234", "1,234"])
def test_an_amount_or_a_quantity_that_may_be_two_is_asked_back(read: Any, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(words, None)
    assert refused.value.code == "sheet_amount_unclear"


def test_lists_of_shipments() -> None:
    assert numbers("3; 1, 3") == [1, 3]
    with pytest.raises(Refused):
        numbers("0, 2")
