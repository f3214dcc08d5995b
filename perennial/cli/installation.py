"""`init`, `stop`, `demo`, `bench`, `serve`, `worker`, and what this version does not have yet."""

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

        found = server.Installation(server.home())
        stopped = found.stop()
        if given.json:
            document({"stopped": stopped})
        if stopped:
            tell(sentence("outcome", "database_stopped", folder=str(found.server.place.folder)))
        else:
            tell(sentence("outcome", "database_did_not_run"))
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
    p.add_argument(
        "--no-worker", action="store_true", help="pages alone: `perennial worker` runs somewhere else, or nothing runs"
    )

    def run(given: Given) -> int:
        return _serve(given.host, given.port, given.workers, with_worker=not given.no_worker)

    return run


def _address(p: Parser, when: str = "") -> None:
    p.add_argument(
        "--host", default="127.0.0.1", help=f"{when}where it listens; 0.0.0.0: everywhere (default 127.0.0.1)"
    )
    p.add_argument("--port", type=int, default=8000, help=f"{when}default 8000")


def _serve(host: str, port: int, workers: int = 2, *, with_worker: bool = True) -> int:
    from perennial.web.server import serve

    return serve(host, port, workers=workers, with_worker=with_worker)


def worker(p: Parser) -> Run:
    """What runs beside the pages, until it is told to end."""
    p.add_argument(
        "--ends-with-input",
        action="store_true",
        help="end when the standard input closes: with the process that started it",
    )
    p.add_argument("--quiet", action="store_true", help="say nothing at the start")

    def run(given: Given) -> int:
        from perennial.worker.process import work

        if not given.quiet:
            tell(sentence("outcome", "worker_runs"))
            tell(next_night())
        work(ends_with_input=given.ends_with_input)
        return 0

    return run


def next_night() -> str:
    """When the night runs by itself next, in words; loud where it does not."""
    from perennial.jobs.recurrences import next_night

    found = next_night()
    return (
        sentence("outcome", "no_night_planned") if found is None else sentence("outcome", "next_night", **found.facts())
    )


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
