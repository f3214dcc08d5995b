"""What an import did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from perennial.bundle.reading.notes import Notes
from perennial.db.tally import Tally
from perennial.desk.queries import Following
from perennial.desk.read.tariffs import TariffPreview
from perennial.desk.tariff_document import tariff_preview_json

KINDS = (
    "company", "parameters", "delivery_modes", "tax_rates", "date_intervals", "payment_schedules", "source_codes",
    "reason_codes", "hold_codes", "products", "programs", "customers", "orders",
)  # fmt: skip


@dataclass
class Imported:
    """Things by kind, and when the first money will be taken."""

    tallies: dict[str, Tally] = field(default_factory=lambda: dict.fromkeys(KINDS, Tally()))
    first_charge_on: date | None = None
    programs: set[str] = field(default_factory=set)
    """The schedule ids of those that changed, but for their drafts."""
    following: list[Following] = field(default_factory=list)
    """Those of them that have open orders for update-orders."""
    numbers: list[str] = field(default_factory=list)
    """The first of the numbers of the new orders."""
    tariff: TariffPreview | None = None
    """What the new tariff would mean for the open orders that keep an older one; None: there is none, or nobody does."""
    notes: Notes = field(default_factory=Notes)

    def add(self, name: str, tally: Tally) -> None:
        """Count what became of things of a kind."""
        self.tallies[name] = self.tallies[name].plus(tally)

    def document(self) -> dict[str, Any]:
        """The JSON that ``import --json`` prints."""
        made: dict[str, Any] = {
            word: {name: getattr(tally, word) for name, tally in self.tallies.items()}
            for word in ("new", "changed", "same")
        }
        made["first_charge_on"] = self.first_charge_on.isoformat() if self.first_charge_on else None
        if self.tariff is not None:
            made["tariff"] = tariff_preview_json(self.tariff)
        return made
