"""A gateway that cards and payments name, and whose plug-in is not installed (any more)."""

from __future__ import annotations

from perennial.payments.gateways.contract import Answer, Request


class Missing:
    """Its cards cannot be charged, which is a decline; of what was asked of it before nobody knows."""

    real = True
    authorisation_days = 2
    connections = 1
    per_second: float | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    def authorise(self, request: Request) -> Answer:
        return Answer(
            "declined", message=f"the gateway {self.name} that keeps the card is not installed", category="hard"
        )

    charge = authorise

    def find(self, request: Request) -> Answer:
        raise LookupError(f"the gateway {self.name} is not installed")

    capture = void = refund = find
