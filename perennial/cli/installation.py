"""`init`, `stop`, `demo`, `bench`, `serve`, `worker`, `payment-server`, `backup`, `restore`."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial import log
from perennial.cli.output import document, note, say, sentence, tell
from perennial.cli.parser import Given, Parser, Run, path
from perennial.errors import Refused

if TYPE_CHECKING:
    from perennial.backup.file import About


def init(p: Parser) -> Run:
    """Database, tables, secrets; again: nothing to do."""

    def run(given: Given) -> int:
        from perennial.catalog.actions import initialise
        from perennial.db.upgrade import make_tables

        make_tables(waiting=lambda: note("tables_are_used"))
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
    p.set_defaults(check=_charges_by_payment_server)

    def noted(given: Given) -> int:
        chosen = {name for name, value in vars(given).items() if name != "json" and value != p.get_default(name)}
        if chosen - {"serve", "host", "port"} and _has_orders():
            note("demo_has_orders")
        status = run(given)
        return _serve(given.host, given.port) if given.serve and not status else status

    return noted


def _charges_by_payment_server(given: Given) -> None:
    """A club that is made new charges its cards by the payment server, and whoever goes on with it does too."""
    from perennial.db.server import places

    home = places.home()
    if not (os.environ.get("PERENNIAL_GATEWAY") or (home / "secret_key").exists() or (home / "gateway").exists()):
        (places.open_home(home) / "gateway").write_text("simulator\n")


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

    with _told_by_payment_server(port):
        return serve(host, port, workers=workers, with_worker=with_worker)


@contextmanager
def _told_by_payment_server(port: int) -> Iterator[None]:
    """The payment server of an installation tells the pages what happens there, as long as they are served."""
    from django.conf import settings

    from perennial.payment_server.start import Running

    address, secret = settings.PERENNIAL_PAYMENT_SERVER, settings.PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET
    if settings.PERENNIAL_GATEWAY != "simulator" or not (address and secret):
        yield
        return
    url = f"http://127.0.0.1:{port}/gateway/simulator/events"
    server = Running(address)
    with suppress(OSError, ValueError):  # one that is not ours may have another key
        server.control("POST", "webhooks", {"url": url, "secret": secret})
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            server.control("DELETE", "webhooks", {"url": url})


def worker(p: Parser) -> Run:
    """What runs beside the pages, until it is told to end."""
    p.add_argument(
        "--ends-with-input",
        action="store_true",
        help="end when the standard input closes: with the process that started it",
    )
    p.add_argument("--quiet", action="store_true", help="say nothing at the start")

    def run(given: Given) -> int:
        from django.conf import settings

        from perennial.worker.process import work

        if not given.quiet:
            for line in (sentence("outcome", "worker_runs"), next_night()):
                log.say(line, kind=settings.PERENNIAL_LOG)
        work(ends_with_input=given.ends_with_input)
        return 0

    return run


def payment_server(p: Parser) -> Run:
    """Stripe's API without money, until it is told to end."""
    p.add_argument("--port", type=int, default=8400, help="where it listens, on this machine alone (default 8400)")
    p.add_argument(
        "--home", type=path, metavar="DIR", help="where its book is (left out: payment-server in PERENNIAL_HOME)"
    )
    p.add_argument(
        "--ends-with-input",
        action="store_true",
        help="end when the standard input closes: with the process that started it",
    )

    def run(given: Given) -> int:
        from perennial.db.server import places
        from perennial.payment_server.server import Options, run

        home = Path(given.home) if given.home else places.open_home(places.home()) / "payment-server"

        def ready(address: str) -> None:
            if given.json:
                document({"address": address, "home": str(home)})
            else:
                say(address)
            tell(sentence("outcome", "payment_server_runs", home=str(home)))

        try:
            ends = sys.stdin.read if given.ends_with_input else None
            return run(Options.read(home, given.port, os.environ), ready, ends=ends)
        except OSError as problem:
            if problem.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise Refused("port_not_free", "port", port=given.port, why=problem.strerror) from None

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
    p.add_argument("file", type=path, metavar="FILE", help="where to; into a folder: a new file, named after now")

    def run(given: Given) -> int:
        from perennial.backup.write import write

        done = write(Path(given.file), url=os.environ["DATABASE_URL"])
        if given.json:
            document({"file": str(done.path), "bytes": done.bytes, **_about(done.about)})
        tell(sentence("outcome", "backup_written", path=str(done.path), bytes=done.bytes, at=done.about.at))
        if not done.with_key:
            note("backup_without_key")
        return 0

    return run


def restore(p: Parser) -> Run:
    """Everything from one file."""
    p.add_argument("file", type=path, metavar="FILE", help="what `perennial backup` wrote")
    p.add_argument(
        "--as-copy", action="store_true", help="for trying, beside the original: charges no card, sends no messages"
    )

    def run(given: Given) -> int:
        from perennial.backup.file import Reading
        from perennial.cli.start import start_django

        with Reading(Path(given.file)) as backup:
            backup.verify()
            start_django(make=True, other_tables=True)
            from perennial.backup.restore import restore

            done = restore(backup, url=os.environ["DATABASE_URL"], as_copy=given.as_copy)
        if given.json:
            about = {**_about(done.about), "installation": done.installation}
            document({"file": given.file, **about, "copy": given.as_copy, "orders": done.orders})
        tell(sentence("outcome", "backup_restored", orders=done.orders, at=done.about.at))
        note("restored_as_copy" if given.as_copy else "restored_as_original", at=done.about.at)
        if done.older:
            note("restored_older", count=done.older)
        return 0

    return run


def _about(about: About) -> dict[str, Any]:
    """What a backup is, as JSON says it."""
    return {
        "at": about.at,
        "installation": about.installation,
        "perennial": about.perennial,
        "postgresql": about.postgresql,
    }
