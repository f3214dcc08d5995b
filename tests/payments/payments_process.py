"""process-payments as a process of its own, to be killed: ``python -m tests.payments.payments_process SETTINGS``.

``home``: of the sandbox that it asks; or ``server``: the address of the payment server.
"""

from __future__ import annotations

import json
import sys
from datetime import date

import django


def main() -> None:
    """Run the job once by the gateway that is given; print the report."""
    given = json.loads(sys.argv[1])
    django.setup()
    from perennial.jobs.process_payments import ProcessPayments
    from perennial.jobs.runner import run_job
    from perennial.payments import charge, gateways
    from perennial.payments.gateways.sandbox import Sandbox
    from perennial.payments.gateways.stripe import Simulator

    ProcessPayments.chunk_size = given.get("chunk", 1000)
    charge.AT_ONCE = given.get("at_once", 500)
    charge.ANSWERS = given.get("answers", 100)
    book: gateways.Gateway
    if "server" in given:
        book = Simulator(given["server"], seconds=given.get("seconds", 30))
        book.per_second = given.get("per_second")
    else:
        book = Sandbox(given["home"], find_delay=given.get("find_delay", 0))
    print("ready", flush=True)
    with gateways.use(book):
        print(json.dumps(run_job(ProcessPayments(), on=date.fromisoformat(given["on"]))), flush=True)


if __name__ == "__main__":
    main()
