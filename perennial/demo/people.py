"""Invented members: names, towns, phones, cards. The same seed and customer give the same person, always.

Nobody here exists. Surnames and towns are put together from syllables, e-mail is at example.com, phones lie
in the range 555-0100 to 555-0199 that North America keeps for fiction.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from random import Random


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = words("""
    Ada Amos Anaïs Arlo Beatriz Bram Callum Clara Cyrus Dahlia Dario Edith Elio Esme Ezra Fern Flora
    Gideon Greta Hana Hollis Imani Ines Ivo Jasper Joaquín Juno Kai Keziah Lars Leonie Linus Mabel
    Marguerite Mei Milo Nadia Nils Noor Odessa Orson Petra Priya Quentin Rafael Renée Rosalind Rufus
    Saskia Silas Sunniva Tamsin Teodor Thora Umberto Vera Viggo Wilma Yusuf Zoë
""")
SURNAME_HEADS = words("""
    Alder Amber Ash Barley Birch Bramble Bright Brock Candle Cinder Clover Copper Crane Dapple Dew Elder
    Fallow Fennel Finch Flint Foxen Garnet Hale Harrow Hazel Heron Juniper Kestrel Lantern Larch Linden
    Marl Meadow Merrow Nettle Ottar Pebble Quill Rowan Saffron Sedge Sorrel Teasel Thistle Umber Wicker
    Willow Yarrow
""")
SURNAME_TAILS = words("""
    bank beck bourne by combe crest dale den fell field garth grave ham holt hurst land lock low man
    mere more ridge son stead stone thwaite wick worth
""")
TOWN_HEADS = words("""
    Apple Bell Blue Chest Cold Corn Deer East Ever Fair Glass Gray Hollow Honey Iron Lake Long Maple
    Mill North Otter Pine Plum Quarry Red Salt Silver Stone Sweet Tall Timber Under West White Wild
    Winter
""")
TOWN_TAILS = words("""
    barrow bend brook bury cliff cross falls ferry ford gate grove haven leigh marsh mouth pass point
    port shore spring ton vale water wood
""")
STREETS = (
    "Acorn Street",
    "Bakery Row",
    "Canal Street",
    "Cherry Lane",
    "Depot Road",
    "Foundry Street",
    "Harbor Road",
    "Ladder Hill",
    "Market Street",
    "Mill Road",
    "Orchard Avenue",
    "Organ Alley",
    "Piper's Way",
    "Quarry Road",
    "Schoolhouse Lane",
    "Tannery Court",
)


@dataclass(frozen=True)
class Region:
    """Where members live: how many of a hundred, the first digits of the postcode, the dialling code."""

    country: str
    code: str
    share: int
    postcodes: tuple[str, ...]
    dialling: str


REGIONS = (
    Region("US", "NY", 16, ("100", "112", "121", "146"), "212"),
    Region("US", "CA", 16, ("900", "921", "941", "958"), "415"),
    Region("US", "TX", 11, ("752", "770", "787"), "512"),
    Region("US", "PA", 9, ("152", "171", "191"), "412"),
    Region("US", "IL", 8, ("606", "617", "627"), "312"),
    Region("US", "FL", 8, ("322", "331", "336"), "305"),
    Region("US", "WA", 7, ("981", "992"), "206"),
    Region("US", "MA", 7, ("015", "021"), "617"),
    Region("US", "CO", 5, ("802", "809"), "303"),
    Region("US", "OR", 5, ("972", "974"), "503"),
    Region("US", "VT", 4, ("054", "056"), "802"),
    Region("CA", "ON", 3, ("K1", "N2", "M4"), "613"),
    Region("CA", "BC", 1, ("V5", "V8"), "604"),
)
BRANDS = ("visa", "visa", "visa", "mastercard", "mastercard", "amex")
CANADIAN_LETTERS = "ABCEGHJKLMNPRSTVWXYZ"


@dataclass(frozen=True)
class Person:
    """A member whom nobody has met."""

    name: str
    email: str
    phone: str
    language: str
    street: str
    city: str
    postcode: str
    region: str
    country: str


def person(seed: int, key: str) -> Person:
    """Invent the person behind a customer's number."""
    dice = Random(f"{seed}/person/{key}")
    region = dice.choices(REGIONS, weights=[region.share for region in REGIONS])[0]
    first, last = dice.choice(FIRST_NAMES), surname(dice)
    return Person(
        name=f"{first} {last}",
        email=f"{plain(first)}.{plain(last)}.{key}@example.com",
        phone=f"+1 {region.dialling} 555 01{dice.randrange(100):02}",
        language="it" if dice.random() < 0.02 else "en",
        street=f"{dice.randrange(1, 990)} {dice.choice(STREETS)}",
        city=dice.choice(TOWN_HEADS) + dice.choice(TOWN_TAILS),
        postcode=postcode(dice, region),
        region=region.code,
        country=region.country,
    )


def surname(dice: Random) -> str:
    """Mostly one word; now and then two, or with an apostrophe, because a search must find those too."""
    name = dice.choice(SURNAME_HEADS) + dice.choice(SURNAME_TAILS)
    turn = dice.random()
    if turn < 0.03:
        return f"O'{name}"
    if turn < 0.07:
        return f"{name}-{dice.choice(SURNAME_HEADS)}{dice.choice(SURNAME_TAILS)}"
    return name


def postcode(dice: Random, region: Region) -> str:
    """Of the right form for its region; that it stands for a place is chance."""
    head = dice.choice(region.postcodes)
    if region.country == "US":
        return f"{head}{dice.randrange(100):02}"
    letter, digit = dice.choice, dice.randrange
    return f"{head}{letter(CANADIAN_LETTERS)} {digit(10)}{letter(CANADIAN_LETTERS)}{digit(10)}"


def plain(name: str) -> str:
    """A name as it stands in an e-mail address: small letters, no accents, nothing else."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def card(seed: int, key: str, nth: int, *, last_day: date) -> dict[str, object]:
    """A stored card in the words of the bundle; ``nth`` is 1 for the first that a member gave."""
    dice = Random(f"{seed}/card/{key}/{nth}")
    brand = dice.choice(BRANDS)
    return {
        "token": f"tok_{brand}_{key}_{nth}",
        "brand": brand,
        "last4": f"{dice.randrange(10_000):04}",
        "exp_month": last_day.month,
        "exp_year": last_day.year,
    }
