"""`notices …` and `show message`: what customers are told, and what a person does with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from perennial.cli.output import document, facts, result, say, section, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, long_code, on, path, who, whole
from perennial.language import reader

AT_ONCE = 500


def notices_list(p: Parser) -> Run:
    """The outbox, the newest first."""
    p.add_argument("--customer", metavar="ACCOUNT", help="only those to this customer")
    p.add_argument("--order", metavar="NUMBER", type=long_code, help="only those about this order or child")
    p.add_argument("--kind", metavar="KIND", help="only those of this kind")
    p.add_argument("--status", metavar="WORD", help="only those with this status")
    p.add_argument("--limit", type=whole, metavar="N", help="so many messages at most (left out: 50)")
    p.add_argument("--after", type=long_code, metavar="KEY", help="those behind a page, which told this key")

    def run(given: Given) -> int:
        from perennial.desk.notices.contract import listed_message_json
        from perennial.desk.read.messages import SIZE, messages

        found = messages(
            customer=given.customer,
            order=given.order,
            kind=given.kind,
            status=given.status,
            size=given.limit or SIZE,
            after=given.after,
        )
        rows = [listed_message_json(one, reader()) for one in found.rows]
        if given.json:
            for row in rows:
                document(row)
        else:
            shown = ("notice", "kind", "status", "on", "customer", "recipient", "order", "because")
            table(shown, ([row[name] for name in shown] for row in rows))
            if not rows:
                say(sentence("outcome", "no_message_fits"))
        if found.next is not None:
            tell(sentence("outcome", "more_pages", key=found.next))
        return 0

    return run


def show_message(p: Parser) -> Run:
    """A message as it was sent."""
    _notice(p)
    p.add_argument("--html", action="store_true", help="the HTML instead of the text")

    def run(given: Given) -> int:
        from perennial.desk.notices.contract import message_json
        from perennial.desk.read.messages import message

        found = message_json(message(given.notice), reader())
        if given.json:
            document(found)
        else:
            words = found["html" if given.html else "text"]
            facts({name: value for name, value in found.items() if name not in ("facts", "text", "html")})
            if words:
                section(words.rstrip("\n"))
        return 0

    return run


def notices_kinds(p: Parser) -> Run:
    """The kinds, on or off."""

    def run(given: Given) -> int:
        from perennial.desk.notices.contract import kind_json
        from perennial.desk.read.messages import kinds

        rows = [kind_json(one) for one in kinds()]
        if given.json:
            document(rows)
        else:
            shown = ("kind", "is_on", "goes_out", "days", "waiting", "own_texts", "by", "changed_on")
            table([name.replace("_", " ") for name in shown], ([row[name] for name in shown] for row in rows))
        return 0

    return run


def notices_start(p: Parser) -> Run:
    """Customers are told what is on."""
    p.who()
    return _switch_all(True)


def notices_stop(p: Parser) -> Run:
    """Customers are told nothing."""
    p.who()
    return _switch_all(False)


def _switch_all(is_on: bool) -> Run:
    def run(given: Given) -> int:
        from perennial.notices.actions import switch_messages

        _say(switch_messages(is_on=is_on, **who(given)), given)
        return 0

    return run


def notices_on(p: Parser) -> Run:
    """Customers are told of this from now on."""
    _kind(p)
    p.add_argument("--days", type=whole, metavar="N", help="so many days ahead (left out: as it is)")
    p.who()
    return _switch(True)


def notices_off(p: Parser) -> Run:
    """Customers are not told of this any more."""
    _kind(p)
    p.who()
    return _switch(False)


def _switch(is_on: bool) -> Run:
    def run(given: Given) -> int:
        from perennial.notices.actions import set_kind

        _say(set_kind(kind=given.kind, is_on=is_on, days=getattr(given, "days", None), **who(given)), given)
        return 0

    return run


def notices_text(p: Parser) -> Run:
    """What is said, or what shall be said from now on."""
    _kind(p)
    p.add_argument("language", metavar="LANGUAGE", help="in which language, such as en")
    _file(p, "say what stands in this file (- is stdin): the subject in the first line, then the text")
    p.add_argument("--supplied", action="store_true", help="say it in the words that come with Perennial again")
    p.who()

    def run(given: Given) -> int:
        from perennial.desk.notices.contract import text_json
        from perennial.notices.actions import forget_text, set_text
        from perennial.notices.texts import text_to_show

        named = {"kind": given.kind, "language": given.language}
        if given.file is not None:
            subject, body = _read(given.file)
            _say(set_text(**named, subject=subject, body=body, **who(given)), given)
        elif given.supplied:
            _say(forget_text(**named, **who(given)), given)
        else:
            found = text_to_show(**named)
            if given.json:
                document(text_json(found))
            else:
                say(found.subject)
                section(found.body)
        return 0

    return run


def notices_preview(p: Parser) -> Run:
    """A message for an order, without sending it."""
    _kind(p)
    p.number()
    p.add_argument("--language", metavar="CODE", default="en", help="in which language (left out: en)")
    _file(p, "with the text in this file (- is stdin), which is not kept")
    p.add_argument("--html", action="store_true", help="the HTML instead of the text")
    p.on()

    def run(given: Given) -> int:
        from perennial.desk.notices.contract import preview_json
        from perennial.desk.notices.preview import preview

        written = None if given.file is None else _read(given.file)
        found = preview(given.kind, given.language, given.number, on=on(given), text=written)
        if given.json:
            document(preview_json(found))
        elif given.html:
            say(found.html.rstrip("\n"))
        else:
            say(found.subject)
            section(found.text.rstrip("\n"))
        return 0

    return run


def notices_send(p: Parser) -> Run:
    """What is due goes out."""
    p.add_argument("--limit", type=whole, metavar="N", help="so many messages at most (left out: all that are due)")
    p.on()

    def run(given: Given) -> int:
        from perennial.desk.cards.link import link_for_message
        from perennial.desk.notices.contract import done_json
        from perennial.notices.sending import send_due

        done = send_due(on=on(given), limit=given.limit, links=link_for_message)
        if done.off:
            tell(sentence("outcome", "messages_off"))
        elif done.folder is not None:
            tell(sentence("outcome", "messages_training", folder=done.folder))
        said = done_json(done)
        if given.json:
            document(said)
        else:
            say(sentence("outcome", "messages_done", **said))
        return 0

    return run


def notices_again(p: Parser) -> Run:
    """The same message once more."""
    _notice(p)
    return _marks(p, "send_again")


def notices_bounced(p: Parser) -> Run:
    """It came back."""
    _notice(p)
    return _marks(p, "mark_bounced")


def notices_arrived(p: Parser) -> Run:
    """The customer has it."""
    _notice(p)
    return _marks(p, "mark_arrived")


def _marks(p: Parser, name: str) -> Run:
    p.who()
    p.add_argument(
        "--key", type=long_code, metavar="K", help="a key of this request: the same again does nothing twice"
    )

    def run(given: Given) -> int:
        from perennial.desk.action import How, perform
        from perennial.notices import actions

        _say(perform(getattr(actions, name), How(key=given.key), notice=given.notice, **who(given)), given)
        return 0

    return run


def _notice(p: Parser) -> None:
    p.add_argument("notice", metavar="ID", type=whole, help="the number of the message")


def _kind(p: Parser) -> None:
    p.add_argument("kind", metavar="KIND", help="the kind of message, such as shipped")


def _file(p: Parser, what: str) -> None:
    p.add_argument("--file", metavar="FILE", type=path, help=what)


def _read(file: str) -> tuple[str, str]:
    from perennial.notices.texts import read_file

    return read_file(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))


def _say(done: Any, given: Given) -> None:
    from perennial.desk.notices.contract import done_json

    result(done_json(done), given.json)
