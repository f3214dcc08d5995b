"""The pages of pictures: what they say of a club, before any figures, and what is asked for wrongly. Nobody's data."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from perennial.pictures.figures import work_out
from tests.web.test_exports import taken
from tests.worlds import desk

PAGES = ("demand", "money", "retention", "nights")


@pytest.fixture
def planner(at_desk: Callable[..., Client]) -> Client:
    return at_desk("planner")


def test_without_figures_a_page_says_how_they_come(planner: Client) -> None:
    for name in PAGES[:3]:
        page = planner.get(f"/pictures/{name}").content.decode()
        assert "There are no figures yet" in page, name
        assert '<svg class="chart" width' not in page
        assert taken(planner, f"/pictures/{name}.csv") == []


def test_each_has_a_chart_a_table_and_a_file_and_nobody_s_data(planner: Client) -> None:
    work_out(desk.ON)
    for name in PAGES[:3]:
        page = planner.get(f"/pictures/{name}").content.decode()
        assert 'role="img"' in page, name
        assert "<title id=" in page
        assert "<desc id=" in page
        assert "style=" not in page.split("</head>")[1]
        assert not re.search(r"SO-\d|C-\d", page), name
        assert taken(planner, f"/pictures/{name}.csv"), name
