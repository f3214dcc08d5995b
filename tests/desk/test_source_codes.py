"""Where orders come from: at entry, in a bundle, changed and taken back; of a customer; and what came of each source."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.customers.models import Customer
from perennial.db import sql
from perennial.desk import actions
from perennial.desk.queries import Fitting, order_ids
from perennial.desk.read.sources import SourceResult, source_results
from perennial.jobs.process_payments import ProcessPayments
from perennial.orders.models import SalesOrder
from tests.worlds.bundle import faults, put, take_out
from tests.worlds.codes import CODES
from tests.worlds.desk import ANNA, ON, day, last_event, make_children, order, refused, run, sent, shown

pytestmark = pytest.mark.usefixtures("club")
GIVEN: dict[str, Any] = {
    "customer": "C-2",
    "order_date": "2026-03-10",
    "submit": True,
    "lines": [{"item_number": "S-CLUB"}],
}


@pytest.fixture(autouse=True)
def _set_up(club: None) -> None:
    put(CODES)


def came_from(account: str) -> str | None:
    return Customer.objects.values_list("source_code", flat=True).get(account=account)


class TestOfAnOrder:
    def test_it_stands_on_the_order_and_on_a_customer_who_had_none(self) -> None:
        number = order("CLUB", source_code="MAIL-3")
        assert shown(number)["source_code"] == "MAIL-3"
        assert came_from("C-1") == "MAIL-3"
        later = order("CLUB", source_code="WEB")
        assert shown(later)["source_code"] == "WEB"
        assert came_from("C-1") == "MAIL-3"
        assert "source_code" not in shown(order("CLUB"))

    def test_of_a_draft_that_is_started(self) -> None:
        done = actions.start(account="C-2", item="S-CLUB", source_code="WEB", **ANNA)
        assert (shown(done.order)["source_code"], came_from("C-2")) == ("WEB", "WEB")
        with refused("source_code", "source_code_unknown", "WEB"):
            actions.start(account="C-2", item="S-CLUB", source_code="WEBB", **ANNA)

    def test_it_is_changed_and_taken_back(self) -> None:
        number = order("CLUB")
        assert actions.source(number=number, source_code="WEB", **ANNA).can_undo
        assert last_event(number)[::4] == ("source_changed", {"source_code": "WEB"})
        actions.source(number=number, source_code="MAIL-3", **ANNA)
        assert last_event(number)[4] == {"before": "WEB", "source_code": "MAIL-3"}
        actions.undo(number=number, **ANNA)
        assert shown(number)["source_code"] == "WEB"
        assert came_from("C-1") == "WEB"
        actions.source(number=number, source_code=None, **ANNA)
        assert "source_code" not in shown(number)

    def test_only_one_that_is_in_use_on_the_day_of_the_order(self) -> None:
        number = order("CLUB")
        with refused("source_code", "source_code_unknown", "MAIL-3"):
            actions.source(number=number, source_code="MAIL-4", **ANNA)
        with refused("source_code", "source_code_not_in_use"):
            actions.source(number=number, source_code="OLD", **ANNA)
        before = order("CLUB", order_date=date(2026, 2, 28))
        with refused("source_code", "source_code_not_in_use"):
            actions.source(number=before, source_code="MAIL-3", **ANNA)

    def test_a_list_of_orders_is_of_one_source(self) -> None:
        mine, _ = order("CLUB", source_code="WEB"), order("CLUB", source_code="MAIL-3")
        assert order_ids(Fitting(source_code="WEB")) == [SalesOrder.objects.get(number=mine).pk]
        with refused("source_code", "source_code_unknown"):
            order_ids(Fitting(source_code="NONE"))


class TestInABundle:
    def test_codes_and_what_has_them_go_out_and_come_in(self) -> None:
        put({"orders": [{**GIVEN, "reference": "R1", "source_code": "WEB"}]})
        number = SalesOrder.objects.get(reference="R1").number
        actions.hold(number=number, code="NEW", reason="asked", reason_code="TRAVEL", **ANNA)
        out = json.loads(take_out())
        assert {name: out[name] for name in CODES} == CODES
        standing = next(one for one in out["orders"] if one["number"] == number)
        assert standing["source_code"] == "WEB"
        assert [(h["code"], h["stops"], h["reason_code"]) for h in standing["holds"]] == [("NEW", "children", "TRAVEL")]
        assert next(one for one in out["customers"] if one["account"] == "C-2")["source_code"] == "WEB"
        moved = {**standing, "number": "SO-000700", "reference": None}
        done = put({"orders": [moved, standing], **CODES})
        assert (done.tallies["orders"].new, done.tallies["orders"].same) == (1, 1)
        assert {name: done.tallies[name].wrote for name in CODES} == dict.fromkeys(CODES, 0)
        assert shown("SO-000700")["source_code"] == "WEB"
        assert shown("SO-000700")["holds"][0]["stops"] == "children"

    def test_a_customer_keeps_theirs_where_a_file_does_not_repeat_it(self) -> None:
        customer = {"account": "C-9", "name": "Cy", "source_code": "MAIL-3"}
        assert put({"customers": [customer]}).tallies["customers"].new == 1
        assert came_from("C-9") == "MAIL-3"
        assert put({"customers": [{"account": "C-9", "name": "Cy"}]}).tallies["customers"].same == 1
        assert put({"customers": [{**customer, "source_code": "WEB"}]}).tallies["customers"].changed == 1
        assert came_from("C-9") == "WEB"

    def test_a_file_may_define_the_code_that_it_uses(self) -> None:
        put({"source_codes": [{"code": "TV"}], "orders": [{**GIVEN, "reference": "R2", "source_code": "TV"}]})
        assert shown(SalesOrder.objects.get(reference="R2").number)["source_code"] == "TV"

    def test_the_same_file_again_changes_nothing(self) -> None:
        file = {
            "customers": [{"account": "C-8", "name": "Di", "cards": [card()]}],
            "orders": [{**GIVEN, "customer": "C-8", "reference": "R3", "source_code": "WEB"}],
        }
        put(file)
        again = put(file)
        assert (came_from("C-8"), again.tallies["customers"].same, again.tallies["orders"].same) == ("WEB", 1, 1)

    def test_each_fault_has_its_path(self) -> None:
        found = faults(
            {
                "source_codes": [
                    {"code": "A", "from": "2026-02-01", "until": "2026-01-01"},
                    {"code": "B"},
                    {"code": "B"},
                ],
                "reason_codes": [{"code": "R", "actions": ["dance"]}, {"code": "S", "actions": []}],
                "hold_codes": [
                    {"code": "payment"},
                    {"code": "H", "stops": "all"},
                    {"code": "I", "released_by": ["cook"]},
                ],
                "customers": [{"account": "C-7", "source_code": "WEBB"}],
                "orders": [
                    {**GIVEN, "reference": "R4", "source_code": "WEBB"},
                    {**GIVEN, "reference": "R5", "source_code": "OLD"},
                ],
            }
        )
        assert set(found) == {
            "source_codes[0].until", "source_codes[2].code", "reason_codes[0].actions[0]", "reason_codes[1].actions",
            "hold_codes[0].code", "hold_codes[1].stops", "hold_codes[2].released_by[0]", "customers[0].source_code",
            "orders[0].source_code", "orders[1].source_code",
        }  # fmt: skip
        assert 'did you mean "WEB"?' in found["orders[0].source_code"]

    def test_an_order_with_its_past_may_have_one_that_is_not_in_use_any_more(self) -> None:
        put({"orders": [{**GIVEN, "reference": "R6", "source_code": "OLD", "status": "open"}]})
        assert shown(SalesOrder.objects.get(reference="R6").number)["source_code"] == "OLD"


def card() -> dict[str, Any]:
    return {"token": "tok_di", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030}


class TestWhatCameOfThem:
    def test_of_each_source_customers_orders_shipments_money_and_why_they_ended(self) -> None:
        first, second = order("CLUB", source_code="WEB"), order("CLUB", "LOOP", source_code="WEB")
        make_children(ON)
        run(ProcessPayments(), ON)
        sent(f"{first}-1-001", day(5))
        run(ProcessPayments(), day(5))
        actions.cancel(number=second, line=1, reason_code="DEAR", **ANNA)
        actions.start(account="C-1", item="S-CLUB", card="tok_visa", source_code="MAIL-3", **ANNA)
        found = {one.code: one for one in source_results()}
        web = found["WEB"]
        assert (web.customers, web.orders, web.joined, web.still_open, web.shipments_sent) == (1, 2, 3, 2, 1)
        assert [(e.stopped, e.reason_code, e.description, e.count) for e in web.ended] == [
            (True, "DEAR", "Too dear", 1)
        ]
        assert len(web.captured) == 1
        assert web.captured[0].minor == sql.value("select sum(captured_minor) from payments_payment") > 0
        assert (found["MAIL-3"].orders, found["OLD"].orders) == (0, 0)  # a draft is not placed

    def test_of_orders_without_a_source(self) -> None:
        order("CLUB", source_code="WEB")
        assert None not in {one.code for one in source_results(without=True)}
        order("CLUB", "LOOP")
        assert None not in {one.code for one in source_results()}
        *_, last = source_results(without=True)
        assert (last.code, last.orders, last.joined, last.still_open) == (None, 1, 2, 2)

    def test_of_a_period_and_of_one_code(self) -> None:
        order("CLUB", source_code="WEB")
        order("CLUB", source_code="WEB", order_date=day(3))
        (found,) = source_results(code="WEB", since=day(1), through=day(3))
        assert found.orders == 1
        assert [one.orders for one in source_results(code="WEB", through=ON)] == [1]
        with refused("source_code", "source_code_unknown"):
            source_results(code="WEBB")
        with refused("to", "period_ends_first"):
            source_results(since=day(2), through=day(1))

    def test_it_asks_as_often_for_many_as_for_one(self) -> None:
        def asked() -> tuple[int, list[SourceResult]]:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                found = source_results()
            return len(queries), found

        order("CLUB", source_code="WEB")
        once, _ = asked()
        for _ in range(3):
            order("CLUB", source_code="WEB")
            order("CLUB", source_code="MAIL-3")
        assert asked()[0] == once == 5

    def test_an_index_serves_it(self) -> None:
        sql.execute("set local enable_seqscan = off")
        plan = sql.tuples(
            "explain select id from orders_salesorder where parent_id is null and source_code = 'WEB'"
            " and order_date between '2026-01-01' and '2026-02-01'"
        )
        assert "orders_by_source" in "".join(row[0] for row in plan)
