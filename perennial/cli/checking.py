"""`check`, `check once`, `watch`: what must always be true of the data, what is unsafe in how an installation is set up, and
what somebody should look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from perennial.cli.output import DoneBut, document, facts, say, sentence
from perennial.cli.parser import Given, Parser, Run
from perennial.errors import Refused
from perennial.language import phrase, reader

if TYPE_CHECKING:
    from perennial.jobs.watch import Watched

LOOK = 4  # exit status: something waits for a person


def check(p: Parser) -> Run:
    """Every invariant of the data, recomputed; or what is unsafe in how this installation is set up."""
    p.add_argument(
        "--deploy", action="store_true", help="not the data: what would be unsafe where browsers and real cards come"
    )
    p.on()
    look_at_data = _checks(lambda checks: (checks.check(), None), watches=True)

    def run(given: Given) -> int:
        return _deploy(given) if given.deploy else look_at_data(given)

    return run


def watch(p: Parser) -> Run:
    """One line a thing to look at; exit status 4 where there is one."""
    p.on()

    def run(given: Given) -> int:
        from perennial.jobs.watch import watch as watched

        found = watched(given.on)
        if given.json:
            document({"quiet": not found, "watched": _documents(found)})
        elif not found:
            say(sentence("outcome", "all_is_quiet"))
        for one in () if given.json else found:
            say(_said(one))
        return LOOK if found else 0

    return run


def _documents(found: Sequence[Watched]) -> list[dict[str, str]]:
    return [{"code": one.code, "text": _said(one)} for one in found]


def _said(one: Watched) -> str:
    """What there is to look at, and the command that helps."""
    said = (phrase(context, one.code, one.facts, reader()) for context in ("watch", "command"))
    return "".join(words or "" for words in said)


def _deploy(given: Given) -> int:
    from perennial.web.safety import dangers

    found = [{"code": one.code, "text": sentence("unsafe", one.code, **one.facts)} for one in dangers()]
    if given.json:
        document({"ok": not found, "unsafe": found})
    else:
        for one in found:
            say(one["text"])
        if not found:
            say(sentence("outcome", "nothing_unsafe"))
    return 1 if found else 0


def check_once(p: Parser) -> Run:
    """Every occurrence, child and charge is there once."""
    return _checks(lambda checks: checks.check_once_as_far_as_it_goes())


def _checks(looks: Callable[[Any], tuple[dict[str, Any], Refused | None]], *, watches: bool = False) -> Run:
    """``looks``: asks the checks, and says what could not be asked."""

    def run(given: Given) -> int:
        from perennial.jobs import check as checks
        from perennial.jobs.watch import watch as watched

        found, refused = looks(checks)
        look_at = watched(given.on) if watches else []
        if refused is not None and given.json:
            raise DoneBut(found, refused)
        if given.json:
            document({**found, "watched": _documents(look_at)} if watches else found)
        else:
            facts({n: v for n, v in found.items() if n not in ("ok", "faults")})
            for fault in found["faults"]:
                say(fault if isinstance(fault, str) else "  ".join(str(v) for v in fault.values()))
            if found["faults"]:
                say(sentence("outcome", "faults_found", count=len(found["faults"])))
            elif refused is not None:
                say(sentence("outcome", "all_is_well_here"))
            elif look_at:
                say(sentence("outcome", "to_look_at", count=len(look_at)))
            else:
                say(sentence("outcome", "all_is_well"))
            for one in look_at:
                say(f"  {_said(one)}")
        if refused is not None:
            raise DoneBut(found, refused)
        return 0 if found["ok"] else 1

    return run
