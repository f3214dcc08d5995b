"""What is done with a planned shipment, on whichever page it is shown."""

from __future__ import annotations

from django.http import HttpResponse

from perennial.desk import actions
from perennial.web.answer import Toast, act, done
from perennial.web.effects import effect
from perennial.web.visit import Visit


def skip(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Leave it out."""
    outcome = act(
        request, actions.skip, number=number, line=line, shipment=shipment, reason=request.POST.get("reason") or None
    )
    return done(request, Toast(effect(request, "skipped", outcome), undo=f"/orders/{number}/undo"))


def unskip(request: Visit, number: str, line: int, shipment: int) -> HttpResponse:
    """Send it after all."""
    outcome = act(request, actions.unskip, number=number, line=line, shipment=shipment, reason=None)
    return done(request, Toast(effect(request, "unskipped", outcome), undo=f"/orders/{number}/undo"))


def undo(request: Visit, number: str) -> HttpResponse:
    """Take back the last change."""
    outcome = act(request, actions.undo, number=number, reason=None)
    return done(request, Toast(effect(request, "undone", outcome)))
