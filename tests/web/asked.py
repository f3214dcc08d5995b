"""The statements of a page, without those that any page asks only now and then, by the clock."""

from __future__ import annotations

from django.test.utils import CaptureQueriesContext

NOW_AND_THEN = (
    "django_migrations",  # do the tables belong to the program? every few seconds
    "django_session",  # somebody is still there: once a minute
    "desk_counted",  # the number beside To do
    "of each kind but the cards",
    "with taken as",  # money to give back: every ten minutes
)


def always(captured: CaptureQueriesContext) -> int:
    """How many statements a page asks each time."""
    return sum(not any(words in one["sql"] for words in NOW_AND_THEN) for one in captured.captured_queries)
