"""What a run has done, as numbers and reasons that add up; the sum of a run's chunks is its report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from perennial.kernel import money
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader
from perennial.language.reasons import reason_words

MOST_REASONS = 1000


@dataclass
class Report:
    """Counts by word, minor units by currency and word, and why things wait (the first thousand)."""

    counts: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: list[dict[str, Any]] = field(default_factory=list)

    def count(self, word: str, number: int = 1) -> None:
        """So many more of a word."""
        self.counts[word] = self.counts.get(word, 0) + number

    def amount(self, currency: str, word: str, minor: int) -> None:
        """So much more money of a word."""
        of = self.amounts.setdefault(currency, {})
        of[word] = of.get(word, 0) + minor

    def because(self, order: str | None, shipment: int | None, blocked: str | None, reason: Reason) -> None:
        """Why something of an order, or (None) of many, waits or was not done."""
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append({"order": order, "shipment": shipment, "blocked": blocked, "because": reason.stored()})

    def add(self, other: Report) -> None:
        """Take another report into this one."""
        for word, number in other.counts.items():
            self.count(word, number)
        for currency, of in other.amounts.items():
            for word, minor in of.items():
                self.amount(currency, word, minor)
        self.reasons.extend(other.reasons[: MOST_REASONS - len(self.reasons)])

    def stored(self) -> dict[str, Any]:
        """As JSON for a run's or a chunk's row: minor units."""
        return {"counts": self.counts, "amounts": self.amounts, "reasons": self.reasons}

    def printed(self, words: Iterable[str], if_any: Iterable[str] = (), to: Reader = ENGLISH) -> dict[str, Any]:
        """As outside programs read it: every count, zeros too, those of ``if_any`` only where there is one; and
        decimal strings.
        """
        rare = {word: number for word in if_any if (number := self.counts.get(word))}
        return {
            "counts": {word: self.counts.get(word, 0) for word in words} | rare,
            "amounts": {
                currency: {word: money.text(minor, currency) for word, minor in sorted(of.items())}
                for currency, of in sorted(self.amounts.items())
            },
            "reasons": sorted(
                (
                    {
                        "order": one["order"],
                        "shipment": one["shipment"],
                        "blocked": one["blocked"],
                        # Runs of an older version have the sentence.
                        "reason": reason_words(Reason.read(one["because"]), to) if "because" in one else one["reason"],
                    }
                    for one in self.reasons
                ),
                key=lambda r: (r["order"] or "", r["shipment"] or 0, r["blocked"] or "", r["reason"]),
            ),
        }


def stored_report(value: dict[str, Any] | None) -> Report:
    """A report as it was stored."""
    value = value or {}
    return Report(dict(value.get("counts", {})), dict(value.get("amounts", {})), list(value.get("reasons", [])))
