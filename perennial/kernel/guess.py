"""What a mistyped word may have meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import SequenceMatcher, get_close_matches

MANY = 2_000
"""Of more words than these only those near a mistyped one are looked at."""

_OFTEN = {"UK": "GB", "EL": "GR", "USA": "US", "ITA": "IT", "GBR": "GB", "DEU": "DE", "FRA": "FR", "ESP": "ES"}


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
        if len(known) <= MANY or (
            abs(len(other) - len(word)) <= 1 and (other[:3] == word[:3] or other[-3:] == word[-3:])
        ):
            near.append(other)
            if len(near) >= 5000:
                break
    found = get_close_matches(word, sorted(near), 1, 0.6)
    return found[0] if found else None


def likely(word: str, known: Collection[str]) -> str | None:
    """What a mistyped word has most likely meant; None where two are as near.

    Of accounts C-1 to C-8, C-9 may have meant any.
    """
    found = meant(word, known)
    if found is not None and found.casefold() != word.casefold():
        other = meant(word, [one for one in known if one != found])
        if other is not None and _nearness(word, other) >= _nearness(word, found):
            return None
    return found


def _nearness(word: str, other: str) -> float:
    return SequenceMatcher(None, other, word).ratio()
