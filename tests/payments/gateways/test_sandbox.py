"""The sandbox's triggers, line by line of its table, and its book."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from perennial.errors import Refused
from perennial.payments import gateways
from perennial.payments.gateways import Answer, Request, ask
from perennial.payments.gateways.sandbox import Sandbox

ON = date(2026, 3, 10)


def request(key: str, kind: str = "charge", token: str | None = "tok_visa", **more: object) -> Request:
    values = {
        "kind": kind,
        "key": key,
        "about": f"SO-000001/order/1/{key}",
        "amount_minor": 1995,
        "currency": "USD",
        "on": ON,
        "customer": "C-1",
        "token": token,
        **more,
    }
    return Request(**values)  # type: ignore[arg-type]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path, find_delay=3600)


def wait(sandbox: Sandbox) -> None:
    """The moment has passed after which ``find`` knows."""
    with sqlite3.connect(sandbox.path) as book:
        book.execute("update entry set known_at = 0")


@pytest.mark.parametrize(
    ("token", "outcome", "hard"),
    [
        ("tok_visa", "approved", False),
        ("anything", "approved", False),
        ("tok_declined", "declined", False),
        ("tok_hard", "declined", True),
        (None, "declined", True),
        ("tok_lost", "unknown", False),
        ("tok_lost_declined", "unknown", False),
        ("tok_lost_request", "unknown", False),
        ("tok_lost_for_good", "unknown", False),
        ("tok_customer", "requires_customer", True),
        ("tok_pending", "pending", False),
        ("tok_pending_declined", "pending", False),
        ("tok_kept", "approved", False),
        ("tok_slow_1", "approved", False),
    ],
)
def test_tokens(sandbox: Sandbox, token: str | None, outcome: str, hard: bool) -> None:
    answer = ask(sandbox, request("k1", token=token))
    assert (answer.outcome, answer.hard) == (outcome, hard)


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [
        (90000001, "declined"),
        (90000002, "declined"),
        (90000003, "unknown"),
        (90000004, "unknown"),
        (90000005, "approved"),
        (90000006, "unknown"),
        (90000007, "approved"),
    ],
)
def test_amounts(sandbox: Sandbox, amount: int, outcome: str) -> None:
    assert ask(sandbox, request("k1", amount_minor=amount)).outcome == outcome


def test_the_first_tries_of_each_payment(sandbox: Sandbox) -> None:
    for about in ("SO-000001/order/1", "SO-000001/order/10"):
        said = [
            ask(sandbox, request(f"{about}{k}", token="tok_decline_2", about=f"{about}/{k}")).outcome for k in (1, 2, 3)
        ]
        assert said == ["declined", "declined", "approved"]


def test_by_date(sandbox: Sandbox) -> None:
    until, since = "tok_decline_until_20260310", "tok_decline_from_20260310"
    before = date(2026, 3, 9)
    assert ask(sandbox, request("k1", token=until, on=before)).outcome == "declined"
    assert ask(sandbox, request("k2", token=until)).outcome == "approved"
    assert ask(sandbox, request("k3", token=since, on=before)).outcome == "approved"
    assert ask(sandbox, request("k4", token=since)).outcome == "declined"


def test_an_expired_card(sandbox: Sandbox) -> None:
    assert ask(sandbox, request("k1", card_expires_on=date(2026, 2, 28))).outcome == "declined"
    assert ask(sandbox, request("k2", card_expires_on=date(2026, 3, 31))).outcome == "approved"


def test_a_lost_answer_is_found_after_a_moment(sandbox: Sandbox) -> None:
    lost = request("k1", token="tok_lost")
    assert ask(sandbox, lost).outcome == "unknown"
    assert sandbox.find(lost).outcome == "not_found"
    wait(sandbox)
    assert sandbox.find(lost).outcome == "approved"


def test_the_same_key_finds_out_at_once(sandbox: Sandbox) -> None:
    lost = request("k1", token="tok_lost")
    ask(sandbox, lost)
    assert ask(sandbox, lost).outcome == "approved"
    assert sandbox.taken() == {"USD": 1995}


def test_a_lost_request_never_happened(sandbox: Sandbox) -> None:
    lost = request("k1", token="tok_lost_request")
    ask(sandbox, lost)
    assert sandbox.taken() == {}
    assert sandbox.find(lost).outcome == "not_found"
    assert ask(sandbox, lost).outcome == "approved"
    for_good = request("k2", token="tok_lost_for_good")
    assert [ask(sandbox, for_good).outcome for _ in range(3)] == ["unknown"] * 3


def test_a_time_out_is_an_exception(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        ask(sandbox, request("k1", token="tok_timeout"))
    assert sandbox.taken() == {"USD": 1995}


@pytest.mark.parametrize(
    ("token", "kind", "said"),
    [
        ("tok_lapsed", "capture", ("declined", True)),
        ("tok_capture_declined", "capture", ("declined", False)),
        ("tok_capture_lost", "capture", ("unknown", False)),
        ("tok_void_lost", "void", ("unknown", False)),
    ],
)
def test_after_the_authorisation(sandbox: Sandbox, token: str, kind: str, said: tuple[str, bool]) -> None:
    authorised = ask(sandbox, request("k1", "authorise", token))
    assert authorised.outcome == "approved"
    answer = ask(sandbox, request("k2", kind, None, reference=authorised.reference))
    assert (answer.outcome, answer.lapsed) == said


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize(
    ("token", "said", "found"),
    [
        ("tok_refund_declined", "declined", "declined"),
        ("tok_refund_lost", "unknown", "approved"),
        ("tok_refund_pending", "pending", "approved"),
    ],
)
def test_giving_back(sandbox: Sandbox, token: str, said: str, found: str, captured: bool) -> None:
    first = ask(sandbox, request("k1", "authorise" if captured else "charge", token))
    if captured:
        first = ask(sandbox, request("k2", "capture", None, reference=first.reference))
    back = request("k3", "refund", None, reference=first.reference)
    assert ask(sandbox, back).outcome == said
    wait(sandbox)
    assert sandbox.find(back).outcome == found
    assert sandbox.taken() == {"USD": 0 if found == "approved" else 1995}


def test_what_is_pending_may_be_declined_in_the_end(sandbox: Sandbox) -> None:
    waiting = request("k1", token="tok_pending_declined")
    assert ask(sandbox, waiting).outcome == sandbox.find(waiting).outcome == "pending"
    wait(sandbox)
    assert (sandbox.find(waiting).outcome, sandbox.taken()) == ("declined", {})


def test_a_book_that_knew_no_categories_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "book.sqlite3") as old:
        old.executescript(
            "create table entry(id integer primary key, key text not null unique, kind text not null,"
            " body text not null, about text not null, amount integer not null, currency text not null, token text,"
            " customer text not null, authorisation text, outcome text not null, reference text, message text,"
            " hard integer not null, lapsed integer not null, on_date text not null, known_at real not null,"
            " times integer not null default 1);"
            "insert into entry values (1, 'k1', 'charge', 'charge|1995|USD|tok_hard|C-1|None', 'a/1', 1995, 'USD',"
            " 'tok_hard', 'C-1', null, 'declined', null, 'stolen', 1, 0, '2026-03-10', 0, 1),"
            " (2, 'k2', 'charge', 'charge|1995|USD|tok_visa|C-1|None', 'b/1', 1995, 'USD',"
            " 'tok_visa', 'C-1', null, 'approved', 'ch_1', null, 0, 0, '2026-03-10', 0, 1);"
        )
    book = Sandbox(tmp_path)
    assert ask(book, request("k1", token="tok_hard")) == Answer("declined", message="stolen", category="hard")
    assert ask(book, request("k3", "refund", None, reference="ch_1")).outcome == "approved"
    assert book.taken() == {"USD": 0}


def test_a_share_of_declines_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def said(name: str, seed: int, declines: int) -> list[str]:
        sandbox = Sandbox(tmp_path / name, declines=declines, seed=seed)
        return [ask(sandbox, request(f"{name}-{k}", about=f"SO-{k}/order/1/1")).outcome for k in range(400)]

    first = said("a", 1, 20)
    assert first == said("b", 1, 20)
    assert first != said("c", 2, 20)
    assert 50 < first.count("declined") < 110
    assert set(said("d", 1, 0)) == {"approved"}
    assert set(said("e", 1, 100)) == {"declined"}


def test_several_processes_keep_one_book(tmp_path: Path) -> None:
    script = (
        "import sys; from datetime import date; from perennial.payments.gateways.sandbox import Sandbox;"
        "from perennial.payments.gateways import Request\n"
        "s = Sandbox(sys.argv[1])\n"
        "for k in range(50):\n"
        "    s.charge(Request('charge', f'k{k}', f'SO-{k}/order/1/1', 100, 'USD', date(2026, 3, 10), 'C', 'tok'))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    book = Sandbox(tmp_path)
    assert book.taken() == {"USD": 5000}
    assert [line.times for line in book.lines()] == [4] * 50
    assert book.taken_twice() == []


def test_it_notices_what_was_taken_twice(sandbox: Sandbox) -> None:
    ask(sandbox, request("k1", about="SO-1/order/1/1"))
    ask(sandbox, request("k2", about="SO-1/order/1/2"))
    assert sandbox.taken_twice() == ["SO-1/order/1"]


def test_gateways_by_name() -> None:
    assert "sandbox" in gateways.names()
    with pytest.raises(Refused, match="gateway_unknown gateway=nobody"):
        gateways.load("nobody")


def test_another_gateway_for_a_while(tmp_path: Path) -> None:
    mine = Sandbox(tmp_path)
    with gateways.use(mine):
        assert gateways.current() is mine
    assert gateways.current() is not mine
    assert Answer("approved").outcome == "approved"
