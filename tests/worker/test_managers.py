"""Managers hear of a night that was not done, was late, or put something aside: by a real mail server, each in their language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from perennial.catalog.models import Company
from perennial.db import sql
from perennial.jobs import requests
from perennial.jobs.models import JobRequest, NightRun
from perennial.kernel.reasons import Reason
from perennial.notices import mail
from perennial.payments import refused_keys
from perennial.people.actions import add_person, change_person
from perennial.worker import managers, queue
from tests.notices.server import Postman, Taken, mail_server
from tests.worlds.book_club import club, order

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 11)


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()
    Company.objects.update(name="Aurora <Books>", from_email="club@example.com")
    for name, role, address, language in (
        ("marco", "manager", "marco@example.com", "it"),
        ("giulia", "manager", "giulia@example.com", "en"),
        ("gone", "manager", "gone@example.com", "en"),
        ("silent", "manager", "", "en"),
        ("anna", "clerk", "anna@example.com", "en"),
    ):
        add_person(
            username=name, password="a phrase of words", roles=(role,), name=name, email=address, language=language
        )
    change_person(username="gone", active=False)


@pytest.fixture
def postman(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postman]:
    postman = Postman()
    with mail_server(postman) as port:
        monkeypatch.setattr(mail, "transport", lambda: mail.Smtp(mail.server(f"smtp://127.0.0.1:{port}")))
        yield postman


def night() -> int:
    asked = queue.ask(job="night", by="schedule", recurs=True)
    requests.perform(asked.pk)
    return asked.pk


def told(postman: Postman, request: int) -> list[Taken]:
    for username in managers.managers_to_tell(request):
        managers.tell(request, username)
    return postman.taken


def test_of_a_night_that_went_well_nobody_hears(postman: Postman) -> None:
    assert told(postman, night()) == []


def test_what_was_parked_or_not_asked_is_told_to_each_in_their_language(postman: Postman) -> None:
    request = night()
    run = JobRequest.objects.get(pk=request).runs[3]
    sql.execute("""update jobs_jobrun set report = jsonb_set(report, '{counts,parked}', '2') where id = %s""", [run])
    sql.execute("""update jobs_jobrun set report = jsonb_set(report, '{counts,not_asked}', '3') where id = %s""", [run])
    refused_keys.note({"stripe": "PERENNIAL_STRIPE_KEY"})
    taken = told(postman, request)
    assert [one.recipient for one in taken] == ["giulia@example.com", "marco@example.com"]
    english, italian = (one.mail for one in taken)
    assert "needs a look" in str(english["Subject"])
    assert "2 things could not be done" in english.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "3 payments were not asked for" in english.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "(impostazione PERENNIAL_STRIPE_KEY)" in italian.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "2 cose non si sono potute fare" in italian.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Aurora" in str(english["From"])


def test_nights_that_were_late_are_told(postman: Postman) -> None:
    NightRun.objects.create(on_date=TODAY - timedelta(3), finished_at=datetime.now(UTC))
    (first, *_) = told(postman, night())
    assert "2 nights were done late, from Mon 9 Mar" in first.mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_too_many_missed_nights_are_told(postman: Postman) -> None:
    NightRun.objects.create(on_date=TODAY - timedelta(20), finished_at=datetime.now(UTC))
    (first, *_) = told(postman, night())
    assert "20 nights were missed" in first.mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_night_that_failed_is_told_with_its_reason(postman: Postman) -> None:
    asked = queue.ask(job="night", by="schedule", recurs=True)
    requests.failed(asked.pk, ValueError("the moon"))
    (first, *_) = told(postman, asked.pk)
    assert "the moon" in first.mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_other_jobs_and_dry_runs_are_nobodys_mail(postman: Postman) -> None:
    asked = queue.ask(job="night", dry=True, by="marco")
    requests.failed(asked.pk, ValueError("x"))
    other = queue.ask(job="close-orders", by="marco")
    requests.failed(other.pk, ValueError("x"))
    assert told(postman, asked.pk) == told(postman, other.pk) == []


def test_a_server_that_does_not_take_it_now_is_asked_again(postman: Postman) -> None:
    postman.rcpt = lambda taken: "451 later"
    asked = queue.ask(job="night", by="schedule")
    requests.failed(asked.pk, ValueError("x"))
    with pytest.raises((mail.Temporary, mail.Permanent)) as raised:
        managers.tell(asked.pk, "giulia")
    assert raised.type is mail.Temporary
    assert Reason.read(JobRequest.objects.get(pk=asked.pk).refused) is not None
