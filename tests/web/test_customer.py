"""A customer's page: what comes next, why, and a change with its effect and its undo."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from perennial.desk.read.orders import order
from tests.worlds import desk

HX = {"HTTP_HX_REQUEST": "true"}


def press(client: Client, page: str, html: str, button: str) -> str:
    """Press a button of a page as htmx does: the form's fields to its address; the answer."""
    at = html.index(f'id="{button}"')
    form = html[html.rindex("<form", 0, at) : at]
    address = re.search(r'hx-post="([^"]+)"', form)
    assert address is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    answer = client.post(address[1], fields, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def skipped(number: str) -> set[int | None]:
    """The shipments that are skipped."""
    return {one.shipment for one in order(number, on=desk.ON).continuity[0].lines if one.status == "skipped"}


def test_a_shipment_is_skipped_and_comes_again(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    page = "/customers/C-1"
    html = client.get(page).content.decode()
    answer = press(client, page, html, f"s-{number}-1-2-skip")
    assert skipped(number) == {2}
    assert "CLUB 2 skipped" in answer
    assert f'id="s-{number}-1-2-skip" aria-keyshortcuts="s">Restore' in answer
    answer = press(client, page, answer, "undo")
    assert skipped(number) == set()
    assert f'hx-post="/orders/{number}/1/2/skip"' in answer
