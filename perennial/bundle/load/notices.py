"""What customers were told already, of a bundle: so that nobody is told twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.context import plain_json
from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.kernel import limits
from perennial.kernel.states import NOTICE as STATUS
from perennial.notices.kinds import KINDS
from perennial.notices.models import Notice

NOTICE = keys(
    "customer kind about card payment order child line event repetition revision on status facts language channel"
    " attempts recipient subject sent_text sent_html message_id"
)
PAYMENT = keys("order line purpose number")
MOST = 10_000
HTML = 200_000
SQL = sql.named("perennial.bundle.load", "notices.sql")


def notices(reading: Reading, things: Sequence[tuple[int, Any]]) -> None:
    """Note what customers were told. What is noted already stays as it is; what is about nothing that there is goes."""
    given = [Given(value, f"notices[{at}]", reading.faults, NOTICE) for at, value in things]
    accounts = {thing.get("customer") for thing in given if isinstance(thing.get("customer"), str)}
    customers = dict(Customer.objects.filter(account__in=accounts).values_list("account", "id"))
    rows = []
    for thing in given:
        account = thing.code("customer", "", required=True)
        customer = customers.get(account)
        if customer is None and account:
            thing.fault("customer", "name_unknown", what="customer", name=account)
        notice = Notice(
            customer_id=customer or 0,
            kind=thing.word("kind", KINDS, "", required=True),
            on_date=thing.day("on", reading.on),
            status=thing.word("status", STATUS, "off"),
            facts=_facts(thing),
            language=thing.code("language"),
            channel=thing.code("channel", "email"),
            attempts=thing.whole("attempts", 0, 0, MOST),
            recipient=thing.text("recipient"),
            subject=thing.text("subject"),
            sent_text=thing.text("sent_text"),
            sent_html=thing.text("sent_html", longest=HTML),
            message_id=thing.text("message_id"),
            **_about(thing, customer or 0),
        )
        if not thing.bad and (notice.card_id or notice.payment_id or notice.order_id):
            rows.append(notice)
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _about(thing: Given, customer: int) -> dict[str, int | None]:
    """The ids of what it is about; none where that is not here."""
    found = None
    if thing.given("card"):
        token = thing.code("card", longest=limits.LONG_CODE)
        card = StoredCard.objects.filter(customer_id=customer, token=token).first()
        return {"card_id": card.pk if card else None}
    if thing.given("payment"):
        inner = thing.inner("payment", PAYMENT)
        if inner is not None:
            values = {
                "order": inner.code("order", "", longest=limits.LONG_CODE),
                "purpose": inner.code("purpose", ""),
                "number": inner.whole("number", 1, 1),
                "line": inner.whole("line", 0),
            }
            thing.spoil(inner)
            found = None if inner.bad else sql.one(SQL["payment"], values)
    elif key := thing.text("about"):
        found = sql.one(SQL["attempt"], {"key": key})
    elif thing.given("order"):
        version = thing.whole("revision", 0)
        is_tariff = thing.get("kind") == "charges_changed"
        values = {
            "order": thing.code("order", "", longest=limits.LONG_CODE),
            "child": thing.code("child", longest=limits.LONG_CODE),
            "line": thing.whole("line", 0),
            "event": thing.code("event"),
            "repetition": thing.whole("repetition", 0, 0),
            "revision": 0 if is_tariff else version,
        }
        if thing.bad or (row := sql.one(SQL["order"], values)) is None:
            return {}
        names = ("order_id", "child_id", "continuity_order_id", "occurrence_id", "revision_id")
        missing = [
            name
            for name, at in (("child", 1), ("line", 2), ("event", 3), ("revision", 4))
            if values[name] and row[at] is None
        ]
        ids = dict(zip(names, row, strict=True)) | ({"revision_id": version} if is_tariff else {})
        return {} if missing else ids
    return dict(zip(("order_id", "payment_id", "attempt_id"), found or (None, None, None), strict=True))


def _facts(thing: Given) -> Any:
    """What it says."""
    value = thing.get("facts")
    if value is not None:
        try:
            return plain_json(value)
        except (ValueError, RecursionError) as problem:
            thing.fault("facts", str(problem) or "nested too deeply")
    return {}
