"""`card-link …`: customers are asked for a card by a link."""

from __future__ import annotations

from perennial.cli.output import document, result, say, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, long_code, on, who, whole


def card_link_send(p: Parser) -> Run:
    """A link goes to the customer, or is told."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")
    p.add_argument("--order", metavar="NUMBER", type=long_code, help="for this order, which the card pays then")
    p.add_argument(
        "--replaces",
        metavar="TOKEN",
        type=long_code,
        help="take over what this card pays (left out: where the card is expired or refused)",
    )
    p.add_argument("--show", action="store_true", help="print the link, and send no message")
    p.add_argument("--dry-run", action="store_true", help="say what the card would pay, and do nothing")
    p.add_argument(
        "--key", type=long_code, metavar="K", help="a key of this request: the same again does nothing twice"
    )
    p.who()

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.action import How, perform
        from perennial.desk.outcome_document import outcome_json
        from perennial.notices.links import card_link

        done = perform(
            actions.send_card_link,
            How(key=given.key, dry=given.dry_run),
            account=given.account,
            order=given.order,
            replaces=given.replaces,
            send=not given.show,
            **who(given),
        )
        said = outcome_json(done)
        if given.show and not given.dry_run:
            said["url"] = card_link(done.link)
        result(said, given.json)
        return 0

    return run


def card_link_list(p: Parser) -> Run:
    """The links, the newest first."""
    p.add_argument("--customer", metavar="ACCOUNT", help="only those of this customer")
    p.add_argument("--limit", type=whole, metavar="N", help="so many links at most (left out: 50)")
    p.add_argument("--after", type=whole, metavar="KEY", help="those behind a page, which told this key")
    p.on()

    def run(given: Given) -> int:
        from perennial.desk.contract import card_link_json
        from perennial.desk.read.card_links import SIZE, card_links

        size = given.limit or SIZE
        found = card_links(on=on(given), account=given.customer, size=size + 1, before=given.after)
        rows = [card_link_json(one) for one in found[:size]]
        if given.json:
            for row in rows:
                document(row)
        else:
            shown = ("link", "account", "order", "channel", "status", "on", "expires_on", "card", "by")
            table([name.replace("_", " ") for name in shown], ([row[name] for name in shown] for row in rows))
            if not rows:
                say(sentence("outcome", "no_card_link"))
        if len(found) > size:
            tell(sentence("outcome", "more_pages", key=found[size - 1].number))
        return 0

    return run


def card_link_revoke(p: Parser) -> Run:
    """A link works no more."""
    p.add_argument("link", metavar="ID", type=whole, help="the number of the link")
    p.who()

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.outcome_document import outcome_json

        result(outcome_json(actions.revoke_card_link(link=given.link, **who(given))), given.json)
        return 0

    return run
