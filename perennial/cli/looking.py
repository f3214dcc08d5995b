"""`show …` and `preview`: the documents of orders, programs and customers, and lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from perennial.cli.output import document, left_behind, say, sentence, tell
from perennial.cli.parser import Given, Parser, Run, count, day, long_code, on, whole
from perennial.language import reader

if TYPE_CHECKING:
    from perennial.db.pages import Page
    from perennial.desk.contract import Document

T = TypeVar("T")


def show_order(p: Parser) -> Run:
    """An order whole."""
    p.number()
    p.add_argument(
        "--ahead",
        type=count,
        metavar="N",
        default=0,
        help="also so many shipments beyond the planned ones, at most 1,000",
    )
    _why(p)

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.desk.contract import order_json, why_paid_words
        from perennial.desk.read.orders import order
        from perennial.desk.read.payment_why import payment_whys

        now = today()
        found = order(given.number, on=now, ahead=given.ahead)
        if given.json:
            whys = [why_paid_words(one, reader()) for one in payment_whys(found, now)]
            shown = order_json(found, reader())
            paid = [{**one, "why": why} for one, why in zip(shown["payments"], whys, strict=True)]
            document({**shown, "payments": paid, "version": found.version})
        else:
            from perennial.cli.pages import order_page

            order_page(found, now, why=given.why)
        return 0

    return run


def _why(p: Parser) -> None:
    p.add_argument(
        "--why", action="store_true", help="also why each date, product, price and payment (--json always says it)"
    )


def show_orders(p: Parser) -> Run:
    """Every order, one a line."""
    p.add_argument("--status", metavar="WORD", help="only those with this status")
    p.add_argument("--program", metavar="ID", help="only those with a line of this program")
    p.add_argument("--customer", metavar="ACCOUNT", help="only those of this customer")
    p.add_argument("--since", type=day, metavar="DATE", help="only those ordered on this date or later")
    p.add_argument("--source-code", metavar="CODE", help="only those that come from there")
    p.add_argument("--waiting", action="store_true", help="only those of which something waits for a person, and what")
    _page(p, "orders", "all")

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.desk.contract import order_json
        from perennial.desk.queries import Fitting, order_ids, order_page
        from perennial.desk.read.orders import orders

        now = today()
        fitting = Fitting(
            status=given.status,
            program=given.program,
            customer=given.customer,
            since=given.since,
            waiting=given.waiting,
            source_code=given.source_code,
        )
        if given.limit is None and given.after is None:
            ids: Sequence[int] = order_ids(fitting)
        else:
            page = order_page(fitting, size=given.limit or AT_ONCE, after=given.after)
            ids = page.rows
            _tell_next(page.next)
        if given.json:
            for found in orders(ids, on=now):
                document(order_json(found, reader()))
        elif given.waiting:
            from perennial.cli.lists import waiting_page
            from perennial.desk.read.waiting import waiting

            waiting_page(waiting(ids, now))
        elif ids:
            from perennial.cli.lists import orders_page

            orders_page(orders(ids, on=now))
        else:
            say(sentence("outcome", "no_order_fits"))
        return 0

    return run


def show_program(p: Parser) -> Run:
    """A program, and where its calendar stands."""
    p.add_argument("program", metavar="ID", help="the schedule id of the program")
    p.on()

    def run(given: Given) -> int:
        from perennial.desk.program_document import program_json
        from perennial.desk.read.program import program

        found = program(given.program, on=on(given))
        if given.json:
            document(program_json(found))
        else:
            from perennial.cli.pages import program_page

            program_page(found)
        return 0

    return run


def show_customer(p: Parser) -> Run:
    """A customer, and which orders there are."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")

    def run(given: Given) -> int:
        from perennial.desk.contract import customer_json
        from perennial.desk.read.customer import customer

        found = customer(given.account)
        if given.json:
            document(customer_json(found))
        else:
            from perennial.cli.pages import customer_page

            customer_page(found)
        return 0

    return run


def show_customers(p: Parser) -> Run:
    """Customers whole, all that fit or a page of them."""
    _words(p)
    _page(p, "customers", "all")

    def run(given: Given) -> int:
        from perennial.cli.lists import customers_page
        from perennial.desk.contract import customer_json
        from perennial.desk.read.customer import find_customers

        read = partial(find_customers, " ".join(given.words))
        return _listed(given, read, customer_json, customers_page)

    return run


def show_children(p: Parser) -> Run:
    """Child orders, all that fit or a page of them."""
    p.add_argument("--status", metavar="WORD", help="only those with this status")
    p.add_argument("--program", metavar="ID", help="only those of this program")
    p.add_argument("--customer", metavar="ACCOUNT", help="only those of this customer")
    p.add_argument("--uninvoiced", action="store_true", help="only those sent a week ago or more and not invoiced")
    _page(p, "child orders", "all")

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.cli.lists import listed_children_page
        from perennial.desk.list_document import listed_child_json
        from perennial.desk.read.lists import children

        read = partial(
            children,
            today(),
            status=given.status,
            program=given.program,
            customer=given.customer,
            uninvoiced=given.uninvoiced,
        )
        return _listed(given, read, listed_child_json, listed_children_page)

    return run


def show_payments(p: Parser) -> Run:
    """Payments, all that fit or a page of them."""
    p.add_argument("--status", metavar="WORD", help="only those with this status")
    p.add_argument("--customer", metavar="ACCOUNT", help="only those of this customer")
    _page(p, "payments", "all")

    def run(given: Given) -> int:
        from perennial.cli.lists import listed_payments_page
        from perennial.desk.list_document import listed_payment_json
        from perennial.desk.read.lists import payments

        read = partial(payments, status=given.status, customer=given.customer)
        return _listed(given, read, listed_payment_json, listed_payments_page)

    return run


def show_shipments(p: Parser) -> Run:
    """Planned shipments, all that fit or a page of them."""
    p.add_argument("--program", metavar="ID", help="only those of this program")
    p.add_argument("--product", metavar="P", help="only those of a continuity product, or that send this product")
    p.add_argument("--customer", metavar="ACCOUNT", help="only those of this customer")
    _page(p, "shipments", "all")

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.cli.lists import listed_shipments_page
        from perennial.desk.list_document import listed_shipment_json
        from perennial.desk.read.lists import shipments

        read = partial(shipments, today(), program=given.program, product=given.product, customer=given.customer)
        return _listed(given, read, listed_shipment_json, listed_shipments_page)

    return run


def show_night(p: Parser) -> Run:
    """What a night did, on one page."""
    p.add_argument("date", metavar="DATE", nargs="?", type=day, help="the business date (left out: the last night)")

    def run(given: Given) -> int:
        from perennial.jobs.night_report import night_report

        found = night_report(given.date)
        if given.json:
            document(found)
        else:
            from perennial.cli.lists import night_report_page

            night_report_page(found)
        return 0

    return run


def show_run(p: Parser) -> Run:
    """What a run touched, of a dry run what it would have touched, in the order of its work."""
    p.add_argument("run", metavar="RUN", type=whole, help="the number of the run, which the job told")
    p.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")
    _page(p, "rows", "all")

    def run(given: Given) -> int:
        from perennial.jobs.touched import as_document, touched

        read = partial(touched, given.run)
        if given.csv:
            from perennial.cli.lists import touched_sheet
            from perennial.db.pages import every

            touched_sheet(every(lambda after: read(size=AT_ONCE, after=after)))
            return 0
        from perennial.cli.lists import touched_page

        return _listed(given, read, as_document, touched_page)

    return run


def _listed(
    given: Given,
    read: Callable[..., Page[T]],
    as_json: Callable[[T], Document],
    as_text: Callable[[Sequence[T]], None],
) -> int:
    """A list, a document a line or as a table: a page of it where one is asked for, else all."""
    from perennial.db.pages import every

    if given.limit is None and given.after is None:
        found = every(lambda after: read(size=AT_ONCE, after=after))
    else:
        shown = read(size=given.limit or AT_ONCE, after=given.after)
        found = iter(shown.rows)
        _tell_next(shown.next)
    if given.json:
        for one in found:
            document(as_json(one))
    else:
        as_text(list(found))
    return 0


def search(p: Parser) -> Run:
    """Who is it on the telephone?"""
    _words(p)
    _page(p, "customers", "8")

    def run(given: Given) -> int:
        from perennial.desk.list_document import search_json
        from perennial.desk.read import search as read

        found = read.search(" ".join(given.words), size=given.limit or read.FIRST, after=given.after)
        if given.json:
            document(search_json(found))
        else:
            from perennial.cli.lists import hits_page

            hits_page(found)
        _tell_next(found.next)
        return 0

    return run


AT_ONCE = 500


def _words(p: Parser) -> None:
    p.add_argument(
        "words",
        metavar="WORDS",
        nargs="+",
        help="beginnings of words of a name, town, postcode, e-mail address or account, or a telephone number;"
        " all must fit",
    )


def _page(p: Parser, what: str, left_out: str) -> None:
    p.add_argument("--limit", type=whole, metavar="N", help=f"so many {what} at most (left out: {left_out})")
    p.add_argument("--after", type=long_code, metavar="KEY", help="those behind a page, which told this key")


def _tell_next(key: str | None) -> None:
    if key is not None:
        tell(sentence("outcome", "more_pages", key=key))


def preview(p: Parser) -> Run:
    """What an order would be, before there is one."""
    p.add_argument("--program", metavar="ID", required=True, help="the schedule id of the program")
    p.add_argument("--order-date", type=day, metavar="DATE", required=True, help="the day of the order")
    p.add_argument("--start-date", type=day, metavar="DATE", help="a start date entered with the order")
    p.add_argument("--product", metavar="P", help="as this continuity product sells it (left out: all its events)")
    p.add_argument("--quantity", metavar="N", default="1", help="how many (left out: 1)")
    p.add_argument("--days", type=whole, metavar="N", help="as a member wants it: so many days after the one before")
    p.add_argument("--interval", metavar="CODE", help="as a member wants it: on the dates of this date interval")
    p.add_argument("--times", type=whole, metavar="N", help="as a member wants it: so many shipments in all")
    p.add_argument("--all", action="store_true", help="beyond the repeat threshold too, at most 1,000 lines")
    _why(p)

    def run(given: Given) -> int:
        from perennial.desk.contract import preview_json
        from perennial.desk.read.preview import preview as previewed
        from perennial.kernel.money import quantity

        found = previewed(
            given.program,
            given.order_date,
            start_date=given.start_date,
            product=given.product,
            quantity=quantity(given.quantity, "quantity"),
            days=given.days,
            interval=given.interval,
            times=given.times,
            beyond_threshold=given.all,
        )
        if given.json:
            document(preview_json(found, reader()))
        else:
            from perennial.catalog.queries import today
            from perennial.cli.pages import preview_page

            preview_page(found, today(), why=given.why)
            if found.behind is not None:
                left_behind(asdict(found.behind))
            for one in found.notes:
                say(sentence("note", one.code, **one.facts))
        return 0

    return run
