"""The pages on which a customer chooses a test card, and agrees at the bank."""

from __future__ import annotations

from perennial.payment_server.api import Reply
from perennial.payment_server.book import Book


def answer(book: Book, base: str, method: str, target: str, body: str) -> Reply:
    return Reply(404, "", {})
