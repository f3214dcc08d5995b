"""Places and tongues from outside: countries, languages, time zones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import available_timezones

from perennial.errors import Refused
from perennial.kernel.guess import meant

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


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """The names of the IANA time zones."""
    return frozenset(available_timezones())


def country_faults(country: str | None, field: str = "country") -> Iterator[Refused]:
    """A country is a code of two capital letters (ISO 3166)."""
    if country is not None and country not in COUNTRIES:
        yield Refused("country_unknown", field, country=country, meant=meant(country.upper(), COUNTRIES))


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
        yield Refused("language_unknown", field, language=language)
