"""What is billed up front is paid in several ways: a method each, with an amount or a percentage, the last pays the rest."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.orders.method import methods_for
from perennial.desk.read.customer import customer
from perennial.desk.read.orders import order
from perennial.errors import Refused
from perennial.kernel.money import plain, text
from perennial.kernel.shares import Share
from perennial.language import phrase
from perennial.web import typed
from perennial.web.answer import Toast, act, done, panel
from perennial.web.effects import effect
from perennial.web.typed import money, read_percent
from perennial.web.visit import Visit

MOST_WAYS = 4


def split(request: Visit, number: str, line: int) -> HttpResponse:
    """Share what is billed up front among methods."""
    found = order(number, on=request.visitor.today)
    one = next((c for c in found.continuity if c.line == line), None)
    if one is None:
        raise Refused("line_unknown", "line", order=number, line=line)
    visitor = request.visitor

    def post() -> HttpResponse:
        pay = _ways(request, found.currency)
        card = request.POST.get("card") or None if any(each.method == "card" for each in pay) else None
        try:
            outcome = act(
                request,
                actions.split,
                number=number,
                line=line,
                pay=pay,
                card=card,
                reason=typed.text(request, "reason"),
            )
        except Refused as refused:
            raise refused.at("pay") if refused.field.startswith("pay") else refused from None
        told = ", ".join(
            f"{phrase('method', each.payment_method, None, visitor.reader)} "
            f"{phrase('web', 'split_amount', {'amount': each.amount}, visitor.reader)}"
            for each in outcome.shares
        )
        return done(request, Toast(effect(request, "order_split", outcome, told=told), undo=f"/orders/{number}/undo"))

    shares = list(one.shares) or [Share(one.payment_method)]
    ways: list[dict[str, Any]] = []
    for at in range(1, MOST_WAYS + 1):
        share = shares[at - 1] if at <= len(shares) else None
        stored = "" if share is None else share.method
        part = "" if share is None else _part(share, found.currency)
        ways.append(
            {
                "at": at,
                "chosen": request.POST.get(f"way-{at}", stored),
                "part": request.POST.get(f"part-{at}", part),
            }
        )
    account = found.payer.account if found.payer else found.account
    shown = {
        "number": number,
        "order": found,
        "one": one,
        "methods": methods_for(number, line),
        "ways": ways,
        "cards": [each.card for each in customer(account).cards if each.card.expires_on >= visitor.today],
    }
    return panel(request, "web/panel/split.html", shown, post)


def _part(share: Share, currency: str) -> str:
    if share.percent is not None:
        return f"{plain(share.percent)}%"
    return "" if share.amount_minor is None else text(share.amount_minor, currency)


def _ways(request: Visit, currency: str) -> tuple[Share, ...]:
    """The ways that were chosen: ``20`` is an amount, ``25%`` a percentage, nothing the rest."""
    found = []
    for at in range(1, MOST_WAYS + 1):
        method, part = request.POST.get(f"way-{at}", ""), request.POST.get(f"part-{at}", "").strip()
        if not method:
            continue
        if part.endswith("%"):
            found.append(Share(method, percent=read_percent(part, "pay")))
        elif part:
            found.append(Share(method, money(request, f"part-{at}", currency).minor))
        else:
            found.append(Share(method))
    return tuple(found)
