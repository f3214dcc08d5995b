"""The command ``perennial``. For now only what the first run needs."""

from __future__ import annotations

import argparse
import os
import sys

from perennial.errors import Conflict, Refused


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="perennial", description="Continuity programs: planned, shipped and billed, once each."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("init", help="make or open the installation: database, tables, secrets")
    commands.add_parser("stop", help="stop its embedded server")
    given = parser.parse_args(arguments)
    try:
        return {"init": init, "stop": stop}[given.command]()
    except (Refused, Conflict) as problem:
        print(f"perennial: {problem}", file=sys.stderr)
        return 1


def init() -> int:
    from perennial.db import server

    server.ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perennial.settings")
    import django
    from django.core.management import call_command

    django.setup()
    from perennial.checks import refuse_unsafe_configuration

    refuse_unsafe_configuration()
    call_command("migrate", verbosity=0, interactive=False)
    print("the installation is ready", file=sys.stderr)
    return 0


def stop() -> int:
    from perennial.db import server

    print("the database was stopped" if server.stop() else "the database did not run", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
