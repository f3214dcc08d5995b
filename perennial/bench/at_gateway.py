"""What ``bench`` measures of gateways: charging by a payment server, and taking in what a gateway tells."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from stripe import WebhookSignature

from perennial.bench.measured import Answer, Clock, most_stay_below
from perennial.db import sql
from perennial.payment_server.start import running
from perennial.payments import gateways
from perennial.payments.book import differences
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import GatewayEvent


def charge(job: Callable[..., Answer], *, on: str, most: int, per_second: int, milliseconds: int) -> Answer:
    """What is due that day, so many payments of it, charged by a payment server that takes so many requests a second, each
    of them so long; how much of that limit was used, how many were refused for it, and whether both books say the same.
    """

    sql.execute(
        """
        with kept as (select id from payments_payment where status = 'due' and method = 'card' order by due_on, id limit %s)
        update payments_payment set due_on = due_on + 3650 where status = 'due' and id not in (select id from kept)
        """,
        [most],
    )
    cards = sql.tuples(
        """
        select distinct d.token, d.exp_month, d.exp_year, c.account, c.id
          from payments_payment p join customers_storedcard d on d.id = p.card_id join customers_customer c on c.id = p.customer_id
         where p.status = 'due' and p.due_on < %s::date + 3000
        """,
        [on],
    )
    settings.PERENNIAL_STRIPE_PER_SECOND = per_second * 0.97  # two clocks do not agree on what a second is
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as server:
        kept = server.control(
            "POST",
            "cards",
            {
                "cards": [
                    {"id": token, "name": "pm_card_visa", "account": account, "exp_month": month, "exp_year": year}
                    for token, month, year, account, _ in cards
                ]
            },
        )["customers"]
        sql.execute(
            "insert into customers_gatewaycustomer(customer_id, gateway, reference)"
            " select * from unnest(%s::bigint[], array_fill('simulator'::text, array[%s]), %s::text[]) on conflict do nothing",
            [[row[4] for row in cards], len(cards), [kept[row[3]] for row in cards]],
        )
        sql.execute("update customers_storedcard set gateway = 'simulator'")
        server.control("POST", "clock", {"now": on})
        server.control("POST", "settings", {"per_second": per_second})
        rule = {"fault": "latency", "path": "/v1/", "ms": milliseconds}
        server.control("POST", "faults", {"rules": [rule]})
        with gateways.use(Simulator(server.address)):
            done = job(name="process-payments", on=on)
            speed = server.control("GET", "speed")
            server.control("DELETE", "faults")
            server.control("POST", "settings", {"per_second": None})
            found = len(list(differences()))
    return {
        **done,
        "asked": speed["asked"],
        "refused": speed["refused"],
        "per_second": speed["per_second"],
        "differ": found,
    }


def events(*, number: int) -> Answer:
    """So many signed events of a gateway, one after the other, to the page that takes them in; each tenth comes twice. Each must
    be kept, once; what 95 of 100 answers stay below.
    """
    secret = "whsec_of_the_bench"
    client = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    took: list[float] = []
    clock = Clock()
    settings.PERENNIAL_STRIPE_KEY, settings.PERENNIAL_STRIPE_WEBHOOK_SECRETS = "sk_test_of_the_bench", [secret]
    began = time.perf_counter()
    for turn in range(number):
        paid = {"id": f"pi_{turn}", "object": "payment_intent", "status": "succeeded", "metadata": {}}
        told = {"id": f"evt_{turn - turn % 10 // 9}", "type": "payment_intent.succeeded", "data": {"object": paid}}
        body = json.dumps({"object": "event", "created": int(time.time()), "livemode": False, **told})
        signed = WebhookSignature.generate_signature_header(body, secret, int(time.time()))
        with connection.execute_wrapper(clock):
            before = time.perf_counter()
            answer = client.post(
                "/gateway/stripe/events",
                body,
                content_type="application/json",
                headers={"Stripe-Signature": signed},
            )
            took.append(1000 * (time.perf_counter() - before))
        if answer.status_code != 200:
            raise RuntimeError(f"an event was answered {answer.status_code}")
    seconds = time.perf_counter() - began
    if (kept := GatewayEvent.objects.count()) != number - number // 10:
        raise RuntimeError(f"{kept} events of {number} were kept")
    return {"seconds": seconds, "most": most_stay_below(took), "statements": clock.number / number}
