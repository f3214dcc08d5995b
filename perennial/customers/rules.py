"""What a customer may be. Every fault of one customer, so that all can be shown at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from perennial.customers.values import AddressFacts, CardFacts, CustomerFacts
from perennial.errors import Refused
from perennial.kernel import places
from perennial.kernel.limits import LINE, LONG_CODE, code_fault, email_fault, number_fault, passes_luhn, text_fault

FIRST_YEAR, LAST_YEAR = 1970, 2199  # in which cards expire: nobody had one before


def customer_faults(customer: CustomerFacts) -> Iterator[Refused]:
    """A customer: an e-mail address that is one, a known language, a credit limit from 0 on, addresses and cards that can be told
    apart.
    """
    if customer.email is not None and (fault := email_fault(customer.email)):
        yield fault
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


def written_faults(customer: CustomerFacts) -> Iterator[Refused]:
    """How the words of a customer are written: codes as codes, texts not too long. A bundle says it while it is read."""
    yield from _written(code_fault, {"account": customer.account, "language": customer.language})
    yield from _written(text_fault, {"name": customer.name, "email": customer.email})
    yield from _written(number_fault, {"phone": customer.phone})


def written_address_faults(address: AddressFacts) -> Iterator[Refused]:
    """How the words of an address are written."""
    facts = address._asdict()
    yield from _written(code_fault, {name: facts[name] for name in ("code", "purpose", "region", "country")})
    yield from _written(text_fault, {name: facts[name] for name in ("recipient", "street", "city", "postcode")})


def written_card_faults(card: CardFacts) -> Iterator[Refused]:
    """How the words of a card are written."""
    yield from _written(lambda words: code_fault(words, LONG_CODE), {"token": card.token})
    yield from _written(lambda words: text_fault(words, LINE), {"brand": card.brand})


def _written(fault_of: Callable[[str], Refused | None], words: Mapping[str, str | None]) -> Iterator[Refused]:
    for field, value in words.items():
        if value is not None and (fault := fault_of(value)):
            yield fault.at(field)


def address_faults(address: AddressFacts, field: str = "") -> Iterator[Refused]:
    """An address: a country of ISO 3166."""
    yield from places.country_faults(address.country, f"{field}country")


def card_faults(card: CardFacts, field: str = "") -> Iterator[Refused]:
    """A stored card: the gateway's token and never a card number, four last digits, a month that exists."""
    if _is_card_number(card.token):
        yield Refused("token_is_card_number", f"{field}token")
    if card.last4 is not None and not (len(card.last4) == 4 and card.last4.isascii() and card.last4.isdigit()):
        yield Refused("not_last_four_digits", f"{field}last4", digits=card.last4)
    expiry = f"{card.exp_month}/{card.exp_year}"
    if not 1 <= card.exp_month <= 12:
        yield Refused("not_an_expiry", f"{field}exp_month", expiry=expiry)
    if not FIRST_YEAR <= card.exp_year <= LAST_YEAR:
        yield Refused("not_an_expiry", f"{field}exp_year", expiry=expiry)


def _is_card_number(token: str) -> bool:
    digits = token.replace(" ", "").replace("-", "")
    if not (12 <= len(digits) <= 19 and digits.isascii() and digits.isdigit()):
        return False
    return passes_luhn(digits)
