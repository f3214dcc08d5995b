"""Who may release a hold: the roles that its kind names; where it names none, whoever may change orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perennial.catalog.codes import roles_named
from perennial.people.roles import who_may


def may_release(named: Sequence[str]) -> tuple[str, ...]:
    """The roles that may release a hold, by those that its kind names."""
    return tuple(named) or who_may("change_orders")


def may_not_release(codes: Iterable[str], roles: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """Which of these hold codes somebody with these roles may not release, each with the roles that may. None: whoever
    runs the installation, who may all.
    """
    if roles is None:
        return {}
    codes = set(codes)
    named = roles_named(codes)
    may = {code: may_release(named.get(code, ())) for code in codes}
    return {code: those for code, those in may.items() if not set(those) & set(roles)}
