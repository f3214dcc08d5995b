"""What is said: placeholders that are checked, own texts with their history, plain and HTML, both languages whole."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import pytest

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.desk.notices.preview import preview
from perennial.errors import Refused, Several
from perennial.language import LANGUAGES
from perennial.notices.actions import forget_text, set_kind, set_text
from perennial.notices.kinds import ALL, KINDS, kind_of
from perennial.notices.models import NoticeText
from perennial.notices.rendering import render
from perennial.notices.texts import Text, faults, supplied, text_of
from perennial.notices.words import words
from tests.worlds.book_club import ORDERED, child, club, order

ON = ORDERED
EVERYTHING = {
    "order": "SO-000001",
    "program": "Book of the month",
    "currency": "EUR",
    "amount_minor": 2850,
    "delivery_minor": 450,
    "old_price_minor": 2400,
    "new_price_minor": 2480,
    "brand": "visa",
    "last4": "4242",
    "expires_on": "2026-04-30",
    **dict.fromkeys(("due_on", "first_on", "last_on", "ordered_on", "shipped_on", "ended_on", "ship_on"), "2026-03-16"),
    "change_until": "2026-03-10",
    "place": "Dublin 8, D08 X2K4",
    "carrier": "GLS",
    "tracking": "77120034",
    "shipment": 4,
    "product": "Lanterns",
    "items": [{"name": "Lanterns", "quantity": "1", "amount_minor": 2400}],
}


def said(text: Text, *, language: str = "en", country: str = "IE", **more: object) -> tuple[str, str, str]:
    company = Company(name="Nightingale Records", country=country, phone="020 915 0100", address="14 Mill Street")
    found = words(
        {**EVERYTHING, **more},
        company=company,
        sender="club@example.com",
        customer=str(more.get("customer", "Nora Fallon")),
        language=language,
        told_on=ON,
    )
    return render(text, found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_text_in_every_language(kind: str, language: str) -> None:
    text = supplied(kind, language)
    assert list(faults(kind_of(kind), language, text.subject, text.body)) == []
    subject, plain, html = said(text, language=language)
    assert "{" not in subject + plain + html.partition("</style>")[2]
    assert f'lang="{language}"' in html
    assert all(len(line) <= 72 for line in plain.splitlines())


def test_a_shipment_ahead_as_it_is_read_in_two_countries() -> None:
    subject, plain, _ = said(supplied("shipment_ahead", "en"))
    assert subject == "Lanterns ships on Monday 16 March"
    assert plain.splitlines()[:9] == [
        "Your next shipment leaves on Monday 16 March",
        "",
        "Dear Nora Fallon,",
        "",
        "  Lanterns                                                    €24.00",
        "  Delivery to Dublin 8, D08 X2K4                               €4.50",
        "  On your Visa ending 4242, when it leaves                    €28.50",
        "",
        "Until the end of Tuesday 10 March you can skip it, swap it, move it",
    ]
    subject, plain, _ = said(supplied("shipment_ahead", "it"), language="it", country="IT")
    assert subject == "Lanterns: partenza lunedì 16 marzo"
    assert "28,50\xa0€" in plain or "28,50 €" in plain
    _, plain, _ = said(supplied("shipment_ahead", "en"), country="IT")
    assert "€28.50" in plain  # as on the pages, wherever the company is


def test_what_is_not_known_is_left_out() -> None:
    _, plain, html = said(supplied("shipped", "en"), tracking=None, carrier=None, place=None)
    assert "Tracking" not in plain + html
    assert "Carrier" not in plain
    assert "In all" in plain


def test_what_others_write_is_escaped_and_no_mark_up() -> None:
    bad = '<img src=x onerror="a()"> *x* {order} | y\r\nBcc: all@example.com'
    text = Text(
        "shipped", "en", "Parcel {order} for {customer}", "Dear {customer},\n\n| *{product}* | {amount}", own=True
    )
    subject, plain, html = said(text, customer=bad, product=bad)
    assert "\n" not in subject
    assert "\r" not in subject
    assert "*x* {order} | y" in plain

    class Reader(HTMLParser):
        tags: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.append(tag)

    reader = Reader()
    reader.feed(html)
    assert not {"img", "script"} & set(reader.tags)
    assert html.count("&lt;img src=x onerror=&quot;a()&quot;&gt; *x* {order} | y") >= 2


@pytest.mark.parametrize(
    ("subject", "body", "codes"),
    [
        ("Parcel", "Your {order} {trackin}", ["message_placeholder_unknown"]),
        ("Parcel", "On its way", ["message_placeholders_missing"]),
        ("Parcel {ordre}", "{due_on}", ["message_placeholder_unknown"] * 2 + ["message_placeholders_missing"]),
        ("Parcel", "{order", ["message_brace_open"]),
        ("Parcel", "{order.number}{order!r}{order:>9}", ["message_placeholder_unknown"] * 3 + ["message_placeholders_missing"]),
        ("", "{order}", ["text_empty"]),
        ("A\nB", "{order}", ["message_subject_of_lines"]),
    ],
)  # fmt: skip
def test_a_text_is_refused_with_the_names_of_its_placeholders(subject: str, body: str, codes: list[str]) -> None:
    found = list(faults(kind_of("shipped"), "en", subject, body))
    assert [fault.code for fault in found] == codes
    if codes[0] == "message_placeholder_unknown" and "trackin" in body:
        assert (found[0].facts["name"], found[0].facts["meant"]) == ("trackin", "tracking")


@pytest.mark.django_db
def test_an_own_text_is_said_and_every_version_is_kept() -> None:
    initialise()
    with pytest.raises(Several):
        set_text(kind="shipped", language="en", subject="", body="{nothing}", on=ON, by="anna")
    for subject in ("It left: {order}", "It left: {order}", "Gone: {order}"):
        set_text(kind="shipped", language="en", subject=subject, body="Your {order}.", on=ON, by="anna")
    assert text_of("shipped", "en").subject == "Gone: {order}"
    assert text_of("shipped", "en-US").own
    assert not text_of("shipped", "it").own
    assert text_of("shipped", "de").language == "en"
    forget_text(kind="shipped", language="en", on=ON, by="luca", reason="the other was better")
    assert not text_of("shipped", "en").own
    history = NoticeText.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(one.pgh_label, one.subject, one.pgh_context["by"]) for one in history] == [
        ("insert", "It left: {order}", "anna"),
        ("update", "Gone: {order}", "anna"),
        ("delete", "Gone: {order}", "luca"),
    ]
    with pytest.raises(Refused, match="message_text_not_own"):
        forget_text(kind="shipped", language="en", on=ON, by="luca")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_shown_on_a_real_order(language: str) -> None:
    club()
    entered = order()
    child(entered, 1, status="shipped")
    for kind in ALL:
        shown = preview(kind.name, language, entered.number, on=ON)
        assert shown.subject
        assert "Ada Bianchi" in shown.html
        assert (
            entered.number in shown.text or "order" not in kind.placeholders - {"order"} or kind.name == "card_expired"
        )
    with pytest.raises(Refused) as refused:
        preview("shippd", language, entered.number, on=ON)
    assert (refused.value.code, refused.value.facts["meant"]) == ("message_kind_unknown", "shipped")


@pytest.mark.django_db
def test_days_that_leave_nothing_to_change_are_refused() -> None:
    club()
    for given in ({"kind": "shipment_ahead", "days": 5}, {"kind": "shipment_ahead", "days": 900}):
        with pytest.raises(Refused, match="number_not_within"):
            set_kind(**given, is_on=True, on=ON, by="anna")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="message_without_days"):
        set_kind(kind="shipped", days=5, is_on=True, on=ON, by="anna")
    assert set_kind(kind="shipment_ahead", days=6, is_on=True, on=date(2026, 3, 10), by="anna").days == 6
