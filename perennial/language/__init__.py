"""Words at the edge: what the rest of Perennial says as codes and facts becomes a sentence in the reader's language.

``catalogue``  reads the sentences: one folder a language, one entry a code
``formats``    a fact as the reader writes it: dates, money, numbers, lists, the names of states
``reasons``    why a shipment has its date, product and price, and why it has not come
"""

from __future__ import annotations

import os

from perennial.errors import Refused
from perennial.language.catalogue import LANGUAGES
from perennial.language.formats import Reader, phrase

__all__ = ["LANGUAGES", "Reader", "phrase", "reader", "say"]


def reader() -> Reader:
    """Who reads what a command says: English, or the language that ``PERENNIAL_LANGUAGE`` names.

    Refused: a language that there are no words in.
    """
    language = os.environ.get("PERENNIAL_LANGUAGE") or "en"
    if language not in LANGUAGES:
        raise Refused("language_without_words", "PERENNIAL_LANGUAGE", language=language, known=LANGUAGES)
    return Reader(language)


def say(refused: Refused, to: Reader | None = None) -> str:
    """A refusal as a sentence, without its field."""
    return phrase("problem", refused.code, refused.facts, to) or refused.described
