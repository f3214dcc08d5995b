"""`order …` of a shipment: when it comes, what is in it, where it goes, and that it left."""

from __future__ import annotations

from perennial.cli.acting import does
from perennial.cli.parser import (
    Parser,
    Run,
    day,
    number,
    pieces,
    text,
    whole,
)


def order_skip(p: Parser) -> Run:
    """A shipment is left out; the others keep their days."""
    p.number()
    p.shipment()
    p.reason_code()
    p.change()
    return does("skip", "shipment", "reason_code")


def order_unskip(p: Parser) -> Run:
    """A skipped shipment comes after all."""
    p.number()
    p.shipment()
    p.change()
    return does("unskip", "shipment")


def order_move(p: Parser) -> Run:
    """A shipment goes out on another day."""
    p.number()
    p.shipment()
    p.add_argument("--to", type=day, metavar="DATE", required=True, help="the new day")
    p.add_argument("--following", action="store_true", help="move those that follow, too")
    p.yes_date()
    p.reason_code()
    p.change()
    return does("move", "shipment", "to", "following", "reason_code", meant="yes_date")


def order_substitute(p: Parser) -> Run:
    """Another product comes instead."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="NEW", required=True, help="the product that is sent instead")
    p.add_argument("--from", dest="replaces", metavar="OLD", help="in place of which, where there are several")
    p.add_argument("--price", metavar="P", help="at this price (left out: the price stays)")
    p.reason_code()
    p.change()
    return does("substitute", "shipment", "item", "replaces", "price", "reason_code")


def order_add_product(p: Parser) -> Run:
    """One more product comes with it."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="P", required=True, help="the product that comes besides")
    p.add_argument("--quantity", metavar="Q", default="1", help="how many (left out: 1)")
    p.add_argument("--price", metavar="P", help="the price of one, such as 19.95 (left out: what it costs today)")
    p.change()
    return does("add_product", "shipment", "item", "quantity", "price")


def order_remove_product(p: Parser) -> Run:
    """One of its products does not come."""
    p.number()
    p.shipment()
    p.add_argument("--item", metavar="P", required=True, help="the product that is left out")
    p.change()
    return does("remove_product", "shipment", "item")


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
    return does("frequency", "days", "interval", "times", "next_on", "without")


def order_quantity(p: Parser) -> Run:
    """More or fewer are sent."""
    p.number()
    p.add_argument("--quantity", metavar="Q", required=True, help="how many")
    p.shipment(required=False, what="this shipment alone (left out: all that has no child yet)")
    p.add_argument("--item", dest="replaces", metavar="P", help="of this product, where the shipment has several")
    p.change()
    return does("quantity", "quantity", "shipment", "replaces")


def order_price(p: Parser) -> Run:
    """A shipment costs more or less."""
    p.number()
    p.shipment()
    p.add_argument("--price", metavar="P", required=True, help="the price of one, such as 19.95")
    p.add_argument("--item", dest="replaces", metavar="P", help="of this product, where the shipment has several")
    p.reason_code()
    p.change()
    return does("price", "shipment", "price", "replaces", "reason_code")


def order_address(p: Parser) -> Run:
    """It is sent elsewhere."""
    p.number()
    p.add_argument("--to", metavar="CODE", required=True, help="the code of an address of the customer")
    p.shipment(required=False, what="this shipment alone (left out: all that has no child yet)")
    p.change()
    return does("address", "to", "shipment")


def order_ship(p: Parser) -> Run:
    """The warehouse sent it."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.add_argument("--carrier", type=text, metavar="C", help="who carries it")
    p.add_argument("--tracking", type=number, metavar="T", help="the carrier's number")
    p.add_argument(
        "--pieces",
        type=pieces,
        action="append",
        default=[],
        metavar="PIECES",
        help="of a line of a child so many went: LINE=QUANTITY, one option a line",
    )
    p.add_argument(
        "--rest",
        choices=("cancel", "later"),
        help="what did not go does not come (cancel, left out), or follows as a child of its own (later)",
    )
    p.add_argument(
        "--rest-on", type=day, metavar="DATE", help="the day on which the rest ships (left out: the next working day)"
    )
    p.override()
    p.reason_code()
    p.change()
    return does(
        "ship", "carrier", "tracking", "override", "reason_code", "pieces", "rest", "rest_on", line=False, reports=True
    )


def order_track(p: Parser) -> Run:
    """Who carries what was sent, and under which number, is corrected."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.add_argument("--carrier", type=text, metavar="C", help="who carries it (left out: as it is)")
    p.add_argument("--tracking", type=number, metavar="T", help="the carrier's number (left out: as it is)")
    p.change()
    return does("track", "carrier", "tracking", line=False)


def order_invoice(p: Parser) -> Run:
    """What was sent is invoiced."""
    p.number("the number of a child, or of an order with ordinary lines")
    p.override()
    p.reason_code()
    p.change()
    return does("invoice", "override", "reason_code", line=False, reports=True)
