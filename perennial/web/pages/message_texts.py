"""What customers are told of, and in which words: the switches, the texts, and how each looks on a real order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk.notices.preview import Shown, preview
from perennial.desk.queries import Fitting
from perennial.desk.read import messages as read
from perennial.desk.read.order_list import order_list
from perennial.errors import Refused
from perennial.language import LANGUAGES
from perennial.notices import actions
from perennial.notices.kinds import ALWAYS, kind_of
from perennial.notices.texts import SUBJECT, text_to_show
from perennial.web import typed
from perennial.web.answer import Toast, act, done, form_again, panel, redraws, whole
from perennial.web.mail import framed
from perennial.web.problems import sentences
from perennial.web.visit import Visit
from perennial.web.words import words

SECTIONS = ("web/message_texts/all.html", "web/message_texts/kinds.html")
TEXT = ("web/message_texts/head.html", "web/message_texts/section.html")
TRIED = "message_tried"
"""In the session: the text that is being written, for the frame that shows it."""


def page(request: Visit) -> HttpResponse:
    """All kinds, on or off."""
    return whole(request, "web/message_texts.html", _shown(request))


@redraws("message_texts")
def redraw(request: Visit) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The switches."""
    return SECTIONS, _shown(request)


def switch_all(request: Visit) -> HttpResponse:
    """Tell customers anything at all, or nothing."""
    outcome = act(request, actions.switch_messages, is_on=request.POST.get("is_on") == "1")
    code = "message_all_on" if outcome.is_on else "message_all_off"
    return done(request, Toast(words(request, code, count=outcome.waiting)))


def switch(request: Visit, kind: str) -> HttpResponse:
    """Tell customers of this, or do not."""
    outcome = act(request, actions.set_kind, kind=kind, is_on=request.POST.get("is_on") == "1")
    code = "message_kind_is_on" if outcome.is_on else "message_kind_is_off"
    return done(request, Toast(words(request, code, kind=kind, count=outcome.dropped)))


def days(request: Visit, kind: str) -> HttpResponse:
    """How many days ahead it is told."""
    kind_of(kind)
    found = next(one for one in read.kinds() if one.kind == kind)

    def post() -> HttpResponse:
        number = typed.number(request, "days")
        if number != int(number):
            raise typed.no_whole(str(number), "days")
        outcome = act(request, actions.set_kind, kind=kind, is_on=found.is_on, days=int(number))
        return done(request, Toast(words(request, "message_days_set", kind=kind, count=outcome.days)))

    return panel(request, "web/message_texts/days.html", {"one": found}, post)


def text(request: Visit, kind: str, language: str) -> HttpResponse:
    """What is said of a kind in a language, and how that looks; sent, it is said from now on."""
    if request.method != "POST":
        return whole(request, "web/message_text.html", _text(request, kind, language))
    subject, body = _typed(request)
    try:
        act(request, actions.set_text, kind=kind, language=language, subject=subject, body=body)
    except Refused as problem:
        return form_again(request, "web/message_texts/form.html", _text(request, kind, language), problem)
    return done(request, Toast(words(request, "message_text_kept", kind=kind)))


@redraws("message_text")
def redraw_text(request: Visit, kind: str, language: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The text as it is said now."""
    sections = (*TEXT, "web/message_texts/preview.html") if "see_orders" in request.visitor.may else TEXT
    return sections, _text(request, kind, language)


def supplied(request: Visit, kind: str, language: str) -> HttpResponse:
    """Say it in the words that come with Perennial again."""
    act(request, actions.forget_text, kind=kind, language=language)
    return done(request, Toast(words(request, "message_text_supplied", kind=kind)))


def tried(request: Visit, kind: str, language: str) -> HttpResponse:
    """What is being written, on a real order; nothing is kept of it but for the frame that shows it."""
    written = _typed(request)
    shown = _preview(request, kind, language, request.POST.get("number", "").strip(), written)
    if shown["preview"] is not None:
        request.session[TRIED] = [kind, language, *written]
    return render(
        request, "web/message_texts/preview.html", {**shown, "kind": kind, "language": language, "tried": True}
    )


def mail(request: Visit, kind: str, language: str) -> HttpResponse:
    """The HTML of what is said, or with ``tried`` of what is being written, for the frame of its page."""
    tried_kind, tried_language, *written = request.session.get(TRIED, ["", "", "", ""])
    is_tried = request.GET.get("tried") == "1" and (tried_kind, tried_language) == (kind, language)
    shown = preview(
        kind,
        language,
        request.GET.get("number", ""),
        on=request.visitor.today,
        text=(written[0], written[1]) if is_tried else None,
    )
    return framed(shown.html)


def _typed(request: Visit) -> tuple[str, str]:
    """Subject and body as they were typed."""
    return request.POST.get("subject", ""), request.POST.get("body", "").replace("\r\n", "\n")


def _preview(request: Visit, kind: str, language: str, number: str, written: tuple[str, str] | None) -> dict[str, Any]:
    """How it looks on an order, or why it cannot be shown."""
    found: Shown | None = None
    faults: list[str] = []
    if number:
        try:
            found = preview(kind, language, number, on=request.visitor.today, text=written)
        except Refused as problem:
            faults = sentences(request, problem)
    return {"preview": found, "preview_faults": faults, "number": number}


def _shown(request: Visit) -> dict[str, Any]:
    languages = dict.fromkeys((*LANGUAGES, *request.visitor.company.languages))
    rows = []
    for one in read.kinds():
        own = {text.language: text for text in one.own_texts}
        rows.append((one, [(language, own.get(language)) for language in dict.fromkeys((*languages, *own))]))
    post = read.post()
    faults = [said for fault in post.faults for said in sentences(request, fault)]
    return {"kinds": rows, "post": post, "faults": faults, "here": "message_texts"}


def _text(request: Visit, kind: str, language: str) -> dict[str, Any]:
    found, known = text_to_show(kind, language), kind_of(kind)
    rows = read.kinds()
    row = next(one for one in rows if one.kind == kind)
    shown: dict[str, Any] = {"preview": None, "preview_faults": [], "number": ""}
    if "see_orders" in request.visitor.may:
        number = request.POST.get("number", "").strip()
        if not number and (newest := order_list(Fitting("open"), size=1).rows):
            number = newest[0].number
        shown = _preview(request, kind, language, number, None)
    return {
        **shown,
        "kind": kind,
        "language": language,
        "text": found,
        "row": row,
        "own": next((own for own in row.own_texts if own.language == language), None),
        "must": known.must,
        "may_say": (*(name for name in known.may if name not in known.must), *ALWAYS),
        "most": SUBJECT,
        "here": "message_texts",
    }
