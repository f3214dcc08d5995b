"""Never more requests in a second than a gateway takes, however late they come."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from perennial.payments.gateways import seconds
from perennial.payments.gateways.seconds import Seconds, counted, one_more_request


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes when somebody sleeps."""
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda for_: now.__setitem__(0, now[0] + for_))
    monkeypatch.setattr(seconds, "time", clock)  # of this module alone
    return now


@pytest.mark.parametrize("most", [1, 7, 97])
def test_no_second_has_more_than_it_takes(clock: list[float], most: int) -> None:
    dice, of, sent = random.Random(most), Seconds(most), []
    with counted(of):
        for _ in range(20 * most):
            clock[0] += dice.choice([0, 0, 0, 0.4 / most, 4 / most])  # several together, after a while without any
            one_more_request()
            sent.append(clock[0])
    assert max(sum(at - 1 < other <= at for other in sent) for at in sent) == most
    assert sent[-1] < 40  # and it is used: the 20 seconds' worth, and what the pauses took


def test_what_nobody_counts_does_not_wait(clock: list[float]) -> None:
    for _ in range(1000):
        one_more_request()
    assert clock == [0.0]
