"""A gateway that moves no money and has a page of its own on which customers store a card, for tests that need no browser there."""

from __future__ import annotations

from collections.abc import Iterable

from perennial.payments.gateways.contract import (
    CardPage,
    CardPageEnd,
    CardPageRequest,
    CustomerThere,
    KeptCard,
    NotAdmitted,
)
from perennial.payments.gateways.sandbox import Sandbox

PAGES = "https://pay.example.com/"
VISA = KeptCard("tok_new", "visa", "4343", 11, 2031)


class Paying(Sandbox):
    """The sandbox with card pages: ``store`` is what a customer does there, ``expire`` what time does."""

    name = "paying"

    def open_pages(self) -> None:
        """No page yet."""
        self.asked: list[CardPageRequest] = []
        self.by_key: dict[str, CardPage] = {}
        self.ends: dict[str, CardPageEnd] = {}
        self.looked = 0
        self.down = False
        self.locked = False

    def _answers(self) -> None:
        if self.down:
            raise ConnectionError("nobody answers")
        if self.locked:
            raise NotAdmitted("PERENNIAL_PAYING_KEY")

    def card_page(self, request: CardPageRequest) -> CardPage:
        """The same page for the same key."""
        self._answers()
        self.asked.append(request)
        if request.key not in self.by_key:
            reference = f"page-{len(self.by_key) + 1}"
            self.by_key[request.key] = CardPage(f"{PAGES}{reference}", reference, f"cus_{request.account}")
            self.ends[reference] = CardPageEnd("open")
        return self.by_key[request.key]

    def card_page_end(self, reference: str) -> CardPageEnd:
        """How the page stands."""
        self.looked += 1
        self._answers()
        return self.ends[reference]

    def cards(self, gateway_customer: str) -> Iterable[KeptCard]:
        """Those that were stored."""
        return [end.card for end in self.ends.values() if end.card is not None]

    def customer(self, gateway_customer: str) -> CustomerThere:
        """Who that is."""
        return CustomerThere("Mrs Seven", "seven@example.com")

    def store(self, reference: str, card: KeptCard = VISA) -> None:
        """The customer has typed a card there."""
        self.ends[reference] = CardPageEnd("stored", card, "cus_C-1")

    def expire(self, reference: str) -> None:
        """Nobody can use the page any more."""
        self.ends[reference] = CardPageEnd("expired")
