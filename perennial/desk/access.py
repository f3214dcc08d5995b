"""Who looked at whose data, noted; a caller who was checked may be told and shown what is masked."""

from __future__ import annotations

from perennial.desk.models import Access
from perennial.errors import Refused

CHECKS = ("postcode", "card", "email", "phone")
"""What a caller is asked, to be sure who calls."""
ENOUGH = 2
"""So many answers that fit, and the caller is who they say."""


def note_opened(*, account: str, by: str) -> None:
    """Somebody opened a customer's page."""
    Access.objects.create(by=by, kind="opened", account=account)


def note_check(*, account: str, what: str, fits: bool, by: str) -> None:
    """A caller was asked, and the answer fits or does not. Refused: what is not asked."""
    if what not in CHECKS:
        raise Refused("unknown_word", "what", word=what, known=CHECKS)
    Access.objects.create(by=by, kind="checked", account=account, what=what if fits else f"not {what}")


def note_export(*, what: str, by: str) -> None:
    """Somebody took a list away."""
    Access.objects.create(by=by, kind="exported", what=what)
