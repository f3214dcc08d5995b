"""What is done with an order as a whole, on whichever page it is shown: hold, release, stop, accept, retry, note."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.customers.notes import note_on_order
from perennial.desk.read.order import Continuity, Order
from perennial.desk.read.orders import order
from perennial.errors import Refused
from perennial.kernel.states import CATCH_UP
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.effects import effect
from perennial.web.visit import Visit

STOP_REASONS = ("too_many", "too_dear", "moved_house", "other")
"""Why people stop, by the keys a, b, c, d."""


def hold(request: Visit, number: str) -> HttpResponse:
    """Put it on hold, until a day or until somebody releases it."""

    def post() -> HttpResponse:
        until = typed.day(request, "until") if request.POST.get("until", "").strip() else None
        outcome = act(request, actions.hold, number=number, until=until, reason=typed.text(request, "reason"))
        toast = Toast(effect(request, "held_until" if until else "held", outcome), undo=f"/orders/{number}/undo")
        return done(request, toast)

    return panel(request, "web/panel/hold.html", {"number": number, "order": _order(request, number)}, post)


def release(request: Visit, number: str) -> HttpResponse:
    """Release its holds; what is late catches up as is said here, else as the program says."""

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.release,
            number=number,
            catch_up=request.POST.get("catch_up") or None,
            reason=typed.text(request, "reason"),
        )
        return done(request, Toast(effect(request, "released", outcome), undo=f"/orders/{number}/undo"))

    def would(how: str | None) -> Any:
        return perform(
            actions.release,
            How(dry=True),
            number=number,
            catch_up=how,
            on=request.visitor.today,
            by=request.visitor.by,
        )

    plain = would(None)
    ways = [(how, would(how)) for how in CATCH_UP] if plain.moved or plain.caught_up else []
    shown = {"number": number, "order": _order(request, number), "ways": ways, "plain": plain}
    return panel(request, "web/panel/release.html", shown, post)


def stop(request: Visit, number: str, line: int) -> HttpResponse:
    """End a continuity order at once, or after a shipment; what that means is said first."""
    found = _order(request, number)
    one = next((c for c in found.continuity if c.line == line), None)
    if one is None:
        raise Refused("line_unknown", "line", order=number, line=line)
    asked = request.POST.get("from") or request.GET.get("from") or ""
    after = _after(one, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None
    how: dict[str, Any] = {"number": number, "line": line, "after": after, "ended_by": "customer"}

    def post() -> HttpResponse:
        code = request.POST.get("reason_code") or None
        outcome = act(request, actions.cancel, reason=typed.text(request, "reason"), reason_code=code, **how)
        words = effect(request, "stopped", outcome, product=one.product.called)
        return done(request, Toast(words, undo=f"/orders/{number}/undo"))

    would = perform(actions.cancel, How(dry=True), on=request.visitor.today, by=request.visitor.by, **how)
    kept = [c for c in one.lines if c.shipment is not None and c.child_status not in (None, "cancelled")]
    shown = {
        "number": number,
        "order": found,
        "one": one,
        "asked": asked,
        "would": would,
        "last": kept[-1] if kept else None,
        "dropped": one.dropped_after(after or 0),
        "reasons": list(zip(STOP_REASONS, "abcd", strict=True)),
    }
    return panel(request, "web/panel/stop.html", shown, post)


def accept(request: Visit, number: str) -> HttpResponse:
    """The customer accepts the offer: what waited for it may come."""
    outcome = act(request, actions.accept, number=number)
    return done(request, Toast(effect(request, "order_accepted", outcome)))


def retry(request: Visit, number: str) -> HttpResponse:
    """Let what was put aside be tried again."""
    outcome = act(request, actions.parked_retry, number=number)
    return done(request, Toast(effect(request, "order_retried", outcome)))


def note(request: Visit, number: str) -> HttpResponse:
    """Write down what whoever comes next should know of the order; of a child it stands with its parent."""

    def post() -> HttpResponse:
        outcome = act(request, note_on_order, number=number, text=request.POST.get("text", "").strip())
        return done(request, Toast(effect(request, "order_noted", outcome)))

    return panel(request, "web/panel/order_note.html", {"number": number, "order": _order(request, number)}, post)


def refresh(request: Visit) -> HttpResponse:
    """Draw the page anew as it is now: what somebody else changed is taken."""
    return done(request)


def _after(one: Continuity, first: int) -> int | None:
    """The last shipment that still comes when nothing comes from this one on; None: none does."""
    before = [c.shipment for c in one.lines if c.shipment is not None and c.shipment < first]
    return max(before, default=None)


def _order(request: Visit, number: str) -> Order:
    return order(number, on=request.visitor.today)
