"""The pages of pictures: what they say of a club, before any figures, and what is asked for wrongly. Nobody's data."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.db import sql
from perennial.pictures.figures import work_out
from perennial.web.charts import Bar, Part, bars, steps_of
from perennial.worker import tasks
from tests.web.asked import always
from tests.web.test_exports import taken
from tests.worlds.forecast import TODAY, forecast
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("demand", "money", "retention", "nights")


@pytest.fixture
def planner(settings: Any) -> Client:
    settings.PERENNIAL_TODAY = TODAY
    forecast()
    return signed_in("planner")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main")[1]))


def shown(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(f"/pictures/{address}")
    assert answer.status_code == status, address
    return answer.content.decode()


def test_without_figures_a_page_says_how_they_come(planner: Client) -> None:
    sql.execute("delete from pictures_figures")
    for name in PAGES[:3]:
        page = shown(planner, name)
        assert "There are no figures yet" in page, name
        assert '<svg class="chart" width' not in page
        assert taken(planner, f"/pictures/{name}.csv") == []


def test_a_planner_has_them_worked_out_at_once_by_a_worker(planner: Client) -> None:
    sql.execute("delete from pictures_figures")
    assert 'id="b-figures"' in shown(planner, "money")
    for _ in range(2):  # asked for a second time they come once
        assert planner.post("/pictures/figures", {"which": "money"})["Location"] == "/pictures/money"
    (asked,) = sql.tuples(
        "select task_name, args->>'on' from procrastinate_jobs where task_name = 'work_figures_out'", {}
    )
    page = shown(planner, "money")
    assert "No worker is running" in page
    assert 'id="b-figures"' not in page
    assert planner.get("/pictures/figures").status_code == 204
    tasks.work_figures_out(on=asked[1])
    sql.execute("update procrastinate_jobs set status = 'succeeded' where task_name = 'work_figures_out'")
    by_htmx = planner.get("/pictures/figures", headers={"HX-Request": "true"})
    assert by_htmx["HX-Refresh"] == "true"
    assert "Figures as of" in shown(planner, "money")
    assert planner.post("/pictures/figures", {"which": "nights"}).status_code == 422
    assert signed_in("clerk").post("/pictures/figures").status_code == 403


def test_each_has_a_chart_a_table_and_a_file_and_nobody_s_data(planner: Client) -> None:
    assert planner.get("/")["Location"] == "/pictures/demand"
    work_out(TODAY)
    assert 'role="img"' not in shown(planner, "retention")  # nobody of this month is through with anything
    sql.execute("update pictures_step set ahead = 0")
    for name in PAGES:
        page = shown(planner, name)
        assert 'role="img"' in page, name
        assert "<title id=" in page
        assert "<desc id=" in page
        assert "style=" not in page.split("</head>")[1]
        assert not re.search(r"SO-\d|C-TEA|Member \d|/orders|/customers|/jobs", page), name
        assert taken(planner, f"/pictures/{name}.csv"), name
    assert 'href="/jobs/nights/' in shown(signed_in("manager"), "nights")


def test_the_title_says_the_finding_and_what_is_not_over_is_no_number(planner: Client) -> None:
    work_out(TODAY)
    page = shown(planner, "demand")
    assert "Peak: week of Mon 16 Mar, 39 parcels; most of all Tea 3, 27" in page
    assert "Figures as of" in page
    said = words(page)
    assert re.search(r"Mon 9 Mar 40 0 by the program 100 % 40 30 −25 %", said)
    assert re.search(r"Mon 23 Mar 12 0 by history and program 67 % 8 \.\. \.\.", said)
    assert re.search(r"Mon 2 Mar – 0 – – 40 –", said)
    row = next(row for row in taken(planner, "/pictures/demand.csv?program=TEA") if row["Week of"] == "2026-03-30")
    assert (row["Planned"], row["Expected"], row["Sent"], row["Chance, per cent"]) == ("8", "5.4", "", "67.5")
    money = words(shown(planner, "money"))
    assert "Best week: that of Mon 2 Mar, $400.00" in money
    assert re.search(r"Mon 16 Mar \$270\.00 \$0\.00 \$0\.00 \$270\.00", money)
    retention = words(shown(planner, "retention?program=TEA"))
    assert re.search(r"Mar 2026 48 \.\. \.\. \.\.", retention)
    assert "From 30 members on" not in words(shown(planner, "nights"))


def test_in_italian(planner: Client) -> None:
    work_out(TODAY)
    reads = signed_in("planner", language="it")
    connection.cursor().execute("update people_preferences set language = 'it'")
    assert "Picco: settimana del lun 16 mar, 39 pacchi; soprattutto Tea 3, 27" in shown(reads, "demand")
    assert "Settimana migliore: quella del lun 2 mar, 400,00" in shown(reads, "money")
    assert taken(reads, "/pictures/retention.csv")[0]["Clienti"] == "52"
    chances = {row["Probabilità da"] for row in taken(reads, "/pictures/demand.csv")}
    assert chances - {""} <= {"dallo storico", "dal programma", "da storico e programma"}
    assert chances - {""}


def test_what_no_picture_takes_stands_at_the_filter(planner: Client) -> None:
    work_out(TODAY)
    for address, fault in (
        ("demand?weeks=99", "1 to 52 weeks"),
        ("demand?weeks=x", "1 to 52 weeks"),
        ("demand?program=NO", "NO"),
        ("money?by=moon", "moon"),
        ("money?weeks=0", "1 to 52 weeks"),
        ("retention?months=-1", "1 to 60 months"),
        ("nights?nights=9999999999", "1 to 366 nights"),
    ):
        page = shown(planner, address, 422)
        assert fault in page.split('class="err"')[1].split("</p>")[0], address
        assert 'aria-invalid="true"' in page
    assert planner.get("/pictures/demand.csv?weeks=99").status_code == 422


def test_a_page_asks_as_much_of_a_long_time_as_of_a_short_one(planner: Client) -> None:
    work_out(TODAY)
    shown(planner, "demand")  # what is asked once
    for short, long in (
        ("demand?weeks=1", "demand?weeks=52&all=1"),
        ("money?weeks=1", "money?weeks=52&by=purpose"),
        ("retention?months=1", "retention?months=60"),
        ("nights?nights=1", "nights?nights=90"),
    ):
        asked = []
        for address in (short, long):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                shown(planner, address)
            asked.append(always(seen))
        assert asked[0] == asked[1] <= 16, (short, asked)


def test_the_lines_of_a_grid_are_round_and_reach_the_highest() -> None:
    for highest in (0.04, 0.3, 1, 7, 11, 39, 99.5, 2904, 3120, 10**9):
        steps = steps_of(highest)
        assert steps[0] == 0
        assert steps[-1] >= highest * 0.999
        assert 2 <= len(steps) <= 6
    nothing = bars([Bar("a", (Part(0, "bar"),), "none")], name="x", title="<b>", description="d", written=str)
    assert "<rect" not in nothing
    assert "&lt;b&gt;" in nothing
