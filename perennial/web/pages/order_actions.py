"""What is done with an order as a whole, on whichever page it is shown: hold, release, stop, accept, retry, note."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from perennial.catalog.queries import date_intervals
from perennial.desk import actions
from perennial.desk.action import How, perform
from perennial.desk.customers.notes import note_on_order
from perennial.desk.orders.method import methods_for, methods_of_order
from perennial.desk.read.customer import Customer, customer
from perennial.desk.read.order import EndingBefore, Order
from perennial.desk.read.orders import order
from perennial.desk.read.search import search
from perennial.errors import Refused
from perennial.kernel.states import CATCH_UP
from perennial.language import phrase, say
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.codes import hold_kinds, reason_code, stop_reasons, why_codes
from perennial.web.effects import effect
from perennial.web.giving_back import gives_back, would_give_back
from perennial.web.visit import Visit


def hold(request: Visit, number: str) -> HttpResponse:
    """Put it on hold, until a day or until somebody releases it."""

    def post() -> HttpResponse:
        until = typed.day(request, "until") if request.POST.get("until", "").strip() else None
        outcome = act(
            request,
            actions.hold,
            number=number,
            code=request.POST.get("code") or None,
            until=until,
            reason=typed.text(request, "reason"),
            reason_code=reason_code(request),
        )
        toast = Toast(effect(request, "held_until" if until else "held", outcome), undo=f"/orders/{number}/undo")
        return done(request, toast)

    shown = {"number": number, "order": _order(request, number), **hold_kinds(), **why_codes("hold")}
    return panel(request, "web/panel/hold.html", shown, post)


def release(request: Visit, number: str) -> HttpResponse:
    """Release its holds; what is late catches up as is said here, else as the program says."""

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.release,
            number=number,
            catch_up=request.POST.get("catch_up") or None,
            reason=typed.text(request, "reason"),
            roles=request.visitor.roles,
        )
        undo = f"/orders/{number}/undo" if "change_orders" in request.visitor.may else None
        return done(request, Toast(effect(request, "released", outcome), undo=undo))

    def would(how: str | None) -> Any:
        return perform(
            actions.release,
            How(dry=True),
            number=number,
            catch_up=how,
            roles=request.visitor.roles,
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
    ends = one.ending_before(int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None)
    how: dict[str, Any] = {"number": number, "line": line, "after": ends.after, "ended_by": "customer"}

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.cancel,
            reason=typed.text(request, "reason"),
            reason_code=reason_code(request),
            **how,
            **gives_back(request),
        )
        code = "stopped_after" if ends.still else "stopped"
        words = effect(request, code, outcome, product=one.product.called, **_last(ends))
        return done(request, Toast(words, undo=f"/orders/{number}/undo"))

    visitor = request.visitor
    would = perform(actions.cancel, How(dry=True), on=visitor.today, by=visitor.by, **how, **would_give_back(request))
    shown = {
        "number": number,
        "order": found,
        "one": one,
        "asked": asked,
        "would": would,
        "ends": ends,
        "reasons": stop_reasons(request),
    }
    return panel(request, "web/panel/stop.html", shown, post)


def frequency(request: Visit, number: str, line: int) -> HttpResponse:
    """Let it come more or less often, more or fewer times in all, the next one on a day."""
    found = _order(request, number)
    one = next((c for c in found.continuity if c.line == line), None)
    if one is None:
        raise Refused("line_unknown", "line", order=number, line=line)
    now = one.every
    days, interval = (
        (now.days if now and not now.interval else None),
        (now.interval.code if now and now.interval else ""),
    )

    def post() -> HttpResponse:
        every, code = typed.whole(request, "days"), request.POST.get("interval") or None
        times = typed.whole(request, "times")
        same = every == days and (code or "") == interval
        without = [
            *(["every"] if every is None and code is None and now else []),
            *(["times"] if one.times and not times else []),
        ]
        outcome = act(
            request,
            actions.frequency,
            number=number,
            line=line,
            days=None if same else every,
            interval=None if same else code,
            times=None if times == one.times else times,
            next_on=typed.day(request, "next_on") if request.POST.get("next_on", "").strip() else None,
            without=without,
            reason=typed.text(request, "reason"),
        )
        told = effect(request, "frequency" if outcome.next_on else "frequency_none", outcome)
        return done(request, Toast(told, undo=f"/orders/{number}/undo"))

    shown = {
        "number": number,
        "order": found,
        "one": one,
        "days": "" if days is None else days,
        "times": one.times or "",
        "intervals": date_intervals(),
        "chosen": request.POST.get("interval", interval),
    }
    return panel(request, "web/panel/frequency.html", shown, post)


def reinstate(request: Visit, number: str) -> HttpResponse:
    """Bring a member back who had stopped, the next one on a day."""
    found = _order(request, number)

    def post() -> HttpResponse:
        line = request.POST.get("line", "")
        outcome = act(
            request,
            actions.reinstate,
            number=number,
            line=int(line) if line.isascii() and line.isdecimal() and len(line) < 10 else None,
            next_on=typed.day(request, "next_on"),
            reason=typed.text(request, "reason"),
        )
        return done(request, Toast(effect(request, "reinstated", outcome)))

    back = [c for c in found.continuity if c.may_come_back]
    return panel(request, "web/panel/reinstate.html", {"number": number, "order": found, "lines": back}, post)


def payment_method(request: Visit, number: str, line: int) -> HttpResponse:
    """Let what is not paid of a line yet, and what comes, be paid another way."""
    found = _order(request, number)
    one = next((c for c in found.continuity if c.line == line), None)
    if one is None:
        raise Refused("line_unknown", "line", order=number, line=line)

    def post() -> HttpResponse:
        method = request.POST.get("method", "")
        card = request.POST.get("card") or None if method == "card" else None
        outcome = act(
            request,
            actions.payment_method,
            number=number,
            line=line,
            method=method,
            card=card,
            reason=typed.text(request, "reason"),
        )
        told = effect(
            request, "payment_method", outcome, by=phrase("method", method, None, request.visitor.reader) or method
        )
        return done(request, Toast(told, undo=f"/orders/{number}/undo"))

    shown = {
        "number": number,
        "order": found,
        "one": one,
        "methods": methods_for(number, line),
        "chosen": request.POST.get("method", one.payment_method),
        "cards": [stored.card for stored in customer(_pays(found)).cards],
    }
    return panel(request, "web/panel/payment_method.html", shown, post)


def payer(request: Visit, number: str) -> HttpResponse:
    """Let another customer pay than the one who receives it. Who pays is found first: then their cards are offered."""
    found = _order(request, number)
    account = (request.POST.get("account") or request.GET.get("account") or _pays(found)).strip()
    faults: dict[str, str] = {}
    pays = None
    try:
        pays = _meant(account)
        account = pays.account
    except Refused as unknown:
        faults["account"] = say(unknown, request.visitor.reader)
    cards = [stored.card for stored in pays.cards if stored.card.expires_on >= request.visitor.today] if pays else []
    methods = methods_of_order(number, allow_on_account=bool(pays and pays.allow_on_account))

    def post() -> HttpResponse:
        method = request.POST.get("method", "")
        outcome = act(
            request,
            actions.payer,
            number=number,
            account=account,
            method=method,
            card=request.POST.get("card") or None if method == "card" else None,
            reason=typed.text(request, "reason"),
        )
        told = effect(request, "payer" if outcome.payer else "payer_own", outcome, name=pays.name if pays else account)
        return done(request, Toast(told, undo=None if found.status == "draft" else f"/orders/{number}/undo"))

    shown = {
        "number": number,
        "order": found,
        "account": account,
        "pays": pays,
        "errors": faults,
        "cards": cards,
        "methods": methods,
        "expired": bool(pays and pays.cards and not cards),
        "chosen": request.POST.get("method") or next((word for word in methods if cards or word != "card"), ""),
    }
    return panel(request, "web/panel/payer.html", shown, post)


def _meant(words: str) -> Customer:
    """The customer of this account; else the one whom the search box would open. Refused: nobody, or several."""
    try:
        return customer(words)
    except Refused:
        hit = search(words).meant if words else None
        if hit is None:
            raise
        return customer(hit.account)


def gift(request: Visit, number: str) -> HttpResponse:
    """Put a message into its parcels, and no prices."""
    found = _order(request, number)

    def post() -> HttpResponse:
        outcome = act(
            request,
            actions.gift,
            number=number,
            message=request.POST.get("message", "").strip() or None,
            hide_prices=bool(request.POST.get("hide_prices")),
            reason=typed.text(request, "reason"),
        )
        told = effect(request, "gift" if outcome.message or outcome.hide_prices else "gift_none", outcome)
        return done(request, Toast(told, undo=None if found.status == "draft" else f"/orders/{number}/undo"))

    return panel(request, "web/panel/gift.html", {"number": number, "order": found}, post)


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


def _last(ends: EndingBefore) -> dict[str, Any]:
    return {"last": ends.last.number, "on": ends.last.ship_on} if ends.last else {}


def _pays(found: Order) -> str:
    """The account of who pays an order."""
    return found.payer.account if found.payer else found.account


def _order(request: Visit, number: str) -> Order:
    return order(number, on=request.visitor.today)
