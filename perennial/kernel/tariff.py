"""A tariff: the tax rates, the delivery charges and whether prices include the tax, as they stood together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from perennial.kernel.tax import Rate
from perennial.kernel.totals import Charge, Totals, totals


@dataclass(frozen=True)
class Tariff:
    """One numbered version, never changed once something was ordered under it. ``deliveries``: what each delivery mode
    charges, by its id.
    """

    number: int
    prices_include_tax: bool
    rates: tuple[Rate, ...]
    deliveries: Mapping[int, Charge]

    def delivery(self, mode_id: int | None) -> Charge | None:
        """What a delivery mode charges; of none: nothing."""
        return None if mode_id is None else self.deliveries.get(mode_id)

    def totals(
        self, lines: Iterable[Charge], modes: Iterable[int | None], *, country: str | None, region: str | None, on: date
    ) -> Totals:
        """What lines cost that are sent by these delivery modes to a place, taxed on a date."""
        return totals(
            lines=lines,
            deliveries=[charge for mode in modes if (charge := self.delivery(mode)) is not None],
            rates=self.rates,
            country=country,
            region=region,
            on=on,
            included=self.prices_include_tax,
        )
