"""The pages of the jobs in a real browser: dry first, then really; stopped; planned. The test does what a worker does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from perennial.continuity.models import ContinuityOrder, Parked
from perennial.jobs import requests
from perennial.jobs.models import JobRequest, JobRun, NightRun, Recurrence
from perennial.kernel.reasons import Reason
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def work() -> JobRequest:
    """What a worker does with the newest request."""
    newest = JobRequest.objects.latest("pk")
    requests.perform(newest.pk)
    return JobRequest.objects.get(pk=newest.pk)


def test_a_night_is_rehearsed_then_run(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in("manager", to="/jobs")
    expect(page.get_by_role("alert").filter(has_text="No night is planned")).to_be_visible()
    page.locator("#b-run").click()
    expect(page).to_have_url(re.compile(r"/jobs/requests/\d+$"))  # no dry run has shown it: that is done first
    expect(page.locator("#progress")).to_contain_text("Waits for a worker")
    expect(page.locator(".note")).to_contain_text("No worker is running")
    axe(page)
    assert work().dry
    expect(page.locator("#b-really")).to_be_visible()  # the page looks by itself
    assert not NightRun.objects.exists()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    made = work()
    expect(page.locator("main")).to_contain_text("Create child orders")
    expect(page.locator("#progress")).to_have_count(0)
    assert NightRun.objects.get().on_date == nightingale.ON
    page.locator(f'a[href="/jobs/runs/{made.runs[3]}"]').click()
    expect(page.locator("h1")).to_contain_text("Create child orders")
    axe(page)
    page.get_by_role("link", name=re.compile("night of")).click()
    expect(page.locator("#six tbody tr")).to_have_count(6)


def test_stop_by_its_key_and_go_on(site: Site) -> None:
    page = site.sign_in("administrator", to="/jobs")
    page.locator("#b-dry").click()
    expect(page.locator("#b-stop")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("h1")).to_contain_text("Stopped")
    before = JobRun.objects.count()
    assert work().status == "stopped"
    assert JobRun.objects.count() == before
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    assert JobRequest.objects.latest("pk").dry  # what goes on is what was stopped


def test_a_night_is_planned_and_not_any_more(site: Site) -> None:
    page = site.sign_in("manager", to="/jobs", language="it")
    page.locator("#f-at").fill("3:30")
    page.locator("#f-day-7").uncheck()
    page.locator("#b-recur").click()
    expect(page.locator("#planned tbody tr")).to_have_count(1)
    expect(page.locator("#planned")).to_contain_text("03:30")
    assert Recurrence.objects.get().days == [1, 2, 3, 4, 5, 6]
    expect(page.get_by_role("alert").filter(has_text="pianificata")).to_have_count(0)
    page.locator("#b-remove-1").click()
    expect(page.locator("#planned")).to_have_count(0)
    assert not Recurrence.objects.exists()


def test_who_looks_after_the_money_sees_and_runs_nothing(site: Site) -> None:
    page = site.sign_in("finance", to="/jobs")
    expect(page.locator("#six tbody tr")).to_have_count(6)
    expect(page.locator("#another")).to_have_count(0)


def test_what_a_night_put_aside_is_tried_again_by_its_key(
    site: Site, axe: Callable[[Page], None], screenshot: Callable[[str], Path]
) -> None:
    night = NightRun.objects.create(on_date=nightingale.ON, finished_at=timezone.now(), report={})
    run = JobRun.objects.create(
        job="create-child-orders", on_date=nightingale.ON, arguments={}, night_id=night.pk, status="done"
    )
    because = Reason("database_error", {"message": "the address has no country"}).stored()
    for one in ContinuityOrder.objects.order_by("id")[:2]:
        given = {"job": run.job, "run_id": run.pk, "because": because, "on_date": nightingale.ON}
        Parked.objects.create(continuity_order=one, shipment=3, **given)
    page = site.sign_in("manager", to=f"/jobs/nights/{night.pk}", language="it", theme="dark")
    rows = page.locator("#parked tbody")
    expect(rows).to_have_count(2)
    axe(page)
    screenshot("night-parked-it")
    rows.nth(0).locator("a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("2")
    expect(rows.nth(1)).to_contain_text("Fatto riprovare")
    expect(rows.nth(0).locator("button")).to_have_count(1)
    expect(page.locator("#say .toast")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    axe(page)
    screenshot("night-parked-it-320")
    page.set_viewport_size({"width": 1280, "height": 900})
    rows.nth(0).locator("a").first.focus()
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile(r"/orders/SO-"))
    site.open("/jobs/create-child-orders")
    axe(page)
    screenshot("job-it")
