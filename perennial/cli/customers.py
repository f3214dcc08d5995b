"""`customer …` and `note …`: what a clerk does with one customer. Each calls the function of the desk with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perennial.cli.output import result
from perennial.cli.parser import Given, Parser, Run, by, number, on, text, who

if TYPE_CHECKING:
    from perennial.desk.outcome import Outcome

TAKEN_AWAY = ("email", "phone", "language")
PLACE_TAKEN_AWAY = ("recipient", "region", "country")


def customer_add(p: Parser) -> Run:
    """A new customer."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the new customer")
    p.add_argument("--name", type=text, metavar="NAME", required=True, help="the name")
    _contact(p)
    p.add_argument("--on-account", action="store_true", help="the customer may buy on account")
    p.who()

    def run(given: Given) -> int:
        from perennial.desk.customers import add_customer

        done = add_customer(
            account=given.account,
            name=given.name,
            email=given.email,
            phone=given.phone,
            language=given.language,
            allow_on_account=given.on_account,
            **who(given),
        )
        _say(done, given)
        return 0

    return run


def customer_change(p: Parser) -> Run:
    """Another name, e-mail address, telephone number or language."""
    _account(p)
    p.add_argument("--name", type=text, metavar="NAME", help="the name")
    _contact(p)
    p.add_argument("--on-account", choices=("yes", "no"), help="may the customer buy on account?")
    _without(p, TAKEN_AWAY)
    p.who()

    def run(given: Given) -> int:
        from perennial.desk.customers import change_customer

        words = _given(given, ("name", *TAKEN_AWAY))
        if given.on_account is not None:
            words["allow_on_account"] = given.on_account == "yes"
        _say(change_customer(account=given.account, **words, **who(given)), given)
        return 0

    return run


def customer_address(p: Parser) -> Run:
    """An address, new or another place now."""
    _account(p)
    p.add_argument("--code", metavar="CODE", required=True, help="which address: a new one is added")
    p.add_argument("--purpose", metavar="WORD", help="what it is for (of a new one left out: delivery)")
    p.add_argument("--recipient", type=text, metavar="NAME", help="who gets it there, if not the customer")
    p.add_argument("--street", type=text, metavar="TEXT", help="street and number")
    p.add_argument("--city", type=text, metavar="TEXT", help="the town")
    p.add_argument("--postcode", type=text, metavar="TEXT", help="the postcode")
    p.add_argument("--region", metavar="CODE", help="state or province, as the tax rates name it")
    p.add_argument("--country", metavar="CODE", help="the country, such as US")
    _without(p, PLACE_TAKEN_AWAY)
    p.who()

    def run(given: Given) -> int:
        from perennial.desk.customers import set_address

        words = _given(given, ("purpose", "street", "city", "postcode", *PLACE_TAKEN_AWAY))
        _say(set_address(account=given.account, code=given.code, **words, **who(given)), given)
        return 0

    return run


def note_customer(p: Parser) -> Run:
    """Something to be known of a customer."""
    _account(p)
    _note(p)

    def run(given: Given) -> int:
        from perennial.desk.customers import note_on_customer

        _say(note_on_customer(account=given.account, text=given.text, **_when(given)), given)
        return 0

    return run


def note_order(p: Parser) -> Run:
    """Something to be known of an order."""
    p.number()
    _note(p)

    def run(given: Given) -> int:
        from perennial.desk.customers import note_on_order

        _say(note_on_order(number=given.number, text=given.text, **_when(given)), given)
        return 0

    return run


def _account(p: Parser) -> None:
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")


def _contact(p: Parser) -> None:
    p.add_argument("--email", type=text, metavar="E", help="the e-mail address")
    p.add_argument("--phone", type=number, metavar="P", help="the telephone number")
    p.add_argument("--language", metavar="CODE", help="the language of messages, such as en")


def _without(p: Parser, names: tuple[str, ...]) -> None:
    p.add_argument("--without", choices=names, action="append", default=[], help="take this away")


def _note(p: Parser) -> None:
    p.add_argument("--text", type=text, metavar="TEXT", required=True, help="what is to be known")
    p.on()
    p.by("who writes it (such as clerk:anna)")


def _given(given: Given, names: tuple[str, ...]) -> dict[str, Any]:
    """What is said of some fields; None for those that are taken away."""
    words = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    return words | dict.fromkeys(given.without)


def _when(given: Given) -> dict[str, Any]:
    return {"on": on(given), "by": by(given)}


def _say(done: Outcome, given: Given) -> None:
    from perennial.desk.outcome_document import outcome_json

    result(outcome_json(done), given.json)
