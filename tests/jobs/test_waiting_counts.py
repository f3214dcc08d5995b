"""What is due and does not become a child is counted, whenever it began to wait; a dry run counts what is locked too."""

from __future__ import annotations

import pytest
from django.db import connection, connections

from perennial.cli.runs import last_line
from perennial.errors import Refused
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.dry_run import dry_run, rehearse
from perennial.jobs.job import Run
from perennial.jobs.models import JobRun
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from tests.worlds.desk import ANNA, ON, actions, club, day, order

REFUSE = """
create function refuse_one() returns trigger language plpgsql as $$
begin
  if new.number like 'SO-000002-%' then raise exception 'it cannot be' using errcode = '22023'; end if;
  return new;
end $$;
create trigger refuse_one before insert on orders_salesorder for each row execute function refuse_one()
"""
DUE = {"through": day(40).isoformat()}


@pytest.mark.usefixtures("club")
class TestParked:
    def test_every_shipment_of_a_parked_order_counts(self):
        for _ in range(3):
            order("CLUB")  # four shipments each
        with connection.cursor() as cursor:
            cursor.execute(REFUSE)
        report = rehearse(CreateChildOrders(), ON, DUE, "")
        assert report.counts == {"created": 8, "parked": 4}
        assert [(r["order"], r["shipment"], r["blocked"]) for r in report.reasons] == [
            ("SO-000002", shipment, "parked") for shipment in (1, 2, 3, 4)
        ]
        again = rehearse(CreateChildOrders(), ON, DUE, "")
        assert again.counts == {"parked": 4}

    def test_what_is_held_while_the_run_is_under_way_counts(self):
        one, other = order("CLUB"), order("CLUB")
        job = CreateChildOrders()
        row = JobRun.objects.create(job=job.name, on_date=ON, arguments=DUE)
        run = Run(row.pk, job.name, ON, DUE, False)
        job.arguments(run)
        run.selected, _ = job.select(run)
        assert run.selected == 8
        actions.hold(number=one, **{**ANNA, "reason": "call"})
        rehearse(job, ON, {**DUE, "order": one}, "")  # another run finds it: blocked from now on
        report = job.work(run, 1, 8)
        assert report.counts == {"created": 4, "on_hold": 4}
        assert {r["order"] for r in report.reasons} == {one} != {other}


@pytest.mark.usefixtures("club")
def test_of_one_product_that_it_stands_for_or_that_it_sends() -> None:
    order("CLUB"), order("UP")
    found = {
        product: rehearse(CreateChildOrders(), ON, {**DUE, "product": product}, "").counts.get("created")
        for product in ("S-UP", "B1", "B6", "B4", "S-CLUB")
    }
    assert found == {"S-UP": 3, "B1": 1, "B6": 1, "B4": 1, "S-CLUB": 1}
    with pytest.raises(Refused, match="product_unknown product=b1 meant=B1") as refused:
        rehearse(CreateChildOrders(), ON, {"product": "b1"}, "")
    assert refused.value.field == "product"
    for product, authorised in (("B6", 0), ("B1", 1), ("S-CLUB", 0), ("S-UP", 1)):
        assert rehearse(ProcessPayments(), ON, {"product": product}, "").counts.get("authorised", 0) == authorised


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_names_and_counts_what_somebody_is_changing() -> None:
    club()
    locked, free = order("CLUB"), order("CLUB")
    assert dry_run(CreateChildOrders(), ON, {}, "")["counts"]["created"] == 2
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("begin; select id from continuity_continuityorder order by id limit 1 for no key update")
            done = dry_run(CreateChildOrders(), ON, {}, "")
        assert done["counts"]["created"] == 1
        assert done["reasons"] == [
            {"order": locked, "shipment": 1, "blocked": None, "reason": "busy: somebody is changing this order now"}
        ]
        assert last_line(done) == "dry run: 2 due: 1 created, 1 busy"
        with other.cursor() as cursor:
            cursor.execute("rollback")
            run_job(CreateChildOrders(), on=ON, arguments={}, by="")
            cursor.execute("begin; select id from continuity_continuityorder order by id limit 1 for no key update")
            done = dry_run(ProcessPayments(), ON, {}, "")
        assert done["counts"]["authorised"] == 1
        assert [(r["order"], r["shipment"]) for r in done["reasons"]] == [(f"{locked}-1-001", 1)]
    finally:
        other.close()
    assert free == "SO-000002"
