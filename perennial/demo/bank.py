"""The bank of the demo: the payment server keeps the members' cards, declines some charges, and lives through the same days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from perennial.payment_server.start import Running

NAMES = {"visa": "pm_card_visa", "mastercard": "pm_card_mastercard", "amex": "pm_card_amex"}


class Bank:
    """``address``: of the payment server that charges here."""

    def __init__(self, address: str) -> None:
        self._server = Running(address)
        self._declines: tuple[int, int] | None = None

    def keep_cards(self, members: Iterable[Mapping[str, Any]], *, on: date) -> None:
        """The cards of these members, in the words of the bundle, as if they had stored them on its page that day."""
        self.turn_to(on)
        cards = [
            {
                "account": member["account"],
                "id": card["token"],
                "name": NAMES.get(card["brand"], "pm_card_visa"),
                **{word: card[word] for word in ("brand", "last4", "exp_month", "exp_year")},
            }
            for member in members
            for card in member.get("cards", ())
        ]
        if cards:
            self._server.control("POST", "cards", {"cards": cards})

    def decline(self, percent: int, seed: int) -> None:
        """So many of a hundred charges, drawn from the seed and what they are about."""
        if self._declines != (percent, seed):
            self._server.control("POST", "settings", {"declines": percent, "seed": seed})
            self._declines = (percent, seed)

    def turn_to(self, on: date) -> None:
        """It is that day there, too."""
        self._server.control("POST", "clock", {"now": on.isoformat()})
