"""`init`, `stop`, `demo`, `bench`, `serve`, and what this version does not have yet."""

from __future__ import annotations

from importlib import import_module

from perennial.cli.output import document, note, sentence, tell
from perennial.cli.parser import Given, Parser, Run
from perennial.errors import Refused


def init(p: Parser) -> Run:
    """Database, tables, secrets; again: nothing to do."""

    def run(given: Given) -> int:
        from django.core.management import call_command

        from perennial.catalog.actions import initialise

        call_command("migrate", verbosity=0, interactive=False)
        made = initialise()
        if given.json:
            document({"made": made})
        tell(sentence("outcome", "installation_made" if made else "installation_ready"))
        return 0

    return run


def stop(p: Parser) -> Run:
    """The embedded database server ends."""

    def run(given: Given) -> int:
        from perennial.db import server

        stopped = server.stop()
        if given.json:
            document({"stopped": stopped})
        tell(sentence("outcome", "database_stopped" if stopped else "database_did_not_run"))
        return 0

    return run


def demo(p: Parser) -> Run:
    """A music club, night by night."""
    run = _elsewhere("perennial.demo.command", p)
    _address(p, "with --serve: ")

    def noted(given: Given) -> int:
        chosen = {name for name, value in vars(given).items() if name != "json" and value != p.get_default(name)}
        if chosen - {"serve", "host", "port"} and _has_orders():
            note("demo_has_orders")
        status = run(given)
        return _serve(given.host, given.port) if given.serve and not status else status

    return noted


def _has_orders() -> bool:
    """Whether there is an order; before there are tables there is none."""
    from django.db import connection

    from perennial.orders.models import SalesOrder

    tables = connection.introspection.table_names()
    return SalesOrder._meta.db_table in tables and SalesOrder.objects.exists()


def bench(p: Parser) -> Run:
    """How fast are the jobs here?"""
    return _elsewhere("perennial.bench.command", p)


def _elsewhere(name: str, p: Parser) -> Run:
    """A command that stands in a package of its own: ``arguments(parser)`` declares, ``run(given)`` does it."""
    module = import_module(name)
    module.arguments(p)
    run: Run = module.run
    return run


def serve(p: Parser) -> Run:
    """The web application, until Ctrl-C."""
    _address(p)
    p.add_argument("--workers", type=int, default=2, help="processes that answer, of four threads each (default 2)")

    def run(given: Given) -> int:
        return _serve(given.host, given.port, given.workers)

    return run


def _address(p: Parser, when: str = "") -> None:
    p.add_argument(
        "--host", default="127.0.0.1", help=f"{when}where it listens; 0.0.0.0: everywhere (default 127.0.0.1)"
    )
    p.add_argument("--port", type=int, default=8000, help=f"{when}default 8000")


def _serve(host: str, port: int, workers: int = 2) -> int:
    from perennial.web.server import serve

    return serve(host, port, workers=workers)


def worker(p: Parser) -> Run:
    """The scheduler."""
    return _later(p)


def backup(p: Parser) -> Run:
    """Everything into one file."""
    return _later(p)


def restore(p: Parser) -> Run:
    """Everything from one file."""
    return _later(p)


def _later(p: Parser) -> Run:
    p.add_argument("arguments", nargs="*", help="not part of this version")

    def run(given: Given) -> int:
        raise Refused("not_in_this_version", command=p.prog)

    return run
