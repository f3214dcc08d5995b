"""Time passes on the server's own clock: authorisations lapse, and what was told of them stays when it is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from perennial.payment_server.start import running, start
from tests.payment_server.conftest import Shop, client, refused

NINE = "2026-03-10T09:00:00"


def test_an_authorisation_lapses_after_seven_days(shop: Shop) -> None:
    shop.server.control("POST", "clock", {"now": NINE})
    held, other = shop.authorise(), shop.authorise()
    shop.server.control("POST", "clock", {"now": "2026-03-17T08:59:00"})
    assert shop.api.payment_intents.capture(held.id).status == "succeeded"
    shop.server.control("POST", "clock", {"now": "2026-03-17T09:00:30"})
    gone = shop.api.payment_intents.retrieve(other.id, {"expand": ["latest_charge.refunds"]})
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "automatic", 0)
    assert gone.latest_charge.refunds.data[0].reason == "expired_uncaptured_charge"
    assert refused(lambda: shop.api.payment_intents.capture(other.id)).error.payment_intent.status == "canceled"
    assert [one["kind"] for one in shop.server.book()] == ["authorise", "authorise", "capture", "expire"]
    assert [
        one.type for one in shop.api.events.list({"types": ["payment_intent.canceled", "charge.expired"]}).data
    ] == [
        "payment_intent.canceled",
        "charge.expired",
    ]


@pytest.mark.parametrize(
    ("name", "on", "pays"),
    [
        ("pm_script_decline_until_20260401", "2026-03-31", False),
        ("pm_script_decline_until_20260401", "2026-04-01", True),
        ("pm_script_decline_from_20260401", "2026-03-31", True),
        ("pm_script_decline_from_20260401", "2026-04-01", False),
        ("pm_script_expires_202603", "2026-03-31", True),
        ("pm_script_expires_202603", "2026-04-01", False),
    ],
)
def test_cards_that_go_by_the_day(shop: Shop, name: str, on: str, pays: bool) -> None:
    shop.server.control("POST", "clock", {"now": NINE})
    card = shop.card(name)
    shop.server.control("POST", "clock", {"now": on})
    if pays:
        assert shop.pay(card).status == "succeeded"
    else:
        assert refused(lambda: shop.pay(card)).http_status == 402


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    server = start(tmp_path)
    try:
        server.control("POST", "clock", {"now": NINE})
        shop = Shop(server, client(server))
        card = shop.card()
        paid = shop.pay(card, "k1")
        held = shop.authorise(card, "k2")
    finally:
        server.kill()
    with running(tmp_path) as again:
        assert again.address != server.address
        shop.server, shop.api = again, client(again)
        assert shop.pay(card, "k1").id == paid.id
        assert shop.api.payment_intents.capture(held.id).status == "succeeded"
        assert shop.moves() == [("charge", 1995), ("authorise", 1995), ("capture", 1995)]
        now = again.control("GET", "state")["now"]
        assert 0 <= now - paid.created < 24 * 3600


def test_a_kill_in_the_middle_leaves_all_or_nothing(tmp_path: Path) -> None:
    """Killed again and again while it charges, it has charged each key once, as the same keys then say."""
    from concurrent.futures import ThreadPoolExecutor

    import stripe

    keys = [f"k{number}" for number in range(24)]
    server = start(tmp_path)
    port = int(server.address.rpartition(":")[2])
    try:
        shop = Shop(server, client(server))
        card = shop.card()

        def pay(key: str) -> bool:
            try:
                return bool(shop.pay(card, key).id)
            except stripe.APIConnectionError:
                return False

        missing = keys
        for _ in range(3):
            with ThreadPoolExecutor(4) as pool:
                answered = [pool.submit(pay, key) for key in missing]
                answered[len(answered) // 3].result()
                server.kill()
                done = [one.result() for one in answered]
            missing = [key for key, is_done in zip(missing, done, strict=True) if not is_done]
            server = shop.server = start(tmp_path, port=port)
            if not missing:
                break
        for key in missing:
            assert pay(key)
        assert sorted(one["key"] for one in server.book()) == sorted(keys)
    finally:
        server.stop()
