"""`order …`: what a clerk does with an order as a whole, and with its draft. Each calls the function of the desk with its name."""

from __future__ import annotations

from perennial.cli.acting import does
from perennial.cli.output import outcome
from perennial.cli.parser import (
    Given,
    Parser,
    Run,
    day,
    how,
    long_code,
    order_day,
    text,
    who,
    whole,
)
from perennial.kernel.states import ENDED_BY, HOLDS_STOP, METHODS


def _line_of_draft(p: Parser, quantity: str | None = None) -> tuple[str, ...]:
    """The options of a line of a draft; their names."""
    p.add_argument("--quantity", metavar="Q", default=quantity, help=f"how many (left out: {quantity or 'as it is'})")
    p.add_argument("--delivery-mode", metavar="CODE", help="of an ordinary line: by which delivery mode")
    p.add_argument("--start-date", type=day, metavar="DATE", help="of a continuity line: from when its dates count")
    p.add_argument(
        "--payment-method", metavar="M", help="of a continuity line: card, on_account, check, cash, gift_card"
    )
    p.add_argument("--card", type=long_code, metavar="TOKEN", help="of a continuity line: the stored card that pays")
    p.add_argument("--payment-schedule", metavar="NAME", help="of a continuity line: in which parts it is paid")
    p.add_argument("--ship-to", metavar="CODE", help="of a continuity line: the code of an address of the customer")
    p.pay()
    return ("delivery_mode", "start_date", "payment_method", "card", "payment_schedule", "ship_to", "pay")


def order_start(p: Parser) -> Run:
    """A draft begins with its first line."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")
    p.add_argument("--item", metavar="P", required=True, help="the product, ordinary or continuity")
    p.add_argument("--quantity", metavar="Q", default="1", help="how many (left out: 1)")
    p.add_argument("--delivery-mode", metavar="CODE", help="of an ordinary line: how it is delivered")
    p.add_argument("--payment-method", metavar="M", help="how it is paid: card, on_account, check, cash, gift_card")
    p.add_argument("--card", type=long_code, metavar="TOKEN", help="the stored card that pays")
    p.add_argument("--payer", metavar="ACCOUNT", help="who pays, where that is not who receives")
    p.add_argument("--source-code", metavar="CODE", help="where it comes from")
    p.yes_date()
    p.change()

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.action import perform
        from perennial.kernel.money import quantity

        done = perform(
            actions.start,
            how(given),
            account=given.account,
            item=given.item,
            quantity=quantity(given.quantity, "quantity"),
            delivery_mode=given.delivery_mode,
            payment_method=given.payment_method,
            payer=given.payer,
            card=given.card,
            source_code=given.source_code,
            meant=tuple(given.yes_date),
            **{**who(given), "on": order_day(given)},
        )
        outcome(done, given)
        return 0

    return run


def order_add(p: Parser) -> Run:
    """A draft gets one line more."""
    p.number()
    p.add_argument("--item", metavar="P", required=True, help="the product, ordinary or continuity")
    names = _line_of_draft(p, "1")
    p.yes_date()
    p.change()
    return does("add_line", "item", "quantity", *names, line=False, meant="yes_date")


def order_change(p: Parser) -> Run:
    """A line of a draft is entered anew."""
    p.number()
    names = _line_of_draft(p)
    p.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("start-date", "payment-schedule", "ship-to", "delivery-mode"),
        metavar="WHAT",
        help="as if it had never been said",
    )
    p.yes_date()
    p.change()
    return does("change_line", "quantity", "without", *names, meant="yes_date")


def order_remove(p: Parser) -> Run:
    """A draft loses a line."""
    p.number()
    p.pay()
    p.change()
    return does("remove_line", "pay")


def order_pay(p: Parser) -> Run:
    """How the ordinary lines of a draft are paid."""
    p.number()
    p.pay([])
    p.change()
    return does("pay_draft", "pay", line=False)


def order_gift(p: Parser) -> Run:
    """Its parcels bring a message, and no prices."""
    p.number()
    p.add_argument("--message", type=text, metavar="TEXT", help="what the parcels say (left out: nothing)")
    p.add_argument("--hide-prices", action="store_true", help="no prices on the papers in the parcels")
    p.change()
    return does("gift", "message", "hide_prices", line=False)


def order_payer(p: Parser) -> Run:
    """Another customer pays it than the one who receives it."""
    p.number()
    p.add_argument(
        "--account", metavar="A", required=True, help="the account of who pays: another customer, or its own"
    )
    p.add_argument("--method", choices=METHODS, required=True, help="how they pay what is not paid yet, and what comes")
    p.add_argument(
        "--card", type=long_code, metavar="TOKEN", help="with --method card: the stored card of theirs that pays"
    )
    p.catch_up()
    p.change()
    return does("payer", "account", "method", "card", "catch_up", line=False)


def order_source(p: Parser) -> Run:
    """Where it comes from."""
    p.number()
    p.add_argument("--source-code", metavar="CODE", help="one of the list of source codes (left out: nobody knows)")
    p.change()
    return does("source", "source_code", line=False)


def order_submit(p: Parser) -> Run:
    """A draft order opens."""
    p.number()
    p.change()
    return does("submit", line=False)


def order_accept(p: Parser) -> Run:
    """The customer accepted the offer."""
    p.number()
    p.catch_up()
    p.change()
    return does("accept", "catch_up", line=False)


def order_cancel(p: Parser) -> Run:
    """An order ends, or a child is not sent."""
    p.number("the number of the order, or of a child that has not shipped")
    p.add_argument("--after", type=whole, metavar="SHIPMENT", help="this shipment is the last: cancel what follows it")
    p.add_argument("--again", action="store_true", help="of a child: make its shipment anew, as the next try")
    p.add_argument("--ended-by", choices=ENDED_BY, help="who ended it, for the history")
    p.add_argument(
        "--refund",
        dest="give_back",
        action="store_true",
        help="give back what a card has paid for what does not come any more; above the limit once it is approved",
    )
    p.add_argument("--approved-by", type=text, metavar="WHO", help="who has approved a refund above the limit")
    p.reason_code()
    p.change()
    return does("cancel", "after", "again", "ended_by", "reason_code", "give_back", "approved_by")


def order_reinstate(p: Parser) -> Run:
    """A member comes back."""
    p.number()
    p.add_argument(
        "--next",
        dest="next_on",
        type=day,
        metavar="DATE",
        help="the next one on this day, the others behind it (left out: the days that they would have had)",
    )
    p.catch_up()
    p.change()
    return does("reinstate", "next_on", "catch_up")


def order_hold(p: Parser) -> Run:
    """An order waits."""
    p.number("the number of the order or child")
    p.add_argument("--code", metavar="C", help="a code of the list of hold codes, else a short word (left out: hold)")
    p.add_argument(
        "--stops",
        choices=HOLDS_STOP,
        metavar="WHAT",
        help="what it stops: shipping, charging, both, or parts joined by + of children, sending, invoicing, charging"
        " (left out: what its code says, else both)",
    )
    p.add_argument("--until", type=day, metavar="DATE", help="a pause: it goes on by itself on this business date")
    p.reason_code()
    p.change(why="why it is held", must_say_why=True)
    return does("hold", "code", "stops", "until", "reason_code", line=False)


def order_release(p: Parser) -> Run:
    """An order goes on."""
    p.number("the number of the order or child")
    p.add_argument("--code", metavar="C", help="release this hold alone (left out: all of them)")
    p.catch_up()
    p.change()
    return does("release", "code", "catch_up", line=False)


def order_undo(p: Parser) -> Run:
    """What a person changed last is as it was."""
    p.number()
    p.add_argument(
        "--send-late", action="store_true", help="also what comes back late: the next night sends and charges it"
    )
    p.change()
    return does("undo", "send_late", line=False)
