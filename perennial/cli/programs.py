"""`program …`: what a sales manager does with a program."""

from __future__ import annotations

from typing import Any

from perennial.cli.output import following, outcome, say, sentence
from perennial.cli.parser import Given, Parser, Run, text, who


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
