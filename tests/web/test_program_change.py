"""The page of what a draft would change: counted, looked at, applied, taken back; and what may come in between."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.jobs import requests
from perennial.jobs.models import ChangedOrder, ChangePreview, JobRequest, JobRun
from perennial.jobs.night import one_night
from perennial.notices.models import Notice
from perennial.programs.models import ProgramRevision
from tests.jobs.test_change_preview import edited, promised
from tests.web.test_exports import taken
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, order, set_up
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/programs/CLUB/change"


@pytest.fixture(autouse=True)
def members(transactional_db: None, settings: Any) -> None:
    """Three members of a club, one of whom has set something."""
    settings.PERENNIAL_TODAY = ON
    put(set_up())
    for _ in range(3):
        order("CLUB")
    actions.move(number="SO-000002", shipment=3, to=day(45), **ANNA)


def worked() -> JobRequest:
    """A worker does what was asked for last."""
    asked = JobRequest.objects.latest("pk")
    requests.perform(asked.pk)
    asked.refresh_from_db()
    return asked


def test_from_a_draft_to_open_orders_and_back() -> None:
    manager = signed_in("manager")
    assert "CLUB has no draft" in manager.get(PAGE).content.decode()
    edited()
    before = promised()
    page = manager.get(PAGE).content.decode()
    assert "What would version 2 change?" in page
    assert "3 open orders are planned with the draft" in page
    manager.post(f"{PAGE}/check")
    page = manager.get(PAGE).content.decode()
    assert "Counting what version 2 would change" in page
    assert 'hx-get="/jobs/requests/' in page
    worked()
    page = manager.get(PAGE).content.decode()
    assert "Version 2 would change 3 of 3 open orders" in page
    assert "Kept: date moved by a person" in page
    assert "Price of event 3" in page
    found = ChangePreview.objects.get()
    price = found.run.change_groups.get(kind="price", event_key="C")
    first = manager.get(f"{PAGE}/{found.pk}/{price.number}/first", headers={"HX-Request": "true"}).content.decode()
    assert first.count("SO-00000") == 6  # each as a link
    assert "$75.90" in first  # 69 dollars more, with tax
    assert len(taken(manager, f"{PAGE}/{found.pk}/{price.number}.csv")) == 3
    assert "All 3 orders" in manager.get(f"{PAGE}/{found.pk}/{price.number}").content.decode()
    form = {"who": "all", "run": str(found.pk)}
    refused = manager.post(f"{PAGE}/go", form)
    assert refused.status_code == 422
    assert "a higher price needs a notice" in refused.content.decode()
    for _ in range(2):  # twice is once
        assert manager.post(f"{PAGE}/go", {**form, "letters": "1"}).status_code == 302
    assert JobRequest.objects.filter(dry=False).count() == 1
    assert "is being applied" in manager.get(PAGE).content.decode()
    worked()
    assert promised() != before
    page = manager.get(PAGE).content.decode()
    assert "Version 2 is applied" in page
    assert "Take back 3 orders" in page
    run = JobRun.objects.get(dry=False)
    for _ in range(2):
        assert manager.post(f"{PAGE}/back", {"run": str(run.pk)}).status_code == 302
    worked()
    assert promised() == before
    page = manager.get(PAGE).content.decode()
    assert "for new orders only again" in page
    assert manager.post(f"{PAGE}/back", {"run": str(run.pk)}).status_code == 422
    one_night(day(1))
    assert ProgramRevision.objects.get(number=2).apply is False


def test_what_has_changed_since_is_said_and_not_applied() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    found = ChangePreview.objects.get()
    form = {"who": "all", "run": str(found.pk), "letters": "1"}
    actions.skip(number="SO-000003", shipment=2, **ANNA)
    assert "1 order has changed since" in manager.get(PAGE).content.decode()
    refused = manager.post(f"{PAGE}/go", form)
    assert (refused.status_code, JobRequest.objects.filter(dry=False).count()) == (422, 0)
    manager.post(f"{PAGE}/check")
    worked()
    page = manager.get(PAGE).content.decode()
    assert "changed since" not in page
    one_night(day(1))  # it makes children
    assert "orders have changed since" in manager.get(PAGE).content.decode()
    manager.post(f"{PAGE}/check")
    worked()
    last = ChangePreview.objects.latest("pk")
    put({"products": [{"number": "B3", "price": "77.00"}]}, on=ON)
    refused = manager.post(f"{PAGE}/go", {**form, "run": str(last.pk)})
    assert "has changed since" in refused.content.decode()
    assert not Notice.objects.exists()


def test_only_new_orders_and_dropped() -> None:
    manager = signed_in("manager")
    edited()
    manager.post(f"{PAGE}/check")
    worked()
    before = promised()
    assert manager.post(f"{PAGE}/go", {"who": "new"}).status_code == 302
    one_night(ON)
    assert ProgramRevision.objects.get(number=2, released=True).apply is False
    assert sorted({one.revision.number for one in order_rows()}) == [1]
    edited(price=8800)
    assert manager.post(f"{PAGE}/drop").status_code == 302
    assert not ProgramRevision.objects.filter(released=False).exists()
    assert ChangedOrder.objects.exists()
    assert before


def order_rows() -> list[Any]:
    from perennial.continuity.models import ContinuityOrder

    return list(ContinuityOrder.objects.select_related("revision"))
