"""Who is calling: customers and orders by whatever words, in whatever spelling; a broad word reads no more than a page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection

from perennial.customers import search as words
from perennial.customers.actions import set_customers
from perennial.customers.models import Address, Customer, CustomerSearch
from perennial.customers.values import AddressFacts, CustomerFacts
from perennial.db import pages, sql
from perennial.desk import actions
from perennial.desk.in_use import IN_USE
from perennial.desk.read.search import Hits, search
from perennial.errors import Refused
from perennial.language import say
from perennial.orders.models import SalesOrder
from tests.worlds.desk import ANNA, day, make_children, order

ADA = CustomerFacts(
    "K-0012",
    "Ada Bianchi",
    "Ada.B@example.com",
    "+39 02 5550 1234",
    addresses=(AddressFacts("home", city="Milano", postcode="20121"),),
)
PEOPLE = (
    ADA,
    CustomerFacts("K-13", "Jörg Rossi-Bianchi", phone="0171/555 987 1", addresses=(AddressFacts("a", city="Köln"),)),
    CustomerFacts("K-130", "Anna Weiß", "anna@weiss.example"),
    CustomerFacts(
        "ROSSI", "Zoë O'Brien", addresses=(AddressFacts("a", city="Reggio nell'Emilia", postcode="SW1A 1AA"),)
    ),
    CustomerFacts("K-14", "Carla Smith", phone="(212) 555-0123"),
)


@pytest.fixture
def people(club: None) -> None:
    set_customers(customers=PEOPLE, in_use=IN_USE, by="clerk:anna")


def accounts(found: Hits) -> list[str]:
    return [hit.account for hit in found.customers]


@pytest.mark.usefixtures("people")
class TestWords:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("bianchi", ["K-13", "K-0012"]),
            ("BIANCHI mil", ["K-0012"]),
            ("rossi-bianchi", ["K-13"]),
            ("rossibianchi jorg", ["K-13"]),
            ("rossi-köln", ["K-13"]),
            ("weiss", ["K-130"]),
            ("obrien", ["ROSSI"]),
            ("o'brien zoe", ["ROSSI"]),
            ("brien", ["ROSSI"]),
            ("emilia reggio", ["ROSSI"]),
            ("sw1a1aa", ["ROSSI"]),
            ("sw1a 1aa", ["ROSSI"]),
            ("20121", ["K-0012"]),
            ("ada.b@example", ["K-0012"]),
            ("ADAB@EXAMPLE.COM", ["K-0012"]),
            ("weiss.example", ["K-130"]),
            ("1234", ["K-0012"]),
            ("bianchi 1234", ["K-0012"]),
            ("02 5550 1234", ["K-0012"]),
            ("02/55501234", ["K-0012"]),
            ("0039 02 5550 1234", ["K-0012"]),
            ("5550 ada", ["K-0012"]),
            ("+49 171 5559871", ["K-13"]),
            ("+1 212 555 0123", ["K-14"]),
            ("k-0012", ["K-0012"]),
            ("k0012", ["K-0012"]),
            ("12", ["K-0012"]),
            ("bianchi smith", []),
            ("ianchi", []),
            ("100%", []),
            ("%", []),
            ("' & | :* \\", []),
            ("a" * 3000, []),
            (" ".join(["ada"] * 200), ["K-0012", "C-1"]),
        ],
    )
    def test_every_word_begins_one_of_the_customers(self, typed: str, found: list[str]) -> None:
        assert accounts(search(typed)) == found

    def test_the_whole_account_address_or_number_stands_first_and_says_so(self) -> None:
        for typed, account in (
            ("k-13", "K-13"),
            ("K 13", "K-13"),
            ("rossi", "ROSSI"),
            ("anna@WEISS.example", "K-130"),
            ("+39 02 55501234", "K-0012"),
        ):
            found = search(typed).customers
            assert [(hit.account, hit.exact) for hit in found if hit.exact] == [(account, True)]
            assert found[0].account == account
        assert accounts(search("rossi")) == ["ROSSI", "K-13"]
        assert not any(hit.exact for hit in search("ada").customers + search("1234").customers)

    def test_a_hit_says_what_it_was_found_by(self) -> None:
        assert search("bianchi 1234 mil").customers[0].matched == ("name", "city", "phone")
        assert search("ada").customers[0].matched == ("name", "email")
        assert search("201").customers[0].matched == ("postcode",)
        assert search("k-0012").customers[0].matched == ("account",)
        assert (search("201").customers[0].postcode, search("201").customers[0].city) == ("20121", "Milano")

    def test_nothing_is_refused(self) -> None:
        with pytest.raises(Refused) as refused:
            search("  ")
        assert (refused.value.code, refused.value.field) == ("search_empty", "words")
        assert say(refused.value).startswith("say what to look for")

    def test_pages_show_each_once_and_the_newest_first(self) -> None:
        for number in range(20):
            Customer.objects.create(account=f"T-{number}", name="Tess")
        shown: list[str] = []
        after: str | None = None
        while True:
            found = search("tess", size=3, after=after)
            shown += accounts(found)
            after = found.next
            if after is None:
                break
        assert shown == [f"T-{number}" for number in range(19, -1, -1)]
        first = search("t-1", size=3)
        assert accounts(first) == ["T-1", "T-19", "T-18"]  # the one that is meant first
        assert accounts(search("t-1", size=3, after=first.next)) == ["T-17", "T-16", "T-15"]
        with pytest.raises(Refused) as refused:
            search("tess", after="x")
        assert refused.value.code == "page_unknown"


class TestOrders:
    @pytest.fixture
    def number(self, people: None) -> str:
        number = order("CLUB")
        SalesOrder.objects.filter(number=number).update(reference="SHOP-É7")
        return number

    def test_by_number_and_reference_in_any_spelling(self, number: str) -> None:
        digits = number.removeprefix("SO-").lstrip("0")
        for typed in (number, number.lower(), f"so{digits}", f"so {digits}", digits, "shop-é7", "SHOPE7", "shop e7"):
            found = search(typed)
            assert [(hit.number, hit.account, hit.exact) for hit in found.orders] == [(number, "C-1", True)], typed
            assert found.customers[0].account == "C-1"
            assert found.customers[0].matched[-1] == "order"
            assert not found.customers[0].exact

    def test_beside_words_of_its_customer(self, number: str) -> None:
        found = search(f"{number} ada")
        assert [(hit.number, hit.exact) for hit in found.orders] == [(number, False)]
        assert accounts(found) == ["C-1"]
        assert search(f"{number} bianchi") == Hits((), (), None)

    def test_a_child_by_its_own(self, number: str) -> None:
        make_children(day(0))
        child = f"{number}-1-001"
        digits = number.removeprefix("SO-")
        for typed in (child, f"so{digits}-1-1", f"{digits} 1 1", f"{int(digits)}-1-001"):
            assert [hit.number for hit in search(typed).orders] == [child], typed

    def test_what_a_customer_has_is_told(self, number: str) -> None:
        (hit,) = search(number).customers
        first = SalesOrder.objects.get(number=number)
        assert (hit.open_orders, hit.declined) == (1, False)
        assert hit.next_ship_on == first.order_date
        actions.cancel(number=number, **ANNA)
        (hit,) = search(number).customers
        assert (hit.open_orders, hit.next_ship_on) == (0, None)


@pytest.mark.usefixtures("people")
class TestKept:
    """The words follow every way in which a row can change."""

    def test_an_import_that_changes_everything(self) -> None:
        moved = replace(ADA, name="Ada Verdi", phone=None, addresses=(AddressFacts("new", city="Torino"),))
        set_customers(customers=[moved], in_use=IN_USE, by="clerk:anna")
        assert accounts(search("verdi torino")) == ["K-0012"]
        for gone in ("ada bianchi", "ada milano", "ada 1234", "ada 20121"):
            assert accounts(search(gone)) == []

    def test_rows_changed_by_hand(self) -> None:
        Address.objects.filter(city="Milano").update(city="Aosta")
        assert accounts(search("ada aosta")) == ["K-0012"]
        Address.objects.filter(city="Aosta").delete()
        assert accounts(search("ada aosta")) == []
        sql.copy(Customer, ("account", "name"), [("N-1", "Nexo"), ("N-2", "Nexa")])
        assert accounts(search("nex")) == ["N-2", "N-1"]
        Customer.objects.filter(account="N-1").update(account="M-1")
        assert accounts(search("m-1")) == ["M-1"]
        Customer.objects.filter(account__in=["M-1", "N-2"]).delete()
        assert accounts(search("nex")) == []
        assert CustomerSearch.objects.count() == Customer.objects.count()

    def test_texts_of_any_length(self) -> None:
        long = "Ｘ한" * 5000
        Customer.objects.create(account="L" * 100, name=long, email=long + "@" + long, phone="1" * 5000)
        assert accounts(search("l" * 100)) == ["L" * 100]

    def test_a_change_of_nothing_that_is_searched_writes_nothing(self) -> None:
        before = sql.tuples("select customer_id, xmin::text from customers_customersearch order by 1")
        Customer.objects.update(allow_on_account=True)
        assert sql.tuples("select customer_id, xmin::text from customers_customersearch order by 1") == before


@pytest.mark.django_db
def test_a_broad_word_reads_a_page_and_a_rare_one_its_hits() -> None:
    sql.execute(
        "insert into customers_customer(account, name)"
        " select 'C-' || n, case when n <= 20 then 'Zuzu' else 'Rossi' end from generate_series(1, 30000) n"
    )
    sql.execute("analyze customers_customersearch")
    read: list[int] = []

    def counted(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if "customers_customersearch" in statement:
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"explain (analyze, format json) {statement}", params)
                read.append(rows_read(cursor.cursor.fetchone()[0][0]["Plan"]))
        return execute(statement, params, many, context)

    def read_for(typed: str, after: str | None = None) -> tuple[int, pages.Page[int]]:
        read.clear()
        terms = words.terms_of(words.read_words(typed))
        with connection.execute_wrapper(counted):
            found = words.customers_with(terms, size=8, after=after)
        return sum(read), found

    for typed in ("rossi", "r", "c"):
        number, found = read_for(typed)
        assert len(found.rows) == 8
        assert number < 100, typed
    number, found = read_for("zuzu c")
    assert len(found.rows) == 8
    assert number < words.READ_NEWEST + 100
    assert read_for("zuzu nobody")[1] == pages.Page(())
    late = pages.written((Customer.objects.get(account="C-101").pk,))
    number, found = read_for("rossi", late)
    assert Customer.objects.get(pk=found.rows[0]).account == "C-100"
    assert number < 100


def rows_read(plan: dict[str, Any]) -> int:
    """How many rows its scans of tables gave or threw away."""
    mine = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Relation Name" in plan else 0
    return int(mine) + sum(map(rows_read, plan.get("Plans", ())))


@pytest.mark.usefixtures("club")
def test_an_unknown_account_loads_few_accounts() -> None:
    from perennial.customers.queries import customer_by_account

    sql.execute("insert into customers_customer(account) select 'K-' || n from generate_series(100001, 105000) n")
    for typed, meant in (("k103000", "K-103000"), ("K-1030000", "K-103000"), ("zzz", None)):
        with pytest.raises(Refused) as refused:
            customer_by_account(typed)
        assert (f"did you mean {meant!r}" in say(refused.value)) == (meant is not None), typed


def test_two_who_change_the_same_customer_both_count(fresh_db: str) -> None:
    """The second waits for the first, and then sees what it wrote."""
    address = "insert into customers_address(customer_id, city) select id, %s from customers_customer"
    with psycopg.connect(fresh_db) as one, psycopg.connect(fresh_db) as other, ThreadPoolExecutor(1) as beside:
        one.execute("insert into customers_customer(account) values ('C-1')")
        one.commit()
        one.execute(address, ["Aosta"])
        waits = beside.submit(lambda: (other.execute(address, ["Bari"]), other.commit()))
        waiting = "select exists (select from pg_stat_activity where pid = %s and wait_event_type = 'Lock')"
        while not (one.execute(waiting, [other.info.backend_pid]).fetchone() or (False,))[0]:
            assert not waits.done()
        one.commit()
        waits.result(timeout=60)
        (found,) = one.execute("select words::text from customers_customersearch").fetchone() or ("",)
    assert "'aosta'" in found
    assert "'bari'" in found
