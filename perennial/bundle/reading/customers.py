"""The customers of a bundle, with addresses and stored cards."""

from __future__ import annotations

from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.values import Given, keys
from perennial.customers.rules import FIRST_YEAR, LAST_YEAR, customer_faults
from perennial.customers.values import AddressFacts, CardFacts, CustomerFacts
from perennial.kernel import limits

CUSTOMER = keys(
    "account name email phone language allow_on_account credit_limit addresses cards gateway_customers notes orders pays_for source_code"
)
"""``orders`` and ``pays_for`` are what `show customer` prints: the numbers, which the orders themselves say."""
ADDRESS = keys("code purpose recipient street city postcode region country")
CARD = keys("token brand last4 exp_month exp_year network_transaction_id gateway refused")
GATEWAY_CUSTOMER = keys("gateway reference")


def customer(reading: Reading, at: int, value: Any) -> tuple[CustomerFacts, bool]:
    """A customer of the bundle, and whether it is without fault."""
    thing = Given(value, f"customers[{at}]", reading.faults, CUSTOMER)
    facts = CustomerFacts(
        account=thing.code("account", "", required=True),
        name=thing.text("name", ""),
        email=thing.text("email"),
        phone=thing.number("phone"),
        language=thing.code("language"),
        allow_on_account=thing.flag("allow_on_account"),
        credit_limit_minor=thing.money("credit_limit", reading.currency),
        addresses=tuple(address(a, str(n)) for n, a in enumerate(thing.objects("addresses", ADDRESS), 1)),
        cards=tuple(_card(c) for c in thing.objects("cards", CARD)),
        source_code=thing.name_of("source_code", "source_code", reading.sources),
        gateway_customers=tuple(_named(g) for g in thing.objects("gateway_customers", GATEWAY_CUSTOMER)),
    )
    thing.refused(customer_faults(facts))
    return facts, not thing.bad


def address(thing: Given, code: str | None) -> AddressFacts:
    """An address. The code of a customer's one that was left out is its place in the list; one in place has none."""
    return AddressFacts(
        code=thing.code("code", code) if code is not None else None,
        purpose=thing.code("purpose", "delivery"),
        recipient=thing.text("recipient"),
        street=thing.text("street", ""),
        city=thing.text("city", ""),
        postcode=thing.text("postcode", ""),
        region=thing.code("region"),
        country=thing.code("country"),
    )


def _card(thing: Given) -> CardFacts:
    return CardFacts(
        token=thing.code("token", "", required=True, longest=limits.LONG_CODE),
        exp_month=thing.whole("exp_month", 1, 1, 12, required=True),
        exp_year=thing.whole("exp_year", FIRST_YEAR, FIRST_YEAR, LAST_YEAR, required=True),
        brand=thing.text("brand", longest=limits.LINE),
        last4=thing.text("last4"),
        network_transaction_id=thing.text("network_transaction_id"),
        gateway=thing.code("gateway"),
        refused=thing.flag("refused") if thing.given("refused") else None,
    )


def _named(thing: Given) -> tuple[str, str]:
    """How a gateway calls the customer."""
    return thing.code("gateway", "", required=True), thing.code(
        "reference", "", required=True, longest=limits.LONG_CODE
    )
