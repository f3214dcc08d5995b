"""`program …`: what a sales manager does with a program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from perennial.cli.output import document, facts, following, outcome, say, section, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, by, count, on, text, who, whole
from perennial.cli.runs import chunks
from perennial.kernel import money

if TYPE_CHECKING:
    from perennial.jobs.change_preview import Preview


def _does(name: str, *options: str) -> Run:
    """Call ``programs.actions.<name>`` and print what became of the program."""

    def run(given: Given) -> int:
        from perennial.programs import actions

        arguments: dict[str, Any] = {option: getattr(given, option) for option in options}
        done = getattr(actions, name)(schedule_id=given.program, **arguments, **who(given))
        outcome(done, given)
        if name == "release" and not given.json:
            from perennial.desk.queries import orders_to_follow

            following(orders_to_follow([given.program]))
        if name == "copy" and not given.json:
            if done["dates_left_out"]:
                say(sentence("outcome", "copy_dates_left_out", count=done["dates_left_out"]))
            say(sentence("outcome", "copy_is_inactive", program=done["program"]))
            if done["product"] is None:
                say(sentence("outcome", "copy_is_not_sold", program=done["program"]))
        return 0

    return run


def program_preview(p: Parser) -> Run:
    """What the draft would change on open orders, counted now."""
    _program(p)
    p.on()
    p.by("who counts it, for the list of runs")
    p.add_argument(
        "--refresh", action="store_true", help="count only the orders that have changed since the last preview"
    )

    def run(given: Given) -> int:
        from perennial.jobs.change_preview import as_document
        from perennial.worker import program_change

        progress = chunks() if sys.stderr.isatty() else None
        last = program_change.counted(given.program).run if given.refresh else None
        who_counts: dict[str, Any] = {"on": on(given), "by": by(given), "progress": progress}
        found, _ = program_change.count(schedule_id=given.program, refresh=last, **who_counts)
        if given.json:
            document(as_document(found))
        else:
            _preview(found)
        tell(sentence("outcome", "previewed", run=found.run, program=found.program, version=found.number))
        return 0

    return run


def _preview(found: Preview) -> None:
    """A preview: its numbers, and what differs."""
    from perennial.jobs.change_groups import AT_ONCE
    from perennial.jobs.change_preview import words_of

    at_once = (one.orders if (one := found.group_of(kind)) else None for kind in AT_ONCE)
    facts(
        {
            "program": found.program,
            "revision": found.number,
            "open orders": found.orders,
            "change": found.changed,
            "keep what a person set": found.keeps or None,
            "stay the same": found.same or None,
            "cannot be planned": found.aside or None,
            "busy": found.busy or None,
            "child orders made": found.made or None,
            "prices rise": found.rises or None,
            "without e-mail": found.silent or None,
            **dict(zip(("leave with the next night", "more than one at once"), at_once, strict=True)),
            "currency": found.to_come.currency,
            "to come now": _plain(found.to_come),
            "to come then": _plain(found.new_to_come),
        }
    )
    if found.differences:
        section(sentence("outcome", "what_differs"))
        rows = (
            [
                words_of(one),
                None if one.stays else _plain(one.before),
                _plain(one.after),
                f"{one.orders:,}",
                _plain(one.amount),
            ]
            for one in found.differences
        )
        table(("difference", "before", "after", "orders", "to come"), rows, "  ")
    if found.paid_upfront:
        section(sentence("outcome", "paid_upfront"))
        charged = ([words_of(one), f"{one.orders:,}", _plain(one.amount)] for one in found.paid_upfront)
        table(("what", "orders", "amount"), charged, "  ")


def _plain(value: object) -> object:
    """An amount as a decimal number; all else as it is."""
    return money.text(value.minor, value.currency) if isinstance(value, money.Money) else value


def program_apply(p: Parser) -> Run:
    """The draft is released, and open orders follow it, as the preview has shown."""
    _program(p)
    p.add_argument("--run", type=whole, metavar="RUN", help="the run of the preview (left out: the last one)")
    p.add_argument("--yes-orders", type=count, metavar="N", help="so many orders are meant, though they are many")
    p.add_argument("--letters", action="store_true", help="who is not told of a higher price by mail is told by letter")
    p.who()

    def run(given: Given) -> int:
        from perennial.worker import program_change, queue

        asked = program_change.apply(
            schedule_id=given.program,
            run=given.run if given.run is not None else program_change.counted(given.program).run,
            orders=given.yes_orders,
            letters=given.letters,
            **who(given),
        )
        done = {
            "program": given.program,
            "revision": asked.arguments["revision"],
            "request": asked.pk,
            "status": asked.status,
        }
        outcome(done, given)
        tell(sentence("outcome", "asked_worker" if queue.workers() else "asked_without_worker", request=asked.pk))
        return 0

    return run


def _program(p: Parser) -> None:
    p.add_argument("program", metavar="ID", help="the schedule id of the program")


def program_release(p: Parser) -> Run:
    """The draft becomes the revision for new orders."""
    _program(p)
    p.add_argument("--apply", action="store_true", help="open orders follow in the next night")
    p.who()
    return _does("release", "apply")


def program_discard(p: Parser) -> Run:
    """The draft is dropped."""
    _program(p)
    p.who()
    return _does("discard")


def program_copy(p: Parser) -> Run:
    """A new program like this one."""
    _program(p)
    p.add_argument("new", metavar="NEW", help="the schedule id of the new program")
    p.add_argument(
        "--name", type=text, metavar="TEXT", help="its name (left out: that of the other, with NEW behind it)"
    )
    p.add_argument("--product", metavar="P", help="a new continuity product that sells it (left out: nothing does yet)")
    p.who()
    return _does("copy", "new", "name", "product")


def program_activate(p: Parser) -> Run:
    """New orders are allowed."""
    _program(p)
    p.who()
    return _does("activate")


def program_retire(p: Parser) -> Run:
    """No new orders; those that run go on."""
    _program(p)
    p.who()
    return _does("retire")
