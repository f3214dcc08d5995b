"""The pages on which a customer chooses a test card, and agrees at the bank: plain HTML, without JavaScript.

There is no field for a number: the cards are chosen by name. Looking changes nothing; what is sent does.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from perennial.language import LANGUAGES, Reader, phrase
from perennial.payment_server import cards, payments, setups
from perennial.payment_server.api import Reply, new_request
from perennial.payment_server.asked import Asked, Problem, inside
from perennial.payment_server.book import Book, Doc
from perennial.payment_server.cards import CHOICES
from perennial.payment_server.customers import new_method
from perennial.payment_server.passing import pass_time

CONTEXT = "card_page"
STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#fff, #161a1c); --canvas: light-dark(#f2f4f3, #0e1112);
  --ink: light-dark(#161a1c, #e9eded); --quiet: light-dark(#525b5f, #a5afb2); --line: light-dark(#c3cac8, #414a4d);
  --accent: light-dark(#0a5872, #78cbe4); --on-accent: light-dark(#fff, #04222c); --fail: light-dark(#a3182a, #ffa3a8);
  --fail-bg: light-dark(#fde9eb, #3d171c); --select: light-dark(#e3f1f5, #14323c) }
* { box-sizing: border-box }
body { margin: 0; background: var(--canvas); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif }
.training { margin: 0; padding: .25rem 1rem; background: #6a1b9a; color: #fff; text-align: center; font-size: .875rem }
main { width: min(30rem, 100% - 2rem); margin: 1.5rem auto; padding: 1.25rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 10px }
h1 { margin: 0 0 .25rem; font-size: 1.375rem; line-height: 1.25 }
p { margin: .5rem 0 } .quiet { color: var(--quiet) }
.fail { padding: .625rem .75rem; background: var(--fail-bg); color: var(--fail); border-radius: 6px }
fieldset { margin: 1rem 0; padding: 0; border: 0 } legend { padding: 0; font-weight: 600 }
label { display: flex; gap: .625rem; align-items: baseline; padding: .5rem .625rem; border-radius: 6px }
label:has(:checked) { background: var(--select) }
input { accent-color: var(--accent) } label small { display: block; color: var(--quiet) }
.acts { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin-top: 1rem }
button { min-height: 2.75rem; padding: 0 1.25rem; border: 1px solid var(--line); border-radius: 6px; font: inherit;
  background: var(--paper); color: var(--ink); cursor: pointer }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600 }
a { color: var(--accent) } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px }
"""
HEADS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}
NOTHING = Reply(404, "There is nothing here.", {**HEADS, "Content-Type": "text/plain; charset=utf-8"})


def answer(book: Book, base: str, method: str, target: str, body: str) -> Reply:
    """Answer a browser. Everything that a page does is one change of the book."""
    parts = urlsplit(target)
    given = {name: values[-1] for name, values in parse_qs(body if method == "POST" else parts.query).items()}
    found = re.fullmatch(r"/(pay|authenticate)/([A-Za-z0-9_]+)", parts.path)
    if found is None or method not in ("GET", "POST"):
        return NOTHING
    with book.change():
        pass_time(book, base)
        live = found[2].startswith("cs_live_") or book.find(found[2], True) is not None
        asked = inside(book, live=live, base=base, request=new_request(), by="page")
        asked.method = method
        of = book.find(found[2], live)
        if of is None:
            return NOTHING
        page = card_page if found[1] == "pay" else bank_page
        return page(asked, of, given)


def card_page(asked: Asked, session: Doc, given: dict[str, str]) -> Reply:
    """Choose a card, and store it."""
    to = _reader(session)
    if session["status"] != "open":
        return _html(410, to, "over", f"<p>{_say(to, 'over_' + session['status'])}</p>" + _leave(session, to))
    chosen = given.get("card", CHOICES[0][0])
    wrong = given.get("said") if asked.method == "GET" else None
    if asked.method == "POST":
        known = dict(CHOICES)
        if chosen not in known:
            wrong = "choose"
        else:
            try:
                setup = _confirm(asked, session, known[chosen])
            except Problem as problem:
                wrong = problem.error.get("decline_code") or problem.error.get("code") or "refused"
            else:
                if setup["status"] == "succeeded":
                    return _done(asked, session)
                return Reply(303, "", {"Location": f"/authenticate/{setup['id']}"})
    return _html(
        402 if wrong and asked.method == "POST" else 200, to, "title", _form(asked, session, to, (chosen, wrong))
    )


def _confirm(asked: Asked, session: Doc, card: str) -> Doc:
    setup = asked.book.get(session["setup_intent"], asked.live)
    known = cards.card(card)
    assert known is not None
    method = asked.book.add(new_method(asked, card, known))
    setup["payment_method"] = method["id"]
    return setups.confirmed(asked, setup, {"return_url": f"{asked.base}/pay/{session['id']}"})


def _done(asked: Asked, session: Doc) -> Reply:
    setups.completed(asked, session)
    return Reply(303, "", {"Location": _success(session)})


def _form(asked: Asked, session: Doc, to: Reader, state: tuple[str, str | None]) -> str:
    chosen, wrong = state
    details = session["customer_details"] or {}
    lines = [f"<p class=quiet>{_say(to, 'no_number')}</p>"]
    if details.get("name"):
        lines.insert(0, f"<p>{_say(to, 'for', name=details['name'])}</p>")
    if said := session["custom_text"]["submit"]:
        lines.append(f"<p>{escape(said['message'])}</p>")
    if wrong:
        known = wrong if phrase(CONTEXT, f"wrong_{wrong}", {}, to) else "refused"
        lines.append(f"<p class=fail role=alert id=wrong>{_say(to, f'wrong_{known}')}</p>")
    lines.append(f"<form method=post><fieldset><legend>{_say(to, 'which')}</legend>")
    for name, _ in CHOICES:
        mark = " checked" if name == chosen else ""
        lines.append(
            f"<label><input type=radio name=card value={name}{mark}><span>{_say(to, f'card_{name}')}"
            f"<small>{_say(to, f'what_{name}')}</small></span></label>"
        )
    lines.append(f"</fieldset><div class=acts><button class=main>{_say(to, 'store')}</button>")
    return "".join(lines) + _back(session, to) + "</div></form>"


def _leave(session: Doc, to: Reader) -> str:
    """The way on from a page that is over."""
    if session["status"] != "complete":
        return _back(session, to)
    return f'<a href="{escape(_success(session))}">{_say(to, "go_on")}</a>'


def _success(session: Doc) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _back(session: Doc, to: Reader) -> str:
    url = session["cancel_url"]
    return f'<a href="{escape(url)}">{_say(to, "back")}</a>' if url else ""


def bank_page(asked: Asked, intent: Doc, given: dict[str, str]) -> Reply:
    """The bank asks whether its customer agrees: to a payment, or to a card that is stored."""
    if intent["object"] not in ("payment_intent", "setup_intent"):
        return NOTHING
    session = asked.book.find(intent.get("_session") or "", asked.live)
    to = _reader(session or {})
    action = intent["next_action"] or {}
    if intent["status"] != "requires_action":
        return _html(410, to, "over", f"<p>{_say(to, 'over_complete')}</p>")
    if asked.method == "POST" and given.get("answer") in ("agree", "refuse"):
        agreed = given["answer"] == "agree"
        does = payments if intent["object"] == "payment_intent" else setups
        intent = does.authenticated(asked, intent, agreed)
        if session is not None:
            there = Reply(303, "", {"Location": f"/pay/{session['id']}?said=authentication"})
            return _done(asked, session) if agreed else there
        kind = intent["object"]
        query = urlencode({kind: intent["id"], f"{kind}_client_secret": intent["client_secret"],
                           "redirect_status": "succeeded" if agreed else "failed"})  # fmt: skip
        url = action["redirect_to_url"]["return_url"]
        return Reply(303, "", {"Location": f"{url}{'&' if '?' in url else '?'}{query}"})
    return _html(
        200,
        to,
        "bank_title",
        f"<p>{_say(to, 'bank_asks')}</p><form method=post><div class=acts>"
        f"<button class=main name=answer value=agree>{_say(to, 'agree')}</button>"
        f"<button name=answer value=refuse>{_say(to, 'refuse')}</button></div></form>",
    )


def _reader(session: Doc) -> Reader:
    language = (session.get("locale") or "en")[:2]
    return Reader(language if language in LANGUAGES else "en")


def _say(to: Reader, code: str, **facts: str) -> str:
    return escape(phrase(CONTEXT, code, facts, to) or code)


def _html(status: int, to: Reader, title: str, inside: str) -> Reply:
    head = _say(to, title)
    text = (
        f'<!doctype html><html lang={to.language}><head><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<meta name=robots content=noindex><title>{head}</title><style>{STYLE}</style></head><body>"
        f"<header class=training>{_say(to, 'training')}</header><main><h1>{head}</h1>{inside}</main></body></html>"
    )
    return Reply(status, text, HEADS)
