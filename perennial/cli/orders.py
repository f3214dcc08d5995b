"""`order …` and `card`: what a clerk does with an order. Each calls the function of the desk with its name."""

from __future__ import annotations

from typing import Any

from perennial.cli.output import outcome, say
from perennial.cli.parser import (
    Given,
    Parser,
    Run,
    Share,
    by,
    day,
    expiry,
    how,
    long_code,
    number,
    on,
    order_day,
    text,
    who,
    whole,
)
from perennial.errors import Refused
from perennial.kernel.states import ENDED_BY, HOLDS_STOP, METHODS


def _stays_open(done: Any) -> bool:
    return getattr(done, "status", None) == "open"


def _does(name: str, *names: str, line: bool = True, reports: bool = False, **renamed: str) -> Run:
    """Call ``desk.actions.<name>`` with the order's number and these options; ``renamed``: its name for an option;
    ``reports``: it tells what has happened, by today.
    """

    def run(given: Given) -> int:
        from perennial.desk import actions
        from perennial.desk.action import perform

        arguments: dict[str, Any] = {option: getattr(given, option) for option in names}
        arguments |= {argument: getattr(given, option) for argument, option in renamed.items()}
        if arguments.get("quantity") is not None:
            from perennial.kernel.money import quantity

            arguments["quantity"] = quantity(arguments["quantity"], "quantity")
        if arguments.get("pay") is not None:
            arguments["pay"] = _pays(arguments["pay"])
        if "without" in arguments:
            arguments["without"] = [option.replace("-", "_") for option in arguments["without"]]
        if reports:
            from perennial.catalog.queries import today

            arguments["today"] = today()
        if line:
            arguments["line"] = given.line
        elif given.line is not None:
            raise Refused("line_of_whole_order", "line", action=name, order=given.number)
        done = perform(getattr(actions, name), how(given), number=given.number, **arguments, **who(given))
        outcome(done, given)
        if name == "cancel" and not given.json and _stays_open(done):
            from perennial.catalog.queries import today as company_today
            from perennial.cli.pages import still_open_line
            from perennial.desk.read.orders import order

            say(still_open_line(order(given.number, on=company_today())))
        return 0

    return run


def _pays(shares: list[Share]) -> list[Any]:
    """How ordinary lines are paid, as the desk wants it."""
    from perennial.catalog.queries import currency
    from perennial.desk.entry import PayEntry
    from perennial.kernel.money import minor

    return [
        PayEntry(
            one.method,
            one.card,
            amount_minor=None if one.amount is None else minor(one.amount, currency(), "pay"),
            percent=one.percent,
        )
        for one in shares
    ]


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
    return _does("add_line", "item", "quantity", *names, line=False, meant="yes_date")


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
    return _does("change_line", "quantity", "without", *names, meant="yes_date")


def order_remove(p: Parser) -> Run:
    """A draft loses a line."""
    p.number()
    p.pay()
    p.change()
    return _does("remove_line", "pay")


def order_pay(p: Parser) -> Run:
    """How the ordinary lines of a draft are paid."""
    p.number()
    p.pay([])
    p.change()
    return _does("pay_draft", "pay", line=False)


def order_gift(p: Parser) -> Run:
    """Its parcels bring a message, and no prices."""
    p.number()
    p.add_argument("--message", type=text, metavar="TEXT", help="what the parcels say (left out: nothing)")
    p.add_argument("--hide-prices", action="store_true", help="no prices on the papers in the parcels")
    p.change()
    return _does("gift", "message", "hide_prices", line=False)


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
    return _does("payer", "account", "method", "card", "catch_up", line=False)


def order_submit(p: Parser) -> Run:
    """A draft order opens."""
    p.number()
    p.change()
    return _does("submit", line=False)


def order_accept(p: Parser) -> Run:
    """The customer accepted the offer."""
    p.number()
    p.catch_up()
    p.change()
    return _does("accept", "catch_up", line=False)


def order_cancel(p: Parser) -> Run:
    """An order ends, or a child is not sent."""
    p.number("the number of the order, or of a child that has not shipped")
    p.add_argument("--after", type=whole, metavar="SHIPMENT", help="this shipment is the last: cancel what follows it")
    p.add_argument("--again", action="store_true", help="of a child: make its shipment anew, as the next try")
    p.add_argument("--ended-by", choices=ENDED_BY, help="who ended it, for the history")
    p.reason_code()
    p.change()
    return _does("cancel", "after", "again", "ended_by", "reason_code")


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
    return _does("reinstate", "next_on", "catch_up")


def order_hold(p: Parser) -> Run:
    """An order waits."""
    p.number("the number of the order or child")
    p.add_argument("--code", metavar="C", default="hold", help="a short word to release it by (left out: hold)")
    p.add_argument("--stops", choices=HOLDS_STOP, default="both", help="what it stops (left out: both)")
    p.add_argument("--until", type=day, metavar="DATE", help="a pause: it goes on by itself on this business date")
    p.reason_code()
    p.change(why="why it is held", must_say_why=True)
    return _does("hold", "code", "stops", "until", "reason_code", line=False)


def order_release(p: Parser) -> Run:
    """An order goes on."""
    p.number("the number of the order or child")
    p.add_argument("--code", metavar="C", help="release this hold alone (left out: all of them)")
    p.catch_up()
    p.change()
    return _does("release", "code", "catch_up", line=False)


def order_skip(p: Parser) -> Run:
    """A shipment is left out; the others keep their days."""
    p.number()
    p.shipment()
    p.reason_code()
    p.change()
    return _does("skip", "shipment", "reason_code")


def order_unskip(p: Parser) -> Run:
    """A skipped shipment comes after all."""
    p.number()
    p.shipment()
    p.change()
    return _does("unskip", "shipment")


def order_move(p: Parser) -> Run:
    """A shipment goes out on another day."""
    p.number()
    p.shipment()
    p.add_argument("--to", type=day, metavar="DATE", required=True, help="the new day")
    p.add_argument("--following", action="store_true", help="move those that follow, too")
    p.yes_date()
    p.change()
    return _does("move", "shipment", "to", "following", meant="yes_date")


def order_undo(p: Parser) -> Run:
    """What a person changed last is as it was."""
    p.number()
    p.add_argument(
        "--send-late", action="store_true", help="also what comes back late: the next night sends and charges it"
    )
    p.change()
    return _does("undo", "send_late", line=False)


def order_substitute(p: Parser) -> Run:
    """Another product comes instead."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="NEW", required=True, help="the product that is sent instead")
    p.add_argument("--from", dest="replaces", metavar="OLD", help="in place of which, where there are several")
    p.add_argument("--price", metavar="P", help="at this price (left out: the price stays)")
    p.change()
    return _does("substitute", "shipment", "item", "replaces", "price")


def order_add_product(p: Parser) -> Run:
    """One more product comes with it."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="P", required=True, help="the product that comes besides")
    p.add_argument("--quantity", metavar="Q", default="1", help="how many (left out: 1)")
    p.add_argument("--price", metavar="P", help="the price of one, such as 19.95 (left out: what it costs today)")
    p.change()
    return _does("add_product", "shipment", "item", "quantity", "price")


def order_remove_product(p: Parser) -> Run:
    """One of its products does not come."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="P", required=True, help="the product that is left out")
    p.change()
    return _does("remove_product", "shipment", "item")


def order_frequency(p: Parser) -> Run:
    """A member gets it more or less often, more or fewer times."""
    p.number()
    p.add_argument("--days", type=whole, metavar="N", help="so many days after the one before")
    p.add_argument("--interval", metavar="CODE", help="on the dates of this date interval")
    p.add_argument(
        "--times", type=whole, metavar="N", help="so many shipments in all; those that were, and skipped ones, count"
    )
    p.add_argument(
        "--next", dest="next_on", type=day, metavar="DATE", help="the next one on this day, the others behind it"
    )
    p.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("every", "times"),
        metavar="WHAT",
        help="every, times: as the program says again",
    )
    p.change()
    return _does("frequency", "days", "interval", "times", "next_on", "without")


def order_quantity(p: Parser) -> Run:
    """More or fewer are sent."""
    p.number()
    p.add_argument("--quantity", metavar="Q", required=True, help="how many")
    p.shipment(required=False, what="this shipment alone (left out: all that has no child yet)")
    p.add_argument("--item", dest="replaces", metavar="P", help="of this product, where the shipment has several")
    p.change()
    return _does("quantity", "quantity", "shipment", "replaces")


def order_price(p: Parser) -> Run:
    """A shipment costs more or less."""
    p.number()
    p.shipment()
    p.add_argument("--price", metavar="P", required=True, help="the price of one, such as 19.95")
    p.add_argument("--item", dest="replaces", metavar="P", help="of this product, where the shipment has several")
    p.change()
    return _does("price", "shipment", "price", "replaces")


def order_card(p: Parser) -> Run:
    """Another stored card pays."""
    p.number()
    p.add_argument(
        "--token", type=long_code, metavar="T", required=True, help="the token of a stored card of the customer"
    )
    p.catch_up()
    p.change()
    return _does("card", "token", "catch_up")


def order_payment_method(p: Parser) -> Run:
    """It is paid another way."""
    p.number()
    p.add_argument("--method", choices=METHODS, required=True, help="how what is not paid yet, and what comes, is paid")
    p.add_argument("--card", type=long_code, metavar="TOKEN", help="with --method card: the stored card that pays")
    p.catch_up()
    p.change()
    return _does("payment_method", "method", "card", "catch_up")


def order_address(p: Parser) -> Run:
    """It is sent elsewhere."""
    p.number()
    p.add_argument("--to", metavar="CODE", required=True, help="the code of an address of the customer")
    p.shipment(required=False, what="this shipment alone (left out: all that has no child yet)")
    p.change()
    return _does("address", "to", "shipment")


def order_ship(p: Parser) -> Run:
    """The warehouse sent it."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.add_argument("--carrier", type=text, metavar="C", help="who carries it")
    p.add_argument("--tracking", type=number, metavar="T", help="the carrier's number")
    p.override()
    p.change()
    return _does("ship", "carrier", "tracking", "override", line=False, reports=True)


def order_invoice(p: Parser) -> Run:
    """What was sent is invoiced."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.override()
    p.change()
    return _does("invoice", "override", line=False, reports=True)


def order_track(p: Parser) -> Run:
    """Who carries what was sent, and under which number, is corrected."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.add_argument("--carrier", type=text, metavar="C", help="who carries it (left out: as it is)")
    p.add_argument("--tracking", type=number, metavar="T", help="the carrier's number (left out: as it is)")
    p.change()
    return _does("track", "carrier", "tracking", line=False)


def order_collect(p: Parser) -> Run:
    """What is due of it is taken while the customer listens."""
    p.number("the number of the order or child")
    p.add_argument("--force", action="store_true", help="ask again for what was declined today")
    p.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
    p.on()
    p.by("who does it, for the history (such as clerk:anna)")

    def run(given: Given) -> int:
        from perennial.desk import actions

        done = actions.collect(number=given.number, on=on(given), by=by(given), force=given.force, dry=given.dry_run)
        outcome(done, given)
        return 0

    return run


def order_settle(p: Parser) -> Run:
    """A person looked it up at the gateway, or gives it up."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument(
        "--as",
        dest="end",
        choices=("taken", "not-taken", "written-off"),
        required=True,
        help="of one that is unknown: the gateway did it, or did not (then it is due again); or nobody will pay it",
    )
    p.add_argument("--part", type=whole, metavar="N", help="the number of the payment, where there are several")
    p.add_argument(
        "--shipments",
        choices=("stop", "send"),
        help="of one that was billed up front and is written off: stop what it paid for and has not left, or send it"
        " (left out: stop)",
    )
    p.add_argument("--approved-by", type=text, metavar="WHO", help="who allowed the write-off (left out: who does it)")
    p.change(why="how it was found out, or why it is given up", must_say_why=True)
    return _does("settle", "end", "part", "shipments", "approved_by")


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
    return _does("receive", "amount", "received_on", "part", check="check_number")


def order_refund(p: Parser) -> Run:
    """The customer gets money back."""
    p.number("the number of a child, or of an order for what is billed up front and ordinary lines")
    p.add_argument(
        "--payment", dest="part", type=whole, metavar="N", help="the number of the payment, where several were taken"
    )
    p.add_argument("--amount", metavar="A", help="so much of it, such as 5.00 (left out: all that is left of it)")
    p.change(why="why it is given back", must_say_why=True)
    return _does("refund", "part", "amount")


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
