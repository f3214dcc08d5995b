"""What a dry run asks instead of a gateway: it would approve, unless the card has expired by then."""

from __future__ import annotations

from perennial.payments.gateways.contract import Answer, Gateway, Request

EXPIRED = Answer("declined", message="the card has expired", category="expired")
NO_CARD = Answer("declined", message="no card is stored for it", category="hard")


def refusal_of_card(request: Request) -> Answer | None:
    """What needs no gateway to know: there is no card, or it has expired on that date."""
    if request.token is None:
        return NO_CARD
    if request.card_expires_on is not None and request.card_expires_on < request.on:
        return EXPIRED
    return None


class DryGateway:
    """Answers as a gateway would that approves; nothing leaves the house, nothing is remembered."""

    name = "dry"
    real = False
    connections = 1
    per_second: float | None = None

    def __init__(self, instead_of: Gateway) -> None:
        self.authorisation_days = instead_of.authorisation_days

    def authorise(self, request: Request) -> Answer:
        return refusal_of_card(request) or Answer("approved", reference="would authorise")

    charge = authorise

    def capture(self, request: Request) -> Answer:
        return Answer("approved", reference=request.reference)

    void = refund = capture

    def find(self, request: Request) -> Answer:
        """What an earlier run left open is open still: asking is a matter of the real run."""
        return Answer("unknown", message="not asked in a dry run")
