"""`order …` of money, and `card`: how it is paid, what was taken, what is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perennial.cli.acting import does
from perennial.cli.output import outcome
from perennial.cli.parser import (
    Given,
    Parser,
    Run,
    by,
    day,
    expiry,
    how,
    long_code,
    on,
    share,
    text,
    who,
    whole,
)
from perennial.errors import Refused
from perennial.kernel.states import DISPUTE, METHODS

if TYPE_CHECKING:
    from perennial.desk.outcome import Outcome


def order_card(p: Parser) -> Run:
    """Another stored card pays."""
    p.number()
    p.add_argument(
        "--token", type=long_code, metavar="T", required=True, help="the token of a stored card of the customer"
    )
    p.catch_up()
    p.change()
    return does("card", "token", "catch_up")


def order_payment_method(p: Parser) -> Run:
    """It is paid another way."""
    p.number()
    p.add_argument("--method", choices=METHODS, required=True, help="how what is not paid yet, and what comes, is paid")
    p.add_argument("--card", type=long_code, metavar="TOKEN", help="with --method card: the stored card that pays")
    p.catch_up()
    p.change()
    return does("payment_method", "method", "card", "catch_up")


def order_split(p: Parser) -> Run:
    """What is billed up front is paid in several ways."""
    p.number()
    p.add_argument(
        "--pay",
        action="append",
        type=share,
        required=True,
        metavar="SHARE",
        help="one way to pay, an option each: METHOD[,AMOUNT or PERCENT%%]; the last, without either, pays what is left",
    )
    p.add_argument(
        "--card", type=long_code, metavar="TOKEN", help="the stored card that pays (left out: the one that does)"
    )
    p.change()

    def run(given: Given) -> int:
        from perennial.catalog.queries import currency
        from perennial.desk import actions
        from perennial.desk.action import perform
        from perennial.kernel.money import minor
        from perennial.kernel.shares import Share

        shares = [
            Share(
                one.method,
                None if one.amount is None else minor(one.amount, currency(), f"pay[{at}].amount"),
                one.percent,
            )
            for at, one in enumerate(given.pay)
        ]
        about = {"number": given.number, "line": given.line, "card": given.card}
        outcome(perform(actions.split, how(given), pay=shares, **about, **who(given)), given)
        return 0

    return run


def order_collect(p: Parser) -> Run:
    """What is due of it is taken while the customer listens."""
    p.number("the number of the order or child")
    p.add_argument("--force", action="store_true", help="ask again for what was declined today")
    p.add_argument(
        "--submitted",
        action="store_true",
        help="the order was opened just now: what is declined is asked once more if retry_on_submit says so",
    )
    p.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
    p.on()
    p.by("who does it, for the history (such as clerk:anna)")

    def run(given: Given) -> int:
        from perennial.desk import actions

        done = actions.collect(
            number=given.number,
            on=on(given),
            by=by(given),
            force=given.force,
            submitted=given.submitted,
            dry=given.dry_run,
        )
        outcome(done, given)
        return 0

    return run


def order_receive(p: Parser) -> Run:
    """A check has come."""
    p.number("the number of the order")
    p.add_argument(
        "--check", dest="check_number", type=text, metavar="N", required=True, help="the number of the check"
    )
    p.add_argument("--amount", metavar="A", required=True, help="what it is made out for, such as 64.85")
    p.add_argument(
        "--received-on", type=day, metavar="DATE", help="the day on which it came (left out: the business date)"
    )
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.change()
    return does("receive", "amount", "received_on", "part", check="check_number")


def order_settle(p: Parser) -> Run:
    """A person looked it up at the gateway, or gives it up."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument(
        "--as",
        dest="end",
        choices=("taken", "not-taken", "written-off", "credited"),
        required=True,
        help="of one that is unknown: the gateway did it, or did not (then it is due again); or nobody will pay it; or what was billed for"
        " what does not come is taken off the bills",
    )
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.add_argument(
        "--shipments",
        choices=("stop", "send"),
        help="of one that was billed up front and is written off: stop what it paid for and has not left, or send it"
        " (left out: stop)",
    )
    p.add_argument("--approved-by", type=text, metavar="WHO", help="who allowed the write-off (left out: who does it)")
    p.reason_code()
    p.change(why="how it was found out, or why it is given up", must_say_why=True)
    return does("settle", "end", "part", "shipments", "approved_by", "reason_code")


def order_authorise(p: Parser) -> Run:
    """The bank gave a code on the telephone."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument("--code", type=text, metavar="C", required=True, help="the code that the bank gave")
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.change(why="who said so, or how it was found out", must_say_why=True)
    return does("authorise", "code", "part")


def order_decline(p: Parser) -> Run:
    """The card is not asked again."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.change(why="why its card is not asked again", must_say_why=True)
    return does("decline", "part")


def order_reprocess(p: Parser) -> Run:
    """The card is asked again from the beginning, at once."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.change()

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.action import perform

        about = {"number": given.number, "part": given.part, "line": given.line}
        done: Outcome = perform(actions.reprocess, how(given), **about, **who(given))
        if not given.dry_run:
            done = actions.collect(number=given.number, on=on(given), by=by(given))
        outcome(done, given)
        return 0

    return run


def order_refund(p: Parser) -> Run:
    """The customer gets money back, or somebody decides about it."""
    p.number("the number of a child, or of an order for all that was paid of it")
    p.add_argument(
        "--payment",
        dest="part",
        type=whole,
        metavar="N",
        help="the number of the payment, where several were taken; with --again of the refund",
    )
    p.add_argument(
        "--amount", metavar="A", help="so much of it, such as 5.00 (left out: all that is left of the one payment)"
    )
    p.add_argument(
        "--check", dest="check_number", type=text, metavar="N", help="it was given back by the check with this number"
    )
    p.add_argument("--given-on", type=day, metavar="DATE", help="the day of the check (left out: the business date)")
    p.add_argument("--approved-by", type=text, metavar="WHO", help="who has approved what is above the limit")
    decided = p.add_mutually_exclusive_group()
    decided.add_argument(
        "--approve", action="store_true", help="approve what somebody else wants to give back of the order"
    )
    decided.add_argument("--decline", action="store_true", help="do not give back what somebody wants to give back")
    decided.add_argument(
        "--again", action="store_true", help="try a refund again that has failed, or give it back by check"
    )
    p.reason_code()
    p.change(why="why it is given back, or not", must_say_why=True)
    refund = does("refund", "part", "amount", "given_on", "approved_by", "reason_code", check="check_number")
    again = does("refund_again", "given_on", "approved_by", refund="part", check="check_number")

    def run(given: Given) -> int:
        if given.approve or given.decline:
            for option in ("part", "amount", "check_number", "given_on", "approved_by", "reason_code"):
                if getattr(given, option) is not None:
                    raise Refused("refund_decided_whole", option)
            return does("approve_refund" if given.approve else "decline_refund", line=False)(given)
        if given.again and given.amount is not None:
            raise Refused("refund_again_whole", "amount")
        return again(given) if given.again else refund(given)

    return run


def order_dispute(p: Parser) -> Run:
    """The customer does not accept a charge, or the bank has decided."""
    p.number("the number of a child, or of an order for all that was paid of it")
    p.add_argument("--as", dest="status", choices=tuple(DISPUTE), required=True, help="how it stands")
    p.add_argument("--payment", dest="part", type=whole, metavar="N", help="of a new one: the number of the payment")
    p.add_argument("--amount", metavar="A", help="of a new one: so much of it (left out: all of the payment)")
    p.add_argument("--answer-by", type=day, metavar="DATE", help="until when the bank takes an answer")
    p.add_argument(
        "--dispute", type=whole, metavar="N", help="which one, where several go on, or it was decided already"
    )
    p.change(why="what the bank says", must_say_why=True)
    return does("dispute", "status", "part", "amount", "answer_by", "dispute")


def card(p: Parser) -> Run:
    """The gateway keeps a card; we keep its token."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")
    p.add_argument("--token", type=long_code, metavar="T", required=True, help="the token that the gateway gave")
    p.add_argument("--brand", type=text, metavar="B", required=True, help="such as visa")
    p.add_argument("--last4", metavar="DIGITS", required=True, help="its last four digits")
    p.add_argument("--exp", type=expiry, metavar="MM/YYYY", required=True, help="until when it is valid: 12/2030")
    p.add_argument(
        "--replaces",
        type=long_code,
        metavar="TOKEN",
        help="take over what this card pays (left out: where the card is expired or refused)",
    )
    p.catch_up()
    p.who()

    def run(given: Given) -> int:
        from perennial.desk import actions

        done = actions.store_card(
            account=given.account,
            token=given.token,
            brand=given.brand,
            last4=given.last4,
            exp=given.exp,
            replaces=given.replaces,
            catch_up=given.catch_up,
            **who(given),
        )
        outcome(done, given)
        return 0

    return run
