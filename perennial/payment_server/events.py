"""What the server tells of itself: an event is written with what it is about, and sent to whoever listens to its kind.

It is sent again, after waits that grow, until it is answered with 2xx; on demand also twice, or behind later ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from perennial.payment_server.asked import Asked, shown
from perennial.payment_server.book import Book, Doc
from perennial.payment_server.shapes import VERSION, event

ANSWERED_WITHIN = 10
LATE = (0.5, 3.0)
"""Seconds by which an event comes late that comes behind others."""


def tell(asked: Asked, kind: str, of: Doc, before: Doc | None = None) -> None:
    """Something happened to an object; ``before``: what it was, of what has changed."""
    book = asked.book
    heard = [
        one for one in book.endpoints() if one["live"] == asked.live and ("*" in one["kinds"] or kind in one["kinds"])
    ]
    told = event(asked, kind, shown(of), before)
    told["pending_webhooks"] = len(heard)
    book.add(told)
    if not heard:
        return
    for one in heard:
        chance = random.Random(f"{book.setting('seed')}|{one['url']}|{told['id']}")
        late = chance.uniform(*LATE) if chance.random() < book.setting("disorder") else 0.0
        book.deliver(told["id"], one["url"], time.time() + late)
        if chance.random() < book.setting("duplicates"):
            book.deliver(told["id"], one["url"], time.time() + late + chance.uniform(0, 1))


def signature(body: bytes, secret: str, at: int) -> str:
    """The header that says who sent it, and when."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Sender(threading.Thread):
    """Sends what is due, one after the other. ``wake`` when there is something new."""

    def __init__(self, book: Book) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.book = book
        self.awake = threading.Event()
        self.ended = False
        self.lines: dict[str, HTTPConnection] = {}

    def wake(self) -> None:
        self.awake.set()

    def run(self) -> None:
        while not self.ended:
            self.awake.clear()
            with self.book.change():
                due = self.book.to_deliver(20)
                known = {one["url"]: one for one in self.book.endpoints()}
                told = {
                    seq: self.book.find(event, known[url]["live"]) if url in known else None
                    for seq, event, url, _ in due
                }
            for seq, _, url, tries in due:
                body = told[seq]
                status = self.send(known[url], shown(body)) if body is not None else "gone"
                self.note(seq, status, tries)
            if not due:
                self.awake.wait(0.2)

    def note(self, seq: int, status: str, tries: int) -> None:
        waits = self.book.setting("waits")
        over = status.startswith("2") or status == "gone" or tries >= len(waits)
        with self.book.change():
            self.book.delivered(seq, status, None if over else time.time() + waits[tries])

    def send(self, to: Doc, told: dict[str, Any]) -> str:
        """Send an event; the status that came back, or what went wrong."""
        body = json.dumps(told, ensure_ascii=False).encode()
        parts = urlsplit(to["url"])
        heads = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Version": VERSION,
            "Stripe-Signature": signature(body, to["secret"], int(time.time())),
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        for fresh in (False, True):  # a line that was left open may have been closed meanwhile
            line = None if fresh else self.lines.pop(parts.netloc, None)
            if line is None and not fresh:
                continue
            line = line or (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(
                parts.netloc, timeout=ANSWERED_WITHIN
            )
            try:
                line.request("POST", path, body, heads)
                answer = line.getresponse()
                answer.read()
                self.lines[parts.netloc] = line
                return str(answer.status)
            except (OSError, HTTPException) as problem:
                line.close()
                said = type(problem).__name__
        return said
