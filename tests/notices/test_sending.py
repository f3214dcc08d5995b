"""The outbox over a real mail server: once each, whatever the server says, whoever sends at once, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.customers.models import Customer
from perennial.desk.action import How, perform
from perennial.desk.read.messages import message, messages
from perennial.errors import Refused
from perennial.kernel.states import NOTICE
from perennial.notices.actions import mark_arrived, mark_bounced, send_again
from perennial.notices.mail import Folder, Server, Smtp, server
from perennial.notices.models import Notice, NoticeKind
from perennial.notices.sending import MOST_TRIES, send_due
from tests.notices.server import Postman, certificate, free_port, mail_server, only, tls
from tests.processes import environment

ON = date(2026, 3, 10)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def company() -> None:
    initialise()
    Company.objects.update(
        name="Aurora <Books>", country="US", currency="USD", from_email="club@example.com", notices_on=True
    )


def queued(number: int = 1, **given: object) -> list[Notice]:
    """Refunds to tell, each of a customer of its own."""
    made = []
    for _ in range(number):
        at = Customer.objects.count() + 1
        customer = Customer.objects.create(
            account=f"C-{at}", name=f"Ada {at}", email=f"ada{at}@example.com", language="en"
        )
        facts = {"order": f"SO-{at:06d}", "amount_minor": 2490, "currency": "USD", "brand": "visa", "last4": "4242"}
        fields = {"customer": customer, "kind": "refunded", "payment_id": at, "on_date": ON, "status": "queued"}
        made.append(Notice.objects.create(**{**fields, "facts": facts, "language": "en", **given}))
    return made


def at(port: int) -> Smtp:
    return Smtp(Server("smtp", "127.0.0.1", port))


def test_each_is_sent_once_and_kept_as_it_was_sent() -> None:
    queued(3)
    with mail_server(postman := Postman()) as port:
        first = send_due(on=ON, carrier=at(port), limit=2)
        second = send_due(on=ON, carrier=at(port))
        third = send_due(on=ON, carrier=at(port))
    assert [(one.sent, one.left) for one in (first, second, third)] == [(2, 1), (1, 0), (0, 0)]
    assert [one.recipient for one in postman.taken] == ["ada1@example.com", "ada2@example.com", "ada3@example.com"]
    found = postman.taken[0].mail
    row = Notice.objects.order_by("id")[0]
    kept = message(row.pk)
    assert (row.status, row.attempts, row.recipient) == ("sent", 1, "ada1@example.com")
    assert row.sent_at is not None
    installation = Company.objects.get().installation
    assert found["Message-ID"] == row.message_id == f"<{installation}.notice.{row.pk}@example.com>"
    assert found["From"] == '"Aurora <Books>" <club@example.com>'
    assert found["Subject"] == kept.listed.subject == "We have given back $24.90"
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == (kept.text or "").splitlines()
    assert html.get_content().splitlines() == (kept.html or "").splitlines()
    assert "SO-000001" in plain.get_content()
    assert "Aurora &lt;Books&gt;" in html.get_content()


def test_a_message_with_dots_and_umlauts_arrives_as_it_was_written() -> None:
    queued(1)
    Company.objects.update(name="...\nÄther & Söhne")
    with mail_server(postman := Postman()) as port:
        assert send_due(on=ON, carrier=at(port)).sent == 1
    found = postman.taken[0].mail
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == (Notice.objects.get().sent_text or "").splitlines()
    assert "... Äther & Söhne" in body.get_content()
    assert "\n" not in found["From"]


def test_it_encrypts_and_signs_in(tmp_path: Path) -> None:
    queued(1)
    file = certificate(tmp_path)
    given = {"tls_context": tls(file), "require_starttls": True, "auth_required": True}
    with mail_server(postman := Postman(), authenticator=only("club", "s@cret"), **given) as port:
        found = server(f"smtp+starttls://club:s%40cret@127.0.0.1:{port}")
        assert send_due(on=ON, carrier=Smtp(found, str(file))).sent == 1
        assert postman.encrypted == [True]
        assert "s@cret" not in repr(found)
        queued(1)
        with pytest.raises(Refused, match="mail_login_refused"):
            send_due(on=ON, carrier=Smtp(server(f"smtp+starttls://club:wrong@127.0.0.1:{port}"), str(file)))
        with pytest.raises(Refused, match="mail_server_silent"):  # nobody whom we trust made the certificate
            send_due(on=ON, carrier=Smtp(found))
    assert list(Notice.objects.order_by("id").values_list("status", "attempts")) == [("sent", 1), ("queued", 0)]


def test_what_is_not_taken_now_is_tried_again_later_and_others_go_on() -> None:
    late, _ = queued(2)
    answers = iter(["451 greylisted", None, None])
    with mail_server(postman := Postman(rcpt=lambda taken: next(answers))) as port:
        before = timezone.now()
        done = send_due(on=ON, carrier=at(port))
        assert (done.sent, done.again, done.left) == (1, 1, 1)
        late.refresh_from_db()
        assert late.status == "queued"
        assert late.next_try_at is not None
        assert late.next_try_at - before >= timedelta(minutes=5)
        assert message(late.pk).listed.because is not None
        assert send_due(on=ON, carrier=at(port)).sent == 0  # its time has not come
        first_id = late.message_id
        Notice.objects.filter(pk=late.pk).update(next_try_at=timezone.now())
        assert send_due(on=ON, carrier=at(port)).sent == 1
    late.refresh_from_db()
    assert (late.status, late.attempts, late.message_id) == ("sent", 2, first_id)
    assert [one.recipient for one in postman.taken] == ["ada2@example.com", "ada1@example.com"]


def test_the_waits_grow_and_it_is_given_up_in_the_end() -> None:
    (row,) = queued(1)
    waits = []
    with mail_server(Postman(data=lambda taken: "452 full")) as port:
        for _ in range(MOST_TRIES):
            send_due(on=ON, carrier=at(port))
            row.refresh_from_db()
            if row.next_try_at is not None:
                waits.append(round((row.next_try_at - timezone.now()).total_seconds() / 60))
                Notice.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 720]
    assert row.status == "failed"
    assert row.because["code"] == "message_given_up"
    assert row.because["said"] == "452 full"


def test_what_is_refused_has_failed_in_the_words_of_the_server() -> None:
    row, _ = queued(2)
    with mail_server(Postman(rcpt=lambda t: "550 no such mailbox" if "ada1" in t.recipient else None)) as port:
        done = send_due(on=ON, carrier=at(port))
    assert (done.sent, done.failed) == (1, 1)
    row.refresh_from_db()
    assert (row.status, row.because["said"], row.sent_text) == ("failed", "550 no such mailbox", None)


def test_a_sender_that_is_refused_costs_no_message() -> None:
    queued(2)
    with mail_server(Postman(mail=lambda sender: "550 not from you")) as port, pytest.raises(Refused) as refused:
        send_due(on=ON, carrier=at(port))
    assert refused.value.code == "mail_sender_refused"
    assert sorted(Notice.objects.values_list("status", flat=True)) == ["queued", "queued"]


def test_a_lost_answer_is_unsure_and_is_never_sent_again_by_itself() -> None:
    row, other = queued(2)
    postman = Postman(hang_up=True)
    with mail_server(postman) as port:
        done = send_due(on=ON, carrier=at(port), limit=1)
        assert (done.sent, done.unsure) == (0, 1)
        postman.hang_up = False
        assert send_due(on=ON, carrier=at(port)).sent == 1
        assert send_due(on=ON, carrier=at(port)).sent == 0
    assert len(postman.seen) == 2
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.status, row.because["code"], other.status) == ("unsure", "message_answer_lost", "sent")
    assert mark_arrived(notice=row.pk, on=ON, by="clerk:anna").status == "sent"


def test_nobody_answers() -> None:
    queued(1)
    with pytest.raises(Refused) as refused:
        send_due(on=ON, carrier=at(free_port()))
    assert refused.value.code == "mail_server_silent"
    assert Notice.objects.get().status == "queued"


def test_two_senders_at_once_send_each_once() -> None:
    queued(40)

    def send(port: int) -> int:
        try:
            return send_due(on=ON, carrier=at(port)).sent
        finally:
            connection.close()

    with mail_server(postman := Postman()) as port, ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(send, [port] * 3))
    assert sum(sent) == 40
    assert len({one.recipient for one in postman.taken}) == len(postman.taken) == 40
    assert set(Notice.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.fixture
def working(fresh_db: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An installation with a message that a real gateway's company would send."""
    with psycopg.connect(fresh_db, autocommit=True) as database:
        database.execute("insert into catalog_parameters default values")
        database.execute(
            "insert into catalog_company(id, installation, from_email, notices_on, currency)"
            " values (1, 'abc', 'club@example.com', true, 'USD')"
        )
        database.execute("insert into customers_customer(id, account, email) values (1, 'C-1', 'ada@example.com')")
        for at in (1, 2):
            database.execute(
                "insert into notices_notice(customer_id, kind, payment_id, on_date, status, facts) values"
                " (1, 'refunded', %s, '2026-03-10', 'queued',"
                """ '{"order": "SO-1", "amount_minor": 5, "currency": "USD"}')""",
                [at],
            )
        yield fresh_db, tmp_path


SENDER = """
import os, sys
from perennial.cli.start import start_django
start_django()
from datetime import date
from perennial.notices.mail import Server, Smtp
from perennial.notices.sending import send_due
print(send_due(on=date(2026, 3, 10), carrier=Smtp(Server("smtp", "127.0.0.1", int(sys.argv[1])))))
"""


def test_a_sender_that_is_killed_behind_the_message_leaves_it_unsure(working: tuple[str, Path]) -> None:
    url, home = working
    postman = Postman(stall=True)

    def start(port: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", SENDER, str(port)],
            env=environment(url, home),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    with mail_server(postman) as port, psycopg.connect(url, autocommit=True) as database:
        first = start(port)
        while not postman.seen and first.poll() is None:
            os.sched_yield()
        assert first.poll() is None, first.communicate()
        postman.stall = False
        second = start(port).communicate()[0]  # the first one lives: its message is let alone
        assert "sent=1" in second
        assert "unsure=0" in second
        first.send_signal(signal.SIGKILL)
        first.wait()
        while database.execute("select from pg_locks where locktype = 'advisory'").fetchone():
            os.sched_yield()
        third = start(port).communicate()[0]
        assert "sent=0" in third
        assert "unsure=1" in third
        rows = database.execute("select status, because->>'code' from notices_notice order by id").fetchall()
    assert rows == [("unsure", "message_sender_died"), ("sent", None)]
    assert len(postman.seen) == 2


def test_training_writes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PERENNIAL_HOME", tmp_path)
    (row,) = queued(1)
    done = send_due(on=ON)
    assert (done.sent, done.folder) == (1, str(tmp_path / "mail"))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"{row.pk:08d}.eml"
    assert b"Subject: We have given back $24.90" in file.read_bytes()
    row.refresh_from_db()
    assert row.status == "sent"


def test_who_has_no_address_or_a_wrong_one_is_told_so(tmp_path: Path) -> None:
    first, second, third = queued(3)
    Customer.objects.filter(pk=first.customer_id).update(email=None)
    Customer.objects.filter(pk=second.customer_id).update(email="ada@example.com\nBcc: all@example.com")
    Customer.objects.filter(pk=third.customer_id).update(email="ada@bücher.example")
    done = send_due(on=ON, carrier=Folder(tmp_path / "mail"))
    assert (done.sent, done.failed) == (1, 2)
    codes = [one["code"] if one else None for one in Notice.objects.order_by("id").values_list("because", flat=True)]
    assert codes == ["message_no_address", "message_wrong_address", None]
    assert Notice.objects.get(pk=third.pk).recipient == "ada@xn--bcher-kva.example"


def test_what_can_be_changed_no_more_is_not_announced(tmp_path: Path) -> None:
    facts = {"ship_on": "2026-03-16", "change_until": "2026-03-09", "product": "Book", "currency": "USD"}
    queued(1, kind="shipment_ahead", facts=facts)
    assert send_due(on=ON, carrier=Folder(tmp_path / "mail")).failed == 1
    assert Notice.objects.get().because["code"] == "message_too_late"


def test_facts_that_are_none_stop_nobody_else(tmp_path: Path) -> None:
    queued(1, facts={"amount_minor": "much", "order": 5})
    queued(1)
    done = send_due(on=ON, carrier=Folder(tmp_path / "mail"))
    assert (done.sent, done.failed) == (1, 1)


def test_off_sends_nothing(tmp_path: Path) -> None:
    queued(1)
    Company.objects.update(notices_on=False)
    done = send_due(on=ON, carrier=Folder(tmp_path / "mail"))
    assert (done.off, done.sent, done.left) == (True, 0, 1)


def test_again_and_bounced_once_for_a_key(tmp_path: Path) -> None:
    NoticeKind.objects.create(kind="refunded", is_on=True, changed_on=ON)
    (row,) = queued(1)
    with pytest.raises(Refused, match="message_not_ended"):
        send_again(notice=row.pk, on=ON, by="clerk:anna")
    carrier = Folder(tmp_path / "mail")
    send_due(on=ON, carrier=carrier)
    assert mark_bounced(notice=row.pk, on=ON, by="clerk:anna").status == "bounced"
    Customer.objects.update(email="new@example.com")
    how = How(key="one press")
    first = perform(send_again, how, notice=row.pk, on=ON, by="clerk:anna")
    second = perform(send_again, how, notice=row.pk, on=ON, by="clerk:anna")
    assert first == second
    assert Notice.objects.count() == 2
    send_due(on=ON, carrier=carrier)
    new, old = messages().rows
    assert (new.id, new.resends, new.status, new.recipient) == (first.notice, row.pk, "sent", "new@example.com")
    assert (old.resent_as, old.status, old.recipient) == (new.id, "bounced", "ada1@example.com")
    assert message(new.id).message_id != message(old.id).message_id
    with pytest.raises(Refused, match="message_not_marked"):
        mark_arrived(notice=new.id, on=ON, by="clerk:anna")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mail.example.com", "mail_url_malformed"),
        ("http://mail.example.com", "mail_url_malformed"),
        ("smtp://mail.example.com:99999", "mail_url_malformed"),
        ("smtp://u:p@mail.example.com", "mail_password_in_the_clear"),
    ],
)
def test_a_server_that_is_none(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        server(url)
    assert refused.value.code == code


def test_the_words_of_state_are_those_of_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_constraintdef(oid) from pg_constraint where conname = 'notice_status'")
        said = cursor.fetchone()[0]
    assert all(f"'{word}'" in said for word in NOTICE)
