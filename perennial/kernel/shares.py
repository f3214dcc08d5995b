"""Shares: one sum that is paid in several ways, each by an amount or a percentage, the last by what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from perennial.errors import Refused
from perennial.kernel.money import percent_of, plain
from perennial.kernel.states import METHODS, PAY_A_SHARE


@dataclass(frozen=True, slots=True)
class Share:
    """One way of paying: an amount or a percentage of the whole, or (neither) what the others leave."""

    method: str
    amount_minor: int | None = None
    percent: Decimal | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Share:
        """Out of its stored form."""
        percent = stored.get("percent")
        return cls(stored["method"], stored.get("amount_minor"), None if percent is None else Decimal(percent))

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it."""
        amount = {} if self.amount_minor is None else {"amount_minor": self.amount_minor}
        return {"method": self.method, **amount, **({} if self.percent is None else {"percent": plain(self.percent)})}

    @property
    def is_rest(self) -> bool:
        """Does it pay what the others leave?"""
        return self.amount_minor is None and self.percent is None


def shares_of(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Share, ...]:
    """Shares out of their stored form; none: it is paid in one way."""
    return tuple(Share.read(one) for one in stored or ())


def faults(shares: Sequence[Share], field: str = "pay") -> Iterator[Refused]:
    """What is wrong with shares, whatever sum they pay: percentages that do not come to 100, a rest that is not the last, a
    percentage by a method that pays only an amount (S6).
    """
    percents = sum((one.percent for one in shares if one.percent is not None), Decimal(0))
    for at, one in enumerate(shares):
        path = f"{field}[{at}]"
        if one.method not in METHODS:
            yield Refused("payment_method_unknown", f"{path}.method", method=one.method, methods=METHODS)
        elif one.percent is not None and one.method not in PAY_A_SHARE:
            yield Refused("share_by_amount", f"{path}.percent", method=one.method, methods=PAY_A_SHARE)
        if one.is_rest and at < len(shares) - 1:
            yield Refused("rest_is_the_last", path)
        if one.amount_minor is not None and one.amount_minor <= 0:
            yield Refused("share_above_zero", f"{path}.amount")
        if one.percent is not None and one.percent <= 0:
            yield Refused("share_above_zero", f"{path}.percent")
    if len(shares) < 2:
        yield Refused("shares_are_several", field)
    elif percents > 100 or (all(one.percent is not None for one in shares) and percents != 100):
        yield Refused("schedule_lines_sum", field, total=percents)
    elif percents != 100 and not any(one.is_rest for one in shares):
        yield Refused("rest_is_needed", field)


def spread(total: int, shares: Sequence[Share], kept: Mapping[int, int] | None = None) -> dict[int, int]:
    """What each share pays of a sum, by its number from 1; ``kept``: what is paid, or asked for, already and stays (D11).

    A percentage is rounded half up, the last one that is not kept takes what is left. Where all are kept and something is
    left, it is a further one. Shares for which nothing is left are left out.
    """
    kept = kept or {}
    left = total - sum(kept.values())
    open_ = [number for number in range(1, len(shares) + 1) if number not in kept]
    found = dict(kept)
    for number in open_[:-1]:
        share = shares[number - 1]
        wanted = share.amount_minor
        if wanted is None:
            wanted = percent_of(total, share.percent) if share.percent is not None else left
        found[number] = min(max(left, 0), wanted)
        left -= found[number]
    if left > 0:
        found[open_[-1] if open_ else max(found, default=0) + 1] = left
    return {number: amount for number, amount in sorted(found.items()) if amount > 0 or number in kept}


def main_method(shares: Sequence[Share]) -> str:
    """By what an order is called paid that is paid in shares: by card where one of them is, else as the last."""
    methods = [one.method for one in shares]
    return "card" if "card" in methods else methods[-1]


def method_of(shares: Sequence[Share], number: int) -> str:
    """By what a share is paid; one beyond them by what pays the last."""
    return shares[min(number, len(shares)) - 1].method
