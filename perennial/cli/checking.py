"""`check`, `check once`: what must always be true of the data, and what is unsafe in how an installation is set up."""

from __future__ import annotations

from perennial.cli.output import document, facts, say, sentence
from perennial.cli.parser import Given, Parser, Run


def check(p: Parser) -> Run:
    """Every invariant of the data, recomputed; or what is unsafe in how this installation is set up."""
    p.add_argument(
        "--deploy", action="store_true", help="not the data: what would be unsafe where browsers and real cards come"
    )
    look_at_data = _checks("check")

    def run(given: Given) -> int:
        return _deploy(given) if given.deploy else look_at_data(given)

    return run


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
    return _checks("check_once")


def _checks(name: str) -> Run:
    def run(given: Given) -> int:
        from perennial.jobs import check as checks

        found = getattr(checks, name)()
        if given.json:
            document(found)
        else:
            facts({n: v for n, v in found.items() if n not in ("ok", "faults")})
            for fault in found["faults"]:
                say(fault if isinstance(fault, str) else "  ".join(str(v) for v in fault.values()))
            say(
                sentence("outcome", "all_is_well")
                if found["ok"]
                else sentence("outcome", "faults_found", count=len(found["faults"]))
            )
        return 0 if found["ok"] else 1

    return run
