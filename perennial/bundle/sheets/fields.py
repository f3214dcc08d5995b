"""What a sheet may say of a customer, or of a continuity order as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.written import plain

CUSTOMERS, ORDERS = KINDS = ("customers", "orders")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a sheet says. ``form``: how its cells are read (``cells``)."""

    name: str
    form: str = "text"
    required: bool = False


FIELDS: dict[str, tuple[Field, ...]] = {
    CUSTOMERS: (
        Field("account", required=True),
        *(Field(name) for name in ("name", "email", "phone", "language", "source_code")),
        *(Field(name) for name in ("address_code", "recipient", "street", "city", "postcode", "region", "country")),
        *(Field(name) for name in ("token", "brand", "last4")),
        *(Field("expiry", "expiry"), Field("exp_month", "whole"), Field("exp_year", "whole")),
        *(Field("allow_on_account", "flag"), Field("credit_limit", "amount")),
    ),
    ORDERS: (
        *(Field("number"), Field("reference"), Field("customer", required=True), Field("product"), Field("program")),
        *(Field("quantity", "number"), Field("order_date", "day", required=True), Field("start_date", "day")),
        *(Field("sent", "whole"), Field("next_event", "whole"), Field("skipped", "list")),
        *(Field("last_sent_on", "day"), Field("next_on", "day"), Field("price", "amount")),
        *(Field("payment_method", "method"), Field("card"), Field("payment_schedule"), Field("ship_to")),
        *(Field("source_code"), Field("hold")),
    ),
}
"""By kind of sheet, in the order in which a person is asked for them."""
ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    CUSTOMERS: (),
    ORDERS: (("number", "reference"), ("product", "program")),
}
"""Of each of these at least one has a column."""


def field_names(kind: str) -> tuple[str, ...]:
    """The names of the fields of a kind of sheet."""
    return tuple(field.name for field in FIELDS[kind])


@lru_cache(maxsize=len(KINDS))
def heads(kind: str) -> dict[str, str]:
    """By what a head line may call it, in any of our languages: the field. The first field of a word has it."""
    found: dict[str, str] = {}
    for field in FIELDS[kind]:
        found.setdefault(plain(field.name), field.name)
    for field in FIELDS[kind]:
        for language in LANGUAGES:
            to = Reader(language)
            label = phrase("sheet field", field.name, None, to) or ""
            others = phrase(f"sheet head {kind}", field.name, None, to) or ""
            for words in (label, *others.split(",")):
                if plain(words):
                    found.setdefault(plain(words), field.name)
    return found
