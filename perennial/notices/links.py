"""Links by which a customer gives a card, as messages hold them: made when a message leaves, and kept nowhere.

The token of a link is worked out from its number with the secret of this installation, so that it can be told later and
nobody can guess it. A copy of the installation has other tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings

from perennial.catalog.queries import company
from perennial.errors import Refused

TOKEN_BYTES = 20
HIDDEN = "…"


def address() -> str:
    """Where customers reach this installation. Refused: nobody has said."""
    if not settings.PERENNIAL_URL:
        raise Refused("address_not_set")
    return str(settings.PERENNIAL_URL)


def token_of(number: int) -> str:
    """The token of the link of this number."""
    found = _keyed("card link", f"{company().installation}:{number}")[:TOKEN_BYTES]
    return base64.b32encode(found).decode().rstrip("=").lower()


def digest_of(token: str) -> str:
    """By which a token is found; nobody can tell the token from it."""
    return _keyed("card link digest", f"{company().installation}:{token}").hex()


def card_link(number: int) -> str:
    """The link of this number. Refused: nobody has said where customers reach this installation."""
    return f"{address()}/k/{token_of(number)}"


def hidden_link() -> str:
    """A link as it is kept with a message that was sent: it opens nothing."""
    return f"{address()}/k/{HIDDEN}"


def _keyed(purpose: str, words: str) -> bytes:
    key = hashlib.sha256(f"{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, words.encode(), hashlib.sha256).digest()
