"""A clerk's request with a key, as a process of its own: ``python -m tests.desk.asks NUMBER KEY`` with DATABASE_URL."""

from __future__ import annotations

import sys
import time

import django


def main(number: str, key: str) -> None:
    django.setup()
    from perennial.desk import actions
    from perennial.desk.action import How, perform
    from tests.worlds.desk import ANNA

    done = perform(actions.skip, How(key=key), number=number, shipment=1, **ANNA)
    print(done.status, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
