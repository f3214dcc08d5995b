"""The page that a customer opens by a link, to give a card: what it will pay, their consent, and on to the gateway's page.

Nobody is signed in here. Looking at it changes nothing, so that programs that read mail may; there is no script on it, and it
says no more of a customer than they need to know what they are asked for.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from perennial.customers.models import StoredCard
from perennial.desk import visits
from perennial.desk.cards import link as links
from perennial.desk.cards import page as card_page
from perennial.desk.cards.pays import Pays, what_it_pays
from perennial.desk.read.card_links import card_link
from perennial.errors import Refused
from perennial.kernel.states import CARD_LINK_OPEN
from perennial.language import LANGUAGES, Reader, phrase
from perennial.notices.links import address
from perennial.payments.models import CardLink
from perennial.web.card_link import days_words
from perennial.web.frame import LANGUAGE_NAMES
from perennial.web.sign_in import client_address
from perennial.web.visit import Visit
from perennial.web.words import said

_LOG = logging.getLogger("perennial.card_links")
BY_ADDRESS, BY_LINK, WRONG = 600, 240, 20
"""So many visits from one address in ten minutes, by one link, and with a link that is none of ours."""
SECONDS = 600
TOLD_FOR = timedelta(minutes=30)
"""So long after the card is stored the page of a link says which one it is."""
LOOKS_AGAIN = 5
"""The seconds after which a page looks again that waits for the gateway."""
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer agrees to: ``lines`` as they read it; ``mark``, by which the words that were shown are known again."""

    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """All of it, as it is kept."""
        return "\n".join(self.lines)

    @property
    def mark(self) -> str:
        """In a few letters."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:16]


def of_a_link(view: View) -> View:
    """The page of a link that works or has worked: for who has its token, and not too often."""

    @csrf_exempt  # nothing is done here in anybody's name: who has the link may, without a cookie
    @wraps(view)
    def shown(request: Visit, token: str) -> HttpResponse:
        at = client_address(request)
        if visits.too_often(f"address {at}", most=BY_ADDRESS, seconds=SECONDS):
            return _alone(_message(request, "my_card_too_often", status=429))
        found = links.by_token(token)
        if found is None:
            _LOG.warning("a card link that is none of ours, from %s", at)
            often = visits.too_often(f"wrong {at}", most=WRONG, seconds=SECONDS)
            return _alone(_message(request, "my_card_too_often" if often else "my_card_unknown", 429 if often else 404))
        if visits.too_often(f"link {found.pk}", most=BY_LINK, seconds=SECONDS):
            return _alone(_message(request, "my_card_too_often", status=429))
        _LOG.info("card link %s: %s %s from %s", found.pk, request.method, view.__name__, at)
        _speak(request, found)
        return _alone(view(request, found))

    return shown


@of_a_link
def page(request: Visit, link: CardLink) -> HttpResponse:
    """What the card will pay, and the button that goes on to the gateway's page."""
    on = request.visitor.today
    status = link.state(on)
    if status == "stored":
        return _ended(request, link)
    if status not in CARD_LINK_OPEN:
        return _message(request, f"my_card_{status}", status=410)
    consent = _consent(request, link)
    if request.method != "POST":
        return _form(request, link, consent)
    if request.POST.get("agreed") != consent.mark:
        return _form(request, link, consent, said_first="my_card_changed", status=409)
    try:
        url = card_page.open_card_page(
            link=link.pk,
            words=consent.words,
            language=request.visitor.reader.language,
            agent=request.headers.get("User-Agent", ""),
            on=on,
        )
    except Refused as refused:
        if refused.code == "card_link_over":
            return _message(request, f"my_card_{refused.facts['status']}", status=410)
        return _form(request, link, consent, said_first="my_card_not_now", status=503)
    return _to(url or f"{address()}{request.path}/done")


@of_a_link
def done(request: Visit, link: CardLink) -> HttpResponse:
    """Back from the gateway's page: it is asked what became of it; what the address says counts for nothing."""
    if link.state(request.visitor.today) in ("revoked", "expired") and link.page is None:
        return _message(request, f"my_card_{link.state(request.visitor.today)}", status=410)
    if link.page is None and link.stored_at is None:
        return _form(request, link, _consent(request, link))
    try:
        ended = card_page.look(link=link.pk, on=request.visitor.today, by=card_page.CUSTOMER)
    except Exception as problem:  # whatever a gateway may raise: the page looks again
        _LOG.warning("the page of link %s could not be looked at: %s", link.pk, type(problem).__name__)
        link.refresh_from_db()
        if link.stored_at is not None:  # it is the charge that has to wait
            return _ended(request, link)
        return _message(request, "my_card_waits", again=LOOKS_AGAIN)
    if ended.state == "stored":
        link.refresh_from_db()
        return _ended(request, link)
    if ended.state == "open":
        return _message(request, "my_card_waits", again=LOOKS_AGAIN, back=True)
    if ended.state == "expired":
        return _form(request, link, _consent(request, link), said_first="my_card_page_over")
    return _message(request, f"my_card_{ended.state}", status=410)


def _speak(request: Visit, link: CardLink) -> None:
    """The page speaks the language that was asked for on it, else that of the link; to the clerk who opened it their own."""
    request.clerk = request.visitor.reader  # type: ignore[attr-defined]
    asked = request.POST.get("in") or request.GET.get("in") or link.language.partition("-")[0]
    reader = request.visitor.reader
    language = asked if asked in LANGUAGES else "en"
    request.visitor = replace(
        request.visitor, reader=Reader(language, dates="weekday", money="symbol", year=reader.year)
    )


def _consent(request: Visit, link: CardLink) -> Consent:
    """What a customer agrees to, as it stands now."""
    to, company = request.visitor.reader, request.visitor.company
    pays = what_it_pays(
        account=link.customer.account,
        on=request.visitor.today,
        order=link.order.number if link.order else None,
        replaces=link.replaces.token if link.replaces else None,
    )
    first = said(to, "my_card_agree" if pays else "my_card_agree_to_come", company=company.name)
    told = [line for one in pays for line in (_pays(one, to), *days_words(one, to, "my_card"))]
    return Consent((first, *told, said(to, "my_card_until", company=company.name)))


def _pays(one: Pays, to: Reader) -> str:
    return said(to, "my_card_pays", sold=", ".join(one.sold), order=one.order, what="; ".join(_parts(one, to)))


def _parts(one: Pays, to: Reader) -> Iterator[str]:
    if one.at_once is not None:
        yield said(to, "my_card_at_once", amount=one.at_once)
    if one.reserved is not None:
        yield said(to, "my_card_reserves", amount=one.reserved)
    if one.next_on is not None:
        code = "my_card_next" if one.goes_on else "my_card_last"
        yield said(to, code, amount=one.next_amount, on=one.next_on)
    elif one.at_once is None and one.reserved is None:
        yield said(to, "my_card_rest")


def _form(
    request: Visit, link: CardLink, consent: Consent, *, said_first: str | None = None, status: int = 200
) -> HttpResponse:
    shown = {
        "replaces": _card(link.replaces, request.visitor.reader),
        "consent": consent,
        "said_first": said_first,
        "for_clerk": said(request.clerk, "my_card_read_aloud") if link.channel == "desk" else "",  # type: ignore[attr-defined]
        **_around(request),
    }
    return render(request, "web/my/card.html", shown, status=status)


def _ended(request: Visit, link: CardLink) -> HttpResponse:
    """The card is stored; for a while it is said which, and what became of what waited."""
    if link.stored_at is None or timezone.now() - link.stored_at > TOLD_FOR:
        return _message(request, "my_card_stored", status=410)
    asked = card_link(link.pk, on=request.visitor.today).asked
    shown = {"card": _card(link.card, request.visitor.reader), "asked": asked, **_around(request)}
    return render(request, "web/my/done.html", shown)


def _card(card: StoredCard | None, to: Reader) -> str:
    """A card as its owner knows it: Visa ending 4242."""
    if card is None or not card.last4:
        return ""
    return phrase("message", "card_ending", {"brand": (card.brand or "").capitalize(), "last4": card.last4}, to) or ""


def _message(request: Visit, code: str, status: int = 200, *, again: int = 0, back: bool = False) -> HttpResponse:
    """One sentence, and whom to call."""
    shown = {"code": code, "again": again, "back": back, **_around(request)}
    return render(request, "web/my/said.html", shown, status=status)


def _around(request: Visit) -> dict[str, Any]:
    """What stands on each of these pages."""
    return {
        "to": request.visitor.reader,
        "company": request.visitor.company,
        "languages": LANGUAGE_NAMES.items(),
        "here": request.path,
        "here_form": request.path.removesuffix("/done"),
    }


def _to(url: str) -> HttpResponse:
    """On to another page, such as the gateway's."""
    return HttpResponse(status=303, headers={"Location": url})


def _alone(response: HttpResponse) -> HttpResponse:
    """Kept nowhere, found by nobody, and no other site learns its address. Its form may lead to the gateway's page."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    allowed = ["'self'", "https:"]
    if (settings.PERENNIAL_URL or "").startswith("http:"):  # training: the payment server is on this machine, too
        allowed += ["http://127.0.0.1:*", "http://localhost:*"]
    response._csp_replace = {"form-action": allowed}  # type: ignore[attr-defined]  # django-csp reads it
    return response
