"""`people …`: who signs in to the web application. Passwords are typed or come on stdin, never as an argument."""

from __future__ import annotations

import sys
from getpass import getpass

from perennial.cli.output import document, say, sentence, table
from perennial.cli.parser import Given, Parser, Run, text
from perennial.people.roles import ROLES


def people_list(p: Parser) -> Run:
    """Everybody, with roles, and whether they have a second factor."""

    def run(given: Given) -> int:
        from perennial.catalog.queries import company_if_any, zone_of
        from perennial.people.queries import people

        found, zone = people(), zone_of(company_if_any())
        if given.json:
            for one in found:
                document(
                    {
                        "username": one.username,
                        "name": one.name,
                        "email": one.email,
                        "roles": one.roles,
                        "active": one.active,
                        "second_factor": one.second_factor,
                        "last_seen": one.last_seen and one.last_seen.isoformat(timespec="seconds"),
                    }
                )
        else:
            table(
                ("username", "name", "roles", "active", "second factor", "last seen"),
                (
                    (
                        one.username,
                        one.name,
                        one.roles,
                        one.active,
                        one.second_factor,
                        one.last_seen and one.last_seen.astimezone(zone).date(),
                    )
                    for one in found
                ),
            )
        return 0

    return run


def people_add(p: Parser) -> Run:
    """Somebody new; the password is asked for, or read from stdin."""
    _username(p, "the name to sign in with")
    _role(p, required=True)
    _about(p)
    p.add_argument("--language", metavar="CODE", default="en", help="the language of the pages (left out: en)")

    def run(given: Given) -> int:
        from perennial.people.actions import add_person

        add_person(
            username=given.username,
            password=_password(given.username),
            roles=given.role,
            name=given.name or "",
            email=given.email or "",
            language=given.language,
        )
        return _done("person_added", given)

    return run


def people_change(p: Parser) -> Run:
    """What is named, the rest stays."""
    _username(p, "who")
    _role(p, required=False)
    _about(p)
    p.add_argument("--password", action="store_true", help="a new password, typed or from stdin; it also unlocks")
    p.add_argument("--sign-in", choices=("yes", "no"), help="may they sign in, or are they kept out?")
    p.add_argument("--unlock", action="store_true", help="after too many failures: they may try again at once")
    p.add_argument("--remove-second-factor", action="store_true", help="they have lost it: the password lets them in")

    def run(given: Given) -> int:
        from perennial.people import actions

        actions.change_person(
            username=given.username,
            roles=given.role,
            active=None if given.sign_in is None else given.sign_in == "yes",
            password=_password(given.username) if given.password else None,
            name=given.name,
            email=given.email,
        )
        if given.unlock:
            actions.unlock(username=given.username)
        if given.remove_second_factor:
            actions.remove_second_factor(username=given.username)
        return _done("person_changed", given)

    return run


def _username(p: Parser, what: str) -> None:
    p.add_argument("username", metavar="NAME", help=what)


def _role(p: Parser, *, required: bool) -> None:
    p.add_argument(
        "--role",
        action="append",
        metavar="ROLE",
        required=required,
        help=f"{', '.join(ROLES)}; an option a role" + ("" if required else ", instead of those of now"),
    )


def _about(p: Parser) -> None:
    p.add_argument("--name", type=text, metavar="TEXT", help="the name that pages show")
    p.add_argument("--email", type=text, metavar="ADDRESS", help="the e-mail address; it signs in, too")


def _password(name: str) -> str:
    """Typed without being shown; from a pipe its first line."""
    if sys.stdin.isatty():
        return getpass(sentence("outcome", "ask_password", name=name))
    return sys.stdin.readline().rstrip("\n")


def _done(code: str, given: Given) -> int:
    if given.json:
        document({"username": given.username})
    else:
        say(sentence("outcome", code, name=given.username))
    return 0
