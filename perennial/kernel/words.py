"""Words from outside: countries, languages, time zones, and what a mistyped one may have meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

from perennial.errors import Refused

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_COUNTRIES.split())
"""The two-letter codes of ISO 3166-1, and XK."""

_OFTEN = {"UK": "GB", "EL": "GR", "USA": "US", "ITA": "IT", "GBR": "GB", "DEU": "DE", "FRA": "FR", "ESP": "ES"}


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """The names of the IANA time zones."""
    return frozenset(available_timezones())


def meant(word: str, known: Collection[str]) -> str | None:
    """The known word that a mistyped one may have meant, or None. Large lists are only searched near it."""
    if word in _OFTEN and _OFTEN[word] in known:
        return _OFTEN[word]
    if not word or len(word) > 100:
        return None
    near: list[str] = []
    folded = word.casefold()
    for other in known:
        if other.casefold() == folded:
            return other
        if len(known) <= 2000 or (
            abs(len(other) - len(word)) <= 1 and (other[:3] == word[:3] or other[-3:] == word[-3:])
        ):
            near.append(other)
            if len(near) >= 5000:
                break
    found = get_close_matches(word, sorted(near), 1, 0.6)
    return found[0] if found else None


def hint(word: str, known: Collection[str]) -> str:
    """What a mistyped word may have meant, as the end of a message; nothing where two are as near.

    Of accounts C-1 to C-8, C-9 may have meant any.
    """
    found = meant(word, known)
    if found is None:
        return ""
    if found.casefold() != word.casefold():
        other = meant(word, [one for one in known if one != found])
        if other is not None and _nearness(word, other) >= _nearness(word, found):
            return ""
    return f"; did you mean {found!r}?"


def _nearness(word: str, other: str) -> float:
    return SequenceMatcher(None, other, word).ratio()


def country_faults(country: str | None, field: str = "country") -> Iterator[Refused]:
    """A country is a code of two capital letters (ISO 3166)."""
    if country is not None and country not in COUNTRIES:
        yield Refused("country", f'"{country}" is not a country of two letters (ISO 3166){_hint(country)}', field)


def _hint(country: str) -> str:
    found = meant(country.upper(), COUNTRIES)
    return f'; did you mean "{found}"?' if found else ""


def language_faults(language: str | None, field: str = "language") -> Iterator[Refused]:
    """A language is a code such as ``en`` or ``pt-BR`` (BCP 47)."""
    if language is None:
        return
    first, *rest = language.split("-")
    if not (
        2 <= len(first) <= 3
        and first.isascii()
        and first.isalpha()
        and first.islower()
        and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in rest)
    ):
        yield Refused("language", f'"{language}" is not a language such as "en" or "pt-BR"', field)
