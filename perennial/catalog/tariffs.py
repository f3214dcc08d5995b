"""Tariffs: the versions of tax rates, delivery charges and ``prices_include_tax``.

What is set up counts for new orders. It is noted as the newest tariff; a continuity order keeps the tariff that it was
entered under (``ContinuityOrder.tariff``), until ``update-orders`` moves it to one that a person has applied. Whatever
reckons a shipment asks the tariff of its order and never the set-up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db import transaction

from perennial.catalog.models import Tariff as TariffRow
from perennial.catalog.models import TariffCharge, TariffRate
from perennial.catalog.values import TariffFacts
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.tariff import Tariff
from perennial.kernel.tax import Rate
from perennial.kernel.totals import Charge

SQL = sql.named(__package__, "tariffs.sql")


def newest_number() -> int:
    """The number of the newest tariff: that of new orders. Refused when the installation was never initialised."""
    found = sql.value("select max(number) from catalog_tariff")
    if found is None:
        raise Refused("installation_empty")
    return int(found)


def applied_number() -> int | None:
    """The number of the newest tariff that a person has applied to open orders; None: none was."""
    found = sql.value("select max(number) from catalog_tariff where applied_on is not null")
    return None if found is None else int(found)


def newest_tariff() -> Tariff:
    """The tariff of new orders. Refused when the installation was never initialised."""
    found = read_tariffs(None)
    if not found:
        raise Refused("installation_empty")
    return next(iter(found.values()))


def read_tariffs(numbers: Collection[int] | None) -> dict[int, Tariff]:
    """Tariffs by their numbers; one that there is not is absent. None: the newest."""
    charges: dict[int, dict[int, Charge]] = {}
    included: dict[int, bool] = {}
    wanted = None if numbers is None else list(numbers)
    for number, with_tax, mode, minor, group in sql.tuples(SQL["tariffs"], {"numbers": wanted}):
        included[number] = with_tax
        mine = charges.setdefault(number, {})
        if mode is not None:
            mine[mode] = Charge(minor, group)
    rates: dict[int, list[Rate]] = {}
    for number, *rate in sql.tuples(SQL["rates"], {"numbers": list(included)}):
        rates.setdefault(number, []).append(Rate(*rate))
    return {
        number: Tariff(number, with_tax, tuple(rates.get(number, ())), charges[number])
        for number, with_tax in included.items()
    }


@transaction.atomic
def follow_set_up(
    *, on: date | None, by: str, reason: str | None = None, unused: bool = False, number: int | None = None
) -> int | None:
    """Let the newest tariff be what is set up; the number of the new one, None where nothing differs.

    A delivery mode that is new is noted in every tariff: nobody was promised another charge for it. ``unused``: nothing
    was ordered yet, so a single tariff is written anew instead of a further one. ``number``: the one that it has where
    it comes from; it counts if it is higher than the others.
    """
    sql.execute(SQL["know_modes"])
    known = [one for (one,) in sql.tuples("select number from catalog_tariff order by number")]
    newest = known[-1] if known else 0
    if known and not sql.value(SQL["differs"], {"number": newest}) and (number is None or number <= newest):
        return None
    if unused and len(known) == 1:
        _forget(known)
        newest -= 1
    number = max(newest + 1, number or 0)
    row = {"number": number, "on": on, "by": by, "reason": reason}
    sql.execute(SQL["note"], row)
    sql.execute(SQL["note_charges"], row)
    sql.execute(SQL["note_rates"], row)
    return number


@transaction.atomic
def set_older_tariffs(*, tariffs: Sequence[TariffFacts], on: date, by: str, unused: bool) -> None:
    """Make tariffs that orders from elsewhere stand on, each with its number; then ``follow_set_up`` makes the newest.

    One that is there already must be the same. ``unused``: nothing was ordered here yet, so those that are there give
    way. Refused: a number that is another tariff here; a rate or a delivery mode that is not set up.
    """
    if not tariffs:
        return
    numbers = [tariff.number for tariff in tariffs]
    if unused:
        _forget(TariffRow.objects.values_list("number", flat=True))
        known: dict[int, Tariff] = {}
    else:
        known = read_tariffs(numbers)
    modes = dict(sql.tuples("select code, id from catalog_deliverymode"))
    rates = {tuple(key): pk for pk, *key in sql.tuples(SQL["rate_keys"])}
    for tariff in tariffs:
        made = _tariff(tariff, modes, rates)
        if tariff.number not in known:
            _write(made, on=on, by=by)
        elif not _same(known[tariff.number], made):
            raise Refused("tariff_is_another", tariff.field, tariff=tariff.number)


@transaction.atomic
def apply_tariff(*, on: date, by: str, reason: str | None = None, seen: int | None = None) -> dict[str, int]:
    """Let open orders follow the newest tariff: in the next night, or when ``update-orders`` is run. Gives its number.

    Refused: it was applied already; it is not the one that was ``seen``.
    """
    row = TariffRow.objects.select_for_update(no_key=True).get(number=newest_number())
    if seen is not None and row.number != seen:
        raise Refused("tariff_newer", tariff=row.number, seen=seen)
    if row.applied_on is not None:
        raise Refused("tariff_applied_already", tariff=row.number, on=row.applied_on)
    TariffRow.objects.filter(number=row.number).update(applied_on=on, applied_by=by, applied_because=reason)
    return {"tariff": row.number}


def note_applied(tariffs: Iterable[TariffFacts]) -> None:
    """Note of tariffs from elsewhere that a person had applied them there."""
    for tariff in tariffs:
        if tariff.applied_on is not None:
            TariffRow.objects.filter(number=tariff.number, applied_on=None).update(
                applied_on=tariff.applied_on, applied_by=tariff.applied_by, applied_because=tariff.applied_because
            )


def _tariff(facts: TariffFacts, modes: dict[str, int], rates: dict[tuple[object, ...], int]) -> Tariff:
    found = []
    for at, rate in enumerate(facts.rates):
        pk = rates.get((rate.group, rate.country, rate.region, rate.valid_from))
        if pk is None:
            raise Refused("tariff_rate_not_set_up", f"{facts.field}.tax_rates[{at}]", group=rate.group)
        found.append(
            Rate(
                id=pk,
                group=rate.group,
                country=rate.country,
                region=rate.region,
                percent=rate.percent,
                valid_from=rate.valid_from,
            )
        )
    charges = {modes[charge.code]: Charge(charge.charge_minor, charge.tax_group) for charge in facts.charges}
    return Tariff(facts.number, facts.prices_include_tax, tuple(found), charges)


def _same(one: Tariff, other: Tariff) -> bool:
    """Do they say the same? Of a delivery mode that one of them does not name nothing is said."""
    return (
        one.prices_include_tax == other.prices_include_tax
        and set(one.rates) == set(other.rates)
        and all(one.deliveries[mode] == other.deliveries[mode] for mode in one.deliveries.keys() & other.deliveries)
    )


def _write(tariff: Tariff, *, on: date, by: str) -> None:
    TariffRow.objects.create(number=tariff.number, prices_include_tax=tariff.prices_include_tax, made_on=on, made_by=by)
    TariffCharge.objects.bulk_create(
        TariffCharge(tariff_id=tariff.number, delivery_mode_id=mode, charge_minor=of.amount, tax_group=of.tax_group)
        for mode, of in tariff.deliveries.items()
    )
    TariffRate.objects.bulk_create(
        TariffRate(
            tariff_id=tariff.number,
            rate_id=rate.id,
            group=rate.group,
            country=rate.country,
            region=rate.region,
            percent=rate.percent,
            valid_from=rate.valid_from,
        )
        for rate in tariff.rates
    )


def _forget(numbers: Iterable[int]) -> None:
    """Drop tariffs on which nothing stands; the database holds that."""
    TariffRow.objects.filter(number__in=list(numbers)).delete()
