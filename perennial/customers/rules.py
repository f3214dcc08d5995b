"""What a customer may be. Every fault of one customer, so that all can be shown at once."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.customers.values import AddressFacts, CardFacts, CustomerFacts
from perennial.errors import Refused
from perennial.kernel import places

FIRST_YEAR, LAST_YEAR = 1970, 2199  # in which cards expire: nobody had one before


def customer_faults(customer: CustomerFacts) -> Iterator[Refused]:
    """A customer: a known language, a credit limit from 0 on, addresses and cards that can be told apart."""
    yield from places.language_faults(customer.language)
    if customer.credit_limit_minor is not None and customer.credit_limit_minor < 0:
        yield Refused("credit_limit_below_zero", "credit_limit")
    codes: set[str | None] = set()
    for at, address in enumerate(customer.addresses):
        if address.code in codes:
            yield Refused("thing_stands_twice", f"addresses[{at}].code", what="address", name=address.code)
        codes.add(address.code)
        yield from address_faults(address, f"addresses[{at}].")
    tokens: set[str] = set()
    for at, card in enumerate(customer.cards):
        if card.token in tokens:
            yield Refused("thing_stands_twice", f"cards[{at}].token", what="card", name=card.token)
        tokens.add(card.token)
        yield from card_faults(card, f"cards[{at}].")


def address_faults(address: AddressFacts, field: str = "") -> Iterator[Refused]:
    """An address: a country of ISO 3166."""
    yield from places.country_faults(address.country, f"{field}country")


def card_faults(card: CardFacts, field: str = "") -> Iterator[Refused]:
    """A stored card: the gateway's token and never a card number, four last digits, a month that exists."""
    if _is_card_number(card.token):
        yield Refused("card_number_given", f"{field}token")
    if card.last4 is not None and not (len(card.last4) == 4 and card.last4.isascii() and card.last4.isdigit()):
        yield Refused("card_last4_malformed", f"{field}last4")
    if not 1 <= card.exp_month <= 12:
        yield Refused("card_month_unknown", f"{field}exp_month", month=card.exp_month)
    if not FIRST_YEAR <= card.exp_year <= LAST_YEAR:
        yield Refused("card_year_unknown", f"{field}exp_year", year=card.exp_year)


def _is_card_number(token: str) -> bool:
    digits = token.replace(" ", "").replace("-", "")
    if not (12 <= len(digits) <= 19 and digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
