"""The bundle of the demo: of the contract's form, nothing missing, the same every time."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from calendar import monthrange
from collections import Counter
from datetime import date

import pytest

from perennial.demo.club import Club
from perennial.demo.enrolments import wallet
from tests.demo.bundle_form import faults

TODAY = date(2026, 11, 24)
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def club() -> Club:
    return Club(today=TODAY, sample=1500)


@pytest.fixture(scope="module")
def bundle(club):
    return json.loads(written(club))


def written(club: Club) -> str:
    out = io.StringIO()
    club.write_all(out)
    return out.getvalue()


def test_every_key_and_value_is_of_the_form(bundle):
    assert faults(bundle) == []


def test_set_up_alone_and_real_dates_are_of_the_form():
    club = Club(today=TODAY, sample=100, real_dates=True)
    out = io.StringIO()
    club.write_setup(out)
    setup = json.loads(out.getvalue())
    assert "customers" not in setup
    assert faults(setup) == []
    assert faults(json.loads(written(club))) == []


def test_nothing_is_missing_that_is_referred_to(bundle):
    products = {product["number"]: product for product in bundle["products"]}
    programs = {program["schedule_id"]: program for program in bundle["programs"]}
    modes = {mode["code"] for mode in bundle["delivery_modes"]}
    intervals = {interval["code"] for interval in bundle["date_intervals"]}
    schedules = {schedule["name"] for schedule in bundle["payment_schedules"]}
    assert {product["program"] for product in products.values() if "program" in product} == programs.keys()
    for program in programs.values():
        assert set(program.get("valid_payment_schedules", [])) <= schedules
        assert [event["event_id"] for event in program["events"]] == sorted(
            event["event_id"] for event in program["events"]
        )
        assert {event["event_id"] for event in program["events"]} == set(
            range(1, program["events"][-1]["event_id"] + 1)
        )
        for event in program["events"]:
            assert event.get("delivery_mode") in {*modes, None}
            assert event.get("date_interval") in {*intervals, None}
            product = products[event["item_number"]]
            assert "program" not in product
            assert ("price" in product) != ("prices" in product)
    tokens = {row["account"]: {card["token"] for card in row["cards"]} for row in bundle["customers"]}
    for order in bundle["orders"]:
        assert order["customer"] in tokens
        first, *ordinary = order["lines"]
        program = programs[products[first["item_number"]]["program"]]
        schedule = first["continuity"].get("payment_schedule")
        assert schedule is None or schedule in program["valid_payment_schedules"]
        assert "start_date" not in first["continuity"] or program["prompt_for_start_date"]
        assert all("program" not in products[line["item_number"]] for line in ordinary)
    assert len({order["reference"] for order in bundle["orders"]}) == len(bundle["orders"])
    assert len(tokens) == len(bundle["customers"])


def test_the_three_programs_that_were_promised(bundle):
    programs = {program["schedule_id"]: program for program in bundle["programs"]}
    album, sampler, archive = (programs[name] for name in ("ALBUM", "SAMPLER", "ARCHIVE"))
    assert len({event["item_number"] for event in album["events"] if event["item_number"].startswith("A-")}) == 12
    assert album["events"][-1]["action"] == "end"
    assert sampler["events"][-1]["times_to_repeat"] == "until_stopped"
    assert archive["bill_upfront"]
    assert archive["payment_schedule"] == "3X"


def test_what_pays_only_once_pays_only_up_front_without_a_schedule(bundle):
    products = {product["number"]: product.get("program") for product in bundle["products"]}
    programs = {program["schedule_id"]: program for program in bundle["programs"]}
    methods = Counter()
    for order in bundle["orders"]:
        terms = order["lines"][0]["continuity"]
        program = programs[products[order["lines"][0]["item_number"]]]
        methods[terms["payment_method"]] += 1
        if terms["payment_method"] in ("check", "gift_card"):
            assert program["bill_upfront"]
            assert "payment_schedule" not in program
    assert methods.keys() == {"card", "on_account", "check", "gift_card"}
    trusted = {row["account"] for row in bundle["customers"] if row["allow_on_account"]}
    on_account = {
        order["customer"]
        for order in bundle["orders"]
        if order["lines"][0]["continuity"]["payment_method"] == "on_account"
    }
    assert on_account <= trusted


def test_every_first_purchase_is_an_enrolment(club):
    firsts = [enrolment for enrolment in club.enrolments if enrolment.nth == 1]
    assert len(firsts) == len({enrolment.customer for enrolment in firsts}) == club.members == 1500
    assert all(enrolment.on == enrolment.joined for enrolment in firsts)
    assert len(club.enrolments) > len(firsts)


def test_a_better_first_purchase_joins_a_dearer_program(club):
    cents = {}
    for enrolment in club.enrolments:
        cents.setdefault(enrolment.product, []).append(enrolment.purchases[0].cents)
    assert max(cents["C-TR"]) < min(cents["C-SA"])
    assert max(cents["C-SA"]) < min(cents["C-06"])
    assert max(cents["C-06"]) < min(cents["C-12"])
    assert max(cents["C-SE"]) < min(cents["C-BX"])


def test_an_order_names_a_card_that_the_member_has_and_that_lives(club, bundle):
    orders = {order["reference"]: order for order in bundle["orders"]}
    given = {act.enrolment.customer: act.on for one in club.enrolments for act in club.acts(one) if act.kind == "card"}
    seconds = 0
    for enrolment in club.enrolments:
        cards = wallet(club.world, enrolment.customer, enrolment.joined)
        token = orders[enrolment.reference]["lines"][0]["continuity"].get("card")
        assert cards.last_day.day == monthrange(cards.last_day.year, cards.last_day.month)[1]
        assert given.get(enrolment.customer) == cards.renewed_on
        if cards.card_on(enrolment.on) == 1:
            assert cards.last_day > enrolment.on
            assert token is None or token.endswith("_1")
        else:
            seconds += 1
            assert cards.renewed_on < enrolment.on
            assert token is None or token.endswith("_2")
    assert seconds


def test_the_same_choice_gives_the_same_bytes(club):
    assert written(Club(today=TODAY, sample=1500)) == written(club)
    assert written(Club(today=TODAY, sample=1500, seed=5)) != written(club)


def test_a_member_is_the_same_in_every_sample(bundle):
    small = json.loads(written(Club(today=TODAY, sample=60)))
    for kind in ("customers", "orders"):
        assert len(small[kind]) >= 60
        assert all(entry in bundle[kind] for entry in small[kind])


WRITE_ALL = """
import resource, sys
from datetime import date
from perennial.demo.club import Club

class Bin:
    size = 0
    def write(self, text):
        self.size += len(text)

def peak():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # On Linux ru_maxrss begins with the size of the process that started this one.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

club, sink = Club(today=date(2026, 11, 24), sample=None), Bin()
before = peak()
club.write_all(sink)
print(club.members, sink.size, before, peak())
"""


@pytest.mark.patient
def test_all_members_are_written_in_flat_memory():
    """In a process of its own: what it ever had in memory, before and after writing."""
    done = subprocess.run([sys.executable, "-c", WRITE_ALL], capture_output=True, text=True, check=True)
    members, size, before, after = map(int, done.stdout.split())
    assert members == 23_570
    assert size > 10 * MEGABYTE
    assert before < 150 * MEGABYTE
    assert after - before < 4 * MEGABYTE
