"""What papers share: the head with the company, addresses as they are written on a parcel, facts beside the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from perennial.catalog.models import Company
from perennial.catalog.queries import company
from perennial.desk.read.values import Address
from perennial.language.countries import country_name
from perennial.language.formats import Reader
from perennial.papers.words import of, say

LETTER = ("US", "CA")
"""The countries whose printers hold Letter; all others hold A4."""
TOWN_FIRST = ("US", "CA", "AU")
"""The countries that write town, region and postcode, in this order."""
POSTCODE_LAST = ("GB", "IE")
"""The countries that write the postcode on a line of its own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something beside the address: what it is, and how it is."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top of every page: the company, what the paper is, its number. ``size``: a4 or us-letter."""

    language: str
    size: str
    company: str
    company_lines: tuple[str, ...]
    title: str
    number: str


class Paper(Protocol):
    """Something that can be printed; ``form``: which of the forms it fills."""

    @property
    def form(self) -> str: ...

    @property
    def head(self) -> Head: ...

    @property
    def words(self) -> Mapping[str, str]: ...


def head(to: Reader, title: str, number: str, sender: Company | None = None) -> Head:
    """The head of a paper; ``title``: the code of its name."""
    sender = sender or company()
    lines = (
        country_name(sender.country, to),
        sender.vat_number and say("vat_number", to, number=sender.vat_number),
        sender.from_email,
    )
    return Head(
        language=to.language,
        size="us-letter" if sender.country in LETTER else "a4",
        company=sender.name,
        company_lines=tuple(line for line in lines if line),
        title=of(to, title)[title],
        number=number,
    )


def address_lines(address: Address | None, name: str, to: Reader) -> tuple[str, ...]:
    """An address line by line, as its country writes it; ``name``: who gets it where the address names nobody."""
    if address is None:
        return (name,)
    return tuple(line for line in (address.recipient or name, *_place(address, to)) if line)


def _place(address: Address, to: Reader) -> Iterator[str]:
    yield address.street
    if address.country in TOWN_FIRST:
        yield ", ".join(filled((address.city, " ".join(filled((address.region, address.postcode))))))
    elif address.country in POSTCODE_LAST:
        yield ", ".join(filled((address.city, address.region)))
        yield address.postcode
    else:
        yield " ".join(filled((address.postcode, address.city, address.region)))
    yield country_name(address.country, to) or ""


def facts(*pairs: tuple[str, str | None]) -> tuple[Fact, ...]:
    """Facts, without those that there is nothing to say of."""
    return tuple(Fact(label, value) for label, value in pairs if value)


def filled(words: Iterable[str | None]) -> list[str]:
    """Those words that are there."""
    return [word for word in words if word]
